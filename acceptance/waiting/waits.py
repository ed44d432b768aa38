"""The one wait of the suite, and its opposite.

`wait_until` and `stays` are the verbs that fail a claim, so what they raise is an AssertionError and tells the story.
Only what was seen accuses: a look that ends in `NotObserved` is none, and another one follows.
Both publish what they wait for (acceptance/waiting/active_waits.py), so that a run can be followed while it goes on.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn, Protocol, TypeVar, cast

from hamcrest.core.matcher import Matcher

from acceptance.waiting.active_waits import WAITS
from acceptance.waiting.errors import NoData, NotObserved, ViewLost
from acceptance.waiting.matcher import mismatch_of, sentence_of
from acceptance.waiting.view import VIEW
from acceptance.waiting.wait_story import Story

T = TypeVar("T")

LAST_LOOK_S = 1.0
"""Seconds a look that starts at the deadline is still given: none would make the last look blind."""

POLL = timedelta(milliseconds=100)

LOOKS = 2
"""So many looks it takes to say that something stays so."""


class Clock(Protocol):
    """Monotonic time and the pause between two looks; tests bring their own."""

    def now(self) -> float:
        """Seconds since some fixed instant."""
        ...

    def pause(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class MonotonicClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        threading.Event().wait(seconds)


MONOTONIC = MonotonicClock()


@dataclass(frozen=True)
class Deadline:
    """The end of a wait, for probes that block: connect and receive each get what is left."""

    clock: Clock
    at: float

    @classmethod
    def after(cls, span: timedelta, clock: Clock = MONOTONIC) -> Deadline:
        """The deadline `span` from now."""
        return cls(clock, clock.now() + span.total_seconds())

    def left_s(self, at_most: float = float("inf")) -> float:
        """Seconds left, never less than `LAST_LOOK_S`, never more than `at_most`."""
        return min(at_most, max(LAST_LOOK_S, self.at - self.clock.now()))


Probe = Callable[[], T] | Callable[[Deadline], T]
"""A look at the platform. One that takes a parameter is handed the `Deadline`."""


class ClaimFailed(AssertionError):
    """A claim about the platform did not hold; the message tells what was seen instead, and when."""


class NotInTime(ClaimFailed):
    """The claim did not come true in the time given."""


class NeverWill(ClaimFailed):
    """Something was seen after which the claim cannot come true any more."""


class DidNotStay(ClaimFailed):
    """The claim held at first and then did not."""


def wait_until(
    probe: Probe[T],
    matcher: Matcher[T],
    *,
    what: str,
    within: timedelta,
    every: timedelta = POLL,
    steadily: int = 1,
    fatal: Matcher[T] | None = None,
    transient: tuple[type[Exception], ...] = (),
    evidence: str | None = None,
    clock: Clock = MONOTONIC,
) -> T:
    """Look until `matcher` accepts what `probe` returns, and return that observation.

    Args:
        what: the subject of the claim, as in "preview of session s-3f".
        steadily: how many looks in a row must match.
        fatal: observations after which waiting is useless; they end the wait at once.
        transient: errors that count as "not yet". All others pass through, with the story added as a note.
        evidence: where the evidence lies, for the message.

    Raises:
        NotInTime: no match in time, or only after it. The last look starts at the deadline.
        NeverWill: `fatal` matched.
        NotObserved: the last look saw nothing, so nobody knows; ViewLost at once where no look ever will.
    """
    with WAITS.during(what, clock.now()):
        return _until(
            look_of(probe),
            matcher,
            story=Story(what, sentence_of(matcher), evidence),
            within=within,
            every=every,
            steadily=steadily,
            fatal=fatal,
            transient=transient,
            clock=clock,
        )


def _until(
    look: Callable[[Deadline], T],
    matcher: Matcher[T],
    *,
    story: Story,
    within: timedelta,
    every: timedelta,
    steadily: int,
    fatal: Matcher[T] | None,
    transient: tuple[type[Exception], ...],
    clock: Clock,
) -> T:
    deadline = Deadline.after(within, clock)
    start = clock.now()
    streak = 0
    while True:
        VIEW.check()
        started, spent_s = clock.now(), VIEW.spent_s()
        unseen: NotObserved | None = None
        try:
            seen = look(deadline)
        except ViewLost:
            raise
        except NotObserved as failure:
            streak, unseen = 0, failure
            story.add(clock.now() - start, f"not seen: {failure}")
        except transient as error:
            streak = 0
            story.add(clock.now() - start, f"{type(error).__name__}: {error}")
        except Exception as error:
            error.add_note(story.failure(f"could not be observed after {clock.now() - start:.1f} s"))
            raise
        else:
            # What the suite's own calls took is not the platform's lateness.
            at = clock.now() - (VIEW.spent_s() - spent_s)
            if matcher.matches(seen):
                if at > deadline.at + LAST_LOOK_S:
                    story.add(at - start, "the expected answer, too late")
                    raise NotInTime(story.failure(f"not within {within.total_seconds():g} s"))
                streak += 1
                if streak >= steadily:
                    return seen
                story.add(at - start, "the expected answer")
            else:
                streak = 0
                story.add(at - start, mismatch_of(matcher, seen))
            if fatal is not None and fatal.matches(seen):
                raise NeverWill(story.failure(f"never will: {sentence_of(fatal)}"))
        if started >= deadline.at:
            VIEW.check()
            steady = f" {steadily} times in a row" if steadily > 1 else ""
            _end(story, f"not within {within.total_seconds():g} s{steady}", unseen)
        clock.pause(min(every.total_seconds(), max(0.0, deadline.at - clock.now())))


def _end(story: Story, accusation: str, unseen: NotObserved | None) -> NoReturn:
    """The patience has ended: what was seen last accuses, unless nothing was seen."""
    if unseen is not None:
        raise NotObserved(story.failure("could not be observed")) from unseen
    raise NotInTime(story.failure(accusation))


def stays(
    probe: Probe[T],
    matcher: Matcher[T],
    *,
    what: str,
    during: timedelta,
    every: timedelta = POLL,
    transient: tuple[type[Exception], ...] = (),
    clock: Clock = MONOTONIC,
) -> T:
    """Look for the whole window and return the last observation; each look must match.

    Raises:
        DidNotStay: a look did not match; the message says when.
        NoData: fewer than `LOOKS` looks were possible, because of `transient` errors or a slow probe.
        NotObserved: they were not, because looking itself failed; ViewLost at once where no look ever will.
    """
    with WAITS.during(what, clock.now()):
        story = Story(what, sentence_of(matcher))
        seen, unseen = _throughout(
            look_of(probe), matcher, story, during=during, every=every, transient=transient, clock=clock
        )
    if len(seen) < LOOKS:
        told = story.failure(f"seen only {len(seen)} times in {during.total_seconds():g} s, {LOOKS} needed")
        if unseen is not None:
            raise NotObserved(told) from unseen
        raise NoData(told)
    return seen[-1]


def _throughout(
    look: Callable[[Deadline], T],
    matcher: Matcher[T],
    story: Story,
    *,
    during: timedelta,
    every: timedelta,
    transient: tuple[type[Exception], ...],
    clock: Clock,
) -> tuple[list[T], NotObserved | None]:
    deadline = Deadline.after(during, clock)
    start = clock.now()
    seen: list[T] = []
    unseen: NotObserved | None = None
    while True:
        VIEW.check()
        started = clock.now()
        try:
            observation = look(deadline)
        except ViewLost:
            raise
        except NotObserved as failure:
            unseen = failure
            story.add(clock.now() - start, f"not seen: {failure}")
        except transient as error:
            story.add(clock.now() - start, f"{type(error).__name__}: {error}")
        else:
            if not matcher.matches(observation):
                story.add(clock.now() - start, mismatch_of(matcher, observation))
                raise DidNotStay(story.failure(f"did not stay so for {during.total_seconds():g} s"))
            story.add(clock.now() - start, "the expected answer")
            seen.append(observation)
        if started >= deadline.at:
            return seen, unseen
        clock.pause(min(every.total_seconds(), max(0.0, deadline.at - clock.now())))


def look_of(probe: Probe[T]) -> Callable[[Deadline], T]:
    """The probe as one that is handed the deadline, whether it asks for it or not."""
    parameters = inspect.signature(probe).parameters.values()
    needed = [
        p
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if needed:
        return cast(Callable[[Deadline], T], probe)
    return lambda _deadline: cast(Callable[[], T], probe)()
