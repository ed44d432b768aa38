"""What the suite did and saw in one scenario, moment by moment: drivers, waits and steps tell it as it happens.

Whoever runs the scenarios begins it with each, and takes it when the scenario has ended. What comes again and again, as
in a wait, is one event that says how often: a scenario of a minute has some hundred.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

MOST = 2_000
"""So many events of a scenario are kept; of the rest only the number."""

LONGEST = 400
"""So many characters of a text are kept."""

TOGETHER_S = 1.0
"""What is asked again within so many seconds, and answered alike, is told as one event."""


class Lane(StrEnum):
    """What an event is of, in the words of whoever reads it."""

    STEPS = "Steps"
    WAITS = "Waits"
    REQUESTS = "Requests"
    PAGES = "Open pages"
    MAIL = "Mail"
    TASKS = "Tasks"
    COMMANDS = "Commands"
    AWS = "AWS calls"


AGAIN = frozenset({Lane.REQUESTS, Lane.COMMANDS, Lane.AWS})
"""What a wait asks again and again. Of all else each is news."""


@dataclass
class TraceEvent:
    """One thing, or the same several `times`: seconds from the scenario's begin, and to the end of the last.

    `detail` is what was asked or sent, `outcome` what came of it; `fine` says that this is no error.
    """

    at_s: float
    seconds: float
    lane: Lane
    title: str
    detail: str = ""
    outcome: str = ""
    fine: bool = True
    times: int = 1


@dataclass
class Happening:
    """What is known of an event while it lasts: filled by whoever waits for its end."""

    detail: str = ""
    outcome: str = ""
    fine: bool = True


class Trace:
    """Safe to use from all threads. `clock` gives monotonic seconds; tests bring their own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began: float | None = None
        self._events: list[TraceEvent] = []
        self._last: dict[tuple[Lane, str, str, str], TraceEvent] = {}
        self._states: dict[tuple[Lane, str], str] = {}
        self.left_out = 0
        """How many events of the scenario are not kept."""

    def begin(self) -> None:
        """A scenario begins: from now on its events are kept, and no others."""
        with self._lock:
            self._began, self.left_out = self._clock(), 0
            self._events, self._last, self._states = [], {}, {}

    def end(self) -> tuple[TraceEvent, ...]:
        """The scenario's events in the order in which they began; from now on none is kept."""
        with self._lock:
            self._began = None
            return tuple(sorted(self._events, key=lambda event: event.at_s))

    def add(
        self,
        lane: Lane,
        title: str,
        detail: str = "",
        outcome: str = "",
        *,
        since: float | None = None,
        fine: bool = True,
    ) -> None:
        """Tell of something that has just ended and had begun at `since` (the clock's seconds), or was a moment."""
        now = self._clock()
        with self._lock:
            if self._began is None:
                return
            began, ends = (now if since is None else since) - self._began, now - self._began
            what = (lane, title[:LONGEST], detail[:LONGEST], outcome[:LONGEST])
            last = self._last.get(what)
            if last and lane in AGAIN and began - last.at_s - last.seconds < TOGETHER_S:
                last.times += 1
                last.seconds = max(last.seconds, ends - last.at_s)
            elif len(self._events) < MOST:
                event = TraceEvent(max(0.0, began), min(ends, ends - began), *what, fine)
                self._events.append(event)
                self._last[what] = event
            else:
                self.left_out += 1

    def became(self, lane: Lane, title: str, state: str) -> None:
        """Tell how something is now; an event only if that is new."""
        with self._lock:
            known = self._states.get((lane, title)) == state
            self._states[lane, title] = state
        if not known:
            self.add(lane, title, outcome=state)

    @contextmanager
    def during(self, lane: Lane, title: str, detail: str = "") -> Iterator[Happening]:
        """Tell of what the block does, with what it says of it; an exception is its outcome, and no fine one."""
        since, told = self._clock(), Happening(detail)
        try:
            yield told
        except BaseException as error:
            told.outcome, told.fine = f"{type(error).__name__}: {error}", False
            raise
        finally:
            self.add(lane, title, told.detail, told.outcome, since=since, fine=told.fine)


TRACE = Trace()
"""That of the scenario which this process runs."""
