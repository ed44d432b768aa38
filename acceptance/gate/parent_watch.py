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

LOOKS, PAUSE_S = 30, 0.1
"""How often it is looked whether the temporary folder is empty, and the seconds between two looks."""


def die_with_the_gate() -> None:
    """In a worker, SIGTERM this process once its standard input ends; elsewhere, such as in a plain behave, nothing.

    environment.py makes a KeyboardInterrupt of SIGTERM, upon which behave runs its cleanups. The temporary folder goes
    with the worker if it is empty, since the gate may be gone by then; if something lies in it, it is to be found.
    """
    folder = os.environ.get(VARIABLE)
    if folder:
        orphaned = threading.Event()
        atexit.register(_remove_if_empty, Path(folder), orphaned)
        threading.Thread(
            target=_follow,
            args=(sys.stdin.fileno(), Path(folder), orphaned),
            name="lifeline",
            daemon=True,
        ).start()


def _follow(descriptor: int, folder: Path, orphaned: threading.Event) -> None:
    while os.read(descriptor, 1024):
        continue
    orphaned.set()
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        # environment.py is not loaded yet: nothing has begun, and the signal ends this process without more ado.
        _remove_if_empty(folder, orphaned)
    os.kill(os.getpid(), signal.SIGTERM)


def _remove_if_empty(folder: Path, orphaned: threading.Event) -> None:
    """What an orphan's platform could not put away in time, its reaper does a moment later."""
    pause = threading.Event()
    for _ in range(LOOKS if orphaned.is_set() else 1):
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        pause.wait(PAUSE_S)
