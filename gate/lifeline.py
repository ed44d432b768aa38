"""A worker's end of the pipe that the gate holds: when the gate dies, however it dies, the worker ends itself."""

from __future__ import annotations

import os
import signal
import sys
import threading

VARIABLE = "ACCEPTANCE_LIFELINE"
"""Set in a worker's environment: its standard input is a pipe that only the gate holds open."""


def die_with_the_gate() -> None:
    """In a worker, SIGTERM this process once its standard input ends; elsewhere, such as in a plain behave, nothing.

    environment.py makes a KeyboardInterrupt of SIGTERM, upon which behave runs its cleanups.
    """
    if VARIABLE in os.environ:
        threading.Thread(target=_follow, args=(sys.stdin.fileno(),), name="lifeline", daemon=True).start()


def _follow(descriptor: int) -> None:
    while os.read(descriptor, 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
