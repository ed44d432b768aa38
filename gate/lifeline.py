"""A worker's end of the pipe that the gate holds: when the gate dies, however it dies, the worker ends itself."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

VARIABLE = "ACCEPTANCE_LIFELINE"
STDIN = "stdin"
"""Set in a worker's environment: its standard input is a pipe that only the gate holds open, and its temporary folder
is its own."""


def die_with_the_gate() -> None:
    """In a worker, SIGTERM this process once its standard input ends; elsewhere, such as in a plain behave, nothing.

    environment.py makes a KeyboardInterrupt of SIGTERM, upon which behave runs its cleanups.
    """
    if os.environ.get(VARIABLE) == STDIN:
        threading.Thread(target=_follow, args=(sys.stdin.fileno(),), name="lifeline", daemon=True).start()


def _follow(descriptor: int) -> None:
    while os.read(descriptor, 1024):
        continue
    # Nobody is left who would remove it; if something lies in it, it is to be found.
    atexit.register(_remove_if_empty, tempfile.gettempdir())
    os.kill(os.getpid(), signal.SIGTERM)


def _remove_if_empty(folder: str) -> None:
    with contextlib.suppress(OSError):
        Path(folder).rmdir()
