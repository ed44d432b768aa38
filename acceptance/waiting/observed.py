"""What can be looked at again and again, with its own patience: a claim and its wait are one call.

`becomes` is waited for, `is_` is so at the first look, `stays` is so at every look for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from hamcrest.core.matcher import Matcher

from acceptance.waiting.expect import expect
from acceptance.waiting.waits import POLL, Deadline, Probe, look_of, stays, wait_until

T = TypeVar("T")

IN_A_ROW = 3
"""So many answers one after the other make a page "served": a load balancer in motion gives a good one by chance."""


@dataclass(frozen=True)
class Observed(Generic[T]):
    """A subject, how it is looked at, and how long one looks for what is to come true of it.

    Attributes:
        what: the subject, as in "preview of session s-3f".
        steadily: how many looks in a row it takes to call something so.
        transient: errors of a look that count as "not yet".
    """

    what: str
    look: Probe[T]
    within: timedelta
    every: timedelta = POLL
    steadily: int = 1
    transient: tuple[type[Exception], ...] = ()

    def becomes(
        self, claim: Matcher[T], *, within: timedelta | None = None, fatal: Matcher[T] | None = None
    ) -> T:
        """Look until it is so, for `within` where the sentence says how long; raises as `wait_until` does."""
        return wait_until(
            self.look,
            claim,
            what=self.what,
            within=within or self.within,
            every=self.every,
            steadily=self.steadily,
            fatal=fatal,
            transient=self.transient,
        )

    def is_(self, claim: Matcher[T]) -> T:
        """Look once; AssertionError if it is not so by then."""
        return expect(self.now(), claim, self.what)

    def now(self) -> T:
        """One look."""
        return look_of(self.look)(Deadline.after(self.within))

    def stays(self, claim: Matcher[T], *, during: timedelta) -> T:
        """Look for the whole of `during`; raises as `stays` does."""
        return stays(
            self.look, claim, what=self.what, during=during, every=self.every, transient=self.transient
        )
