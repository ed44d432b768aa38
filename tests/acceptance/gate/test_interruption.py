"""Signals come at any moment of the gate's pause, and each is counted."""

from __future__ import annotations

import signal
import time

from acceptance.gate.worker_pool import Interruption

APART_S = 30e-6


def test_a_signal_at_any_moment_of_a_pause_is_counted_and_hangs_nothing() -> None:
    interruption = Interruption(orphaned=lambda: False)
    with interruption.heeded():
        before = signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGINT))
        try:
            signal.setitimer(signal.ITIMER_REAL, APART_S, APART_S)
            end = time.monotonic() + 2.0
            while time.monotonic() < end:
                interruption.pause(0.0002)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    assert interruption.times > 1_000
