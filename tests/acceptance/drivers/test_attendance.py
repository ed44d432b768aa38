"""Sessions are kept awake, except while nobody is to be; and when they were not, that is known."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from acceptance.drivers.attendance import Attendance
from acceptance.waiting.errors import NotObserved

LONG = timedelta(hours=1)


class Counting:
    """Sessions that count the keepalives."""

    def __init__(self) -> None:
        self.kept = 0
        self.again = threading.Event()

    def keepalive(self, session_id: str) -> int:
        assert session_id == "s-1"
        self.kept += 1
        self.again.set()
        return 0


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def attending(sessions: Counting, idle_timeout: timedelta, clock: Clock) -> Attendance:
    """One session kept awake."""
    attendance = Attendance(sessions.keepalive, idle_timeout, clock)
    attendance.attend("s-1")
    return attendance


def test_nobody_is_kept_awake_during_a_pause_and_everybody_after_it() -> None:
    sessions = Counting()
    attendance = attending(sessions, timedelta(milliseconds=30), Clock())
    try:
        assert sessions.again.wait(10)
        with attendance.paused():
            kept = sessions.kept
            assert not threading.Event().wait(0.1)
            assert sessions.kept == kept
            sessions.again.clear()
        assert sessions.again.wait(10)
    finally:
        attendance.stop()


def test_pauses_in_a_row_leave_nobody_to_expire() -> None:
    sessions = Counting()
    attendance = attending(sessions, LONG, Clock())
    try:
        for _ in range(3):
            with attendance.paused():
                pass
        assert sessions.kept == 3
        assert attendance.lapse() is None
    finally:
        attendance.stop()


def test_a_pause_of_an_idle_time_shows_nothing_whatever_was_claimed_in_it() -> None:
    clock = Clock()
    attendance = attending(Counting(), LONG, clock)
    try:
        with (
            pytest.raises(
                NotObserved, match=r"left session s-1 alone for 3600\.0 s, and the idle time is 3600 s"
            ),
            attendance.paused(),
        ):
            clock.now = LONG.total_seconds()
            raise AssertionError("the session has expired")
        assert attendance.lapse("s-1") is not None
        assert attendance.lapse("s-2") is None
        attendance.leave("s-1")
        assert attendance.lapse() is None
    finally:
        attendance.stop()


def test_a_session_that_is_kept_awake_too_late_is_told() -> None:
    sessions, clock = Counting(), Clock()
    attendance = attending(sessions, timedelta(seconds=0.3), clock)
    try:
        clock.now = 0.29
        assert sessions.again.wait(10)
        sessions.again.clear()
        assert sessions.again.wait(10)
        assert attendance.lapse("s-1") is not None
    finally:
        attendance.stop()
