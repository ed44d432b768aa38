"""What the suite is waiting for right now, for whoever shows a run while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from acceptance.waiting.trace import TRACE, Lane


@dataclass(frozen=True)
class Wait:
    """One wait that has not ended: its subject, the thread that waits, and since when (seconds of its own clock)."""

    what: str
    thread: int
    since: float


class Waits:
    """The waits of all threads; to enter one and to read them costs a lock and no more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stacks: dict[int, list[Wait]] = {}

    @contextmanager
    def during(self, what: str, since: float) -> Iterator[None]:
        """Publish a wait of the calling thread for as long as the block lasts; waits may lie within each other."""
        thread = threading.get_ident()
        with self._lock:
            self._stacks.setdefault(thread, []).append(Wait(what, thread, since))
        try:
            with TRACE.during(Lane.WAITS, what):
                yield
        finally:
            with self._lock:
                stack = self._stacks[thread]
                stack.pop()
                if not stack:
                    del self._stacks[thread]

    def now(self) -> tuple[Wait, ...]:
        """The outermost wait of each thread that waits: the main thread's first, then the longest."""
        main = threading.main_thread().ident
        with self._lock:
            outermost = [stack[0] for stack in self._stacks.values()]
        return tuple(sorted(outermost, key=lambda wait: (wait.thread != main, wait.since)))


WAITS = Waits()
"""The waits of this process, as `wait_until` and `stays` publish them."""
