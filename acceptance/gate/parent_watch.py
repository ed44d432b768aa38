"""A worker's end of the pipe that the gate holds: when the gate dies, however it dies, the worker ends itself."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from pathlib import Path

VARIABLE = "ACCEPTANCE_LIFELINE"
"""Set in a worker's environment, to its temporary folder: its standard input is a pipe that only the gate holds."""


def die_with_the_gate() -> None:
    """In a worker, SIGTERM this process once its standard input ends; elsewhere, such as in a plain behave, nothing.

    environment.py makes a KeyboardInterrupt of SIGTERM, upon which behave runs its cleanups.
    """
    folder = os.environ.get(VARIABLE)
    if folder:
        threading.Thread(
            target=_follow, args=(sys.stdin.fileno(), Path(folder)), name="lifeline", daemon=True
        ).start()


def _follow(descriptor: int, folder: Path) -> None:
    while os.read(descriptor, 1024):
        continue
    # Nobody is left who would remove it; if something lies in it, it is to be found.
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        # environment.py is not loaded yet: nothing has begun, and the signal ends this process without more ado.
        _remove_if_empty(folder)
    else:
        atexit.register(_remove_if_empty, folder)
    os.kill(os.getpid(), signal.SIGTERM)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
