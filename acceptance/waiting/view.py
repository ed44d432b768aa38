"""The suite's own view of the platform: whether there still is one, and what looking costs.

What AWS, this machine or the sandbox does to the suite is no deed of the platform's. Every call to AWS tells the view
how it went (acceptance/drivers/aws.py), every wait asks it before it accuses (acceptance/waiting/waits.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from acceptance.waiting.errors import ViewLost

BLIND_S = 30.0
"""Seconds without a single answer from AWS, though it was asked, after which nothing is to be hoped for."""

PAUSE_S = 0.1


def _stands() -> None:
    """A deployment that nobody has to look after."""


class View:
    """Safe to use from all threads. `clock` gives monotonic seconds; tests bring their own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._check: Callable[[], None] = _stands
        self._settles_s = 0.0
        self._lock = threading.Lock()
        self._blind_since: float | None = None
        self._lost: ViewLost | None = None
        self._kept: str | None = None
        self._own = threading.local()

    @property
    def kept(self) -> str | None:
        """What is kept for a person to look at, once the run is over but for that; None until then."""
        return self._kept

    def keep(self, what: str) -> None:
        """Have it known that this is kept for a look."""
        self._kept = what

    @property
    def lost(self) -> ViewLost | None:
        """Why nothing can be seen any more; None while something can."""
        return self._lost

    def stand_on(self, check: Callable[[], None], *, settles_s: float = 0.0) -> None:
        """Begin a run: from now on `check` says, by raising ViewLost, that the deployment itself is no more.

        Args:
            settles_s: how many seconds after a part of it has ended `check` says so.
        """
        self._check, self._settles_s = check, settles_s
        self._lost, self._blind_since = None, None

    def check(self) -> None:
        """Raises ViewLost, always the first one, once nothing can be seen any more."""
        if self._lost is None:
            try:
                self._check()
            except ViewLost as cause:
                self.lose(cause)
        if self._lost is not None:
            raise self._lost

    def lose(self, cause: ViewLost) -> None:
        """Take note that nothing can be seen any more; what is noted first stays the cause."""
        with self._lock:
            self._lost = self._lost or cause

    def settle(self) -> ViewLost | None:
        """Why nothing can be seen any more, given a moment for the cause of what was just seen to show itself."""
        deadline = self._clock() + self._settles_s
        while True:
            try:
                self.check()
            except ViewLost as cause:
                return cause
            if self._clock() >= deadline:
                return None
            threading.Event().wait(PAUSE_S)

    def answered(self) -> None:
        """AWS has answered, be it with an error of its own API."""
        self._blind_since = None

    def missed(self, why: str) -> None:
        """AWS gave no answer; ViewLost once it has given none for `BLIND_S`."""
        with self._lock:
            now = self._clock()
            self._blind_since = now if self._blind_since is None else self._blind_since
            blind_s = now - self._blind_since
        if blind_s >= BLIND_S:
            self.lose(ViewLost(f"AWS gave no answer for {blind_s:.0f} s: {why}"))
        self.check()

    def spend(self, seconds: float) -> None:
        """Take note of time that a call of this thread took: it is the suite's, not the platform's."""
        self._own.spent = self.spent_s() + seconds

    def spent_s(self) -> float:
        """Seconds that this thread's calls to AWS took so far."""
        return float(getattr(self._own, "spent", 0.0))


VIEW = View()
"""The view of this process's run."""
