"""Sessions kept awake in the background, as by customers who work on them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from acceptance.waiting.errors import NotObserved, UnexpectedAnswer, Unreachable

MOST_ATTENDED_AT_ONCE = 8

ACTS_PER_IDLE_TIME = 3

ALONE = 0.9
"""The share of an idle time without activity that counts as all of it: the platform counts from earlier on."""


class Attendance:
    """Keeps sessions awake, and knows when it failed to."""

    def __init__(
        self,
        be_active: Callable[[str], object],
        idle_timeout: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`be_active`: does something for a session, by its id, that counts as activity; PlatformError where it is not
        taken. `clock` gives monotonic seconds; tests bring their own.
        """
        self.be_active = be_active
        self._clock = clock
        self._idle_s = idle_timeout.total_seconds()
        self._every_s = (idle_timeout / ACTS_PER_IDLE_TIME).total_seconds()
        self._attended: dict[str, float] = {}
        """When each session's last activity was answered, or it began to be kept awake."""
        self._lapsed: dict[str, float] = {}
        """Sessions that were left alone for an idle time, and for how many seconds."""
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.failures: list[str] = []

    def attend(self, session_id: str) -> None:
        """From now on keep this session awake."""
        with self._lock:
            self._attended[session_id] = self._clock()
            if self._thread is None:
                self._ended = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._ended,), name="attendance", daemon=True
                )
                self._thread.start()

    def leave(self, session_id: str) -> None:
        """Stop keeping this session awake; one that is not attended is no error."""
        with self._lock:
            self._attended.pop(session_id, None)
            self._lapsed.pop(session_id, None)

    def lapse(self, session_id: str | None = None) -> NotObserved | None:
        """Why a session, or any of those attended, may have ended without the platform's doing; None if there is no
        such cause: somebody kept it awake all the time.
        """
        with self._lock:
            lapsed = {name: left for name, left in self._lapsed.items() if session_id in (None, name)}
        if not lapsed:
            return None
        name, left_s = next(iter(lapsed.items()))
        return NotObserved(
            f"the suite left session {name} alone for {left_s:.1f} s, and the idle time is {self._idle_s:g} s: it "
            "may have expired for that"
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep nobody awake while the block runs: what changes meanwhile has another cause. It must be short.

        At its end everybody is kept awake at once: several pauses one after the other would leave no turn in between.

        Raises:
            NotObserved: the block took an idle time, so that nobody knows what changed for that alone.
        """
        with self._lock:
            attended = dict(self._attended)
        self.stop()
        try:
            yield
        finally:
            with self._lock:
                self._attended |= attended
            for session_id in sorted(attended):
                self._keep_awake(session_id)
                self.attend(session_id)
            lapses = [lapse for session_id in attended if (lapse := self.lapse(session_id))]
            if lapses:
                raise lapses[0]

    def stop(self) -> None:
        """Leave all sessions and end the thread; `attend` starts anew."""
        with self._lock:
            self._attended.clear()
            thread, self._thread = self._thread, None
        self._ended.set()
        if thread is not None:
            thread.join()

    def _run(self, ended: threading.Event) -> None:
        # Each is asked for beside the others: on a busy machine one slow answer must not let the next session expire.
        with ThreadPoolExecutor(MOST_ATTENDED_AT_ONCE) as pool:
            while not ended.wait(self._every_s):
                with self._lock:
                    attended = sorted(self._attended)
                list(pool.map(self._keep_awake, attended))

    def _keep_awake(self, session_id: str) -> None:
        asked = self._clock()
        try:
            self.be_active(session_id)
        except (Unreachable, UnexpectedAnswer) as failure:
            # A session that ends meanwhile refuses: no fault of the one who attends, but worth telling.
            self.failures.append(f"{session_id}: {failure}")
        with self._lock:
            if session_id not in self._attended:
                return
            # Not counted is how long the platform took to answer: that is its own time.
            left_s = asked - self._attended[session_id]
            if left_s > ALONE * self._idle_s:
                self._lapsed.setdefault(session_id, left_s)
            self._attended[session_id] = self._clock()
