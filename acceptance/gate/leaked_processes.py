"""What a worker left on this machine: processes and temporary files. Each worker has a temporary folder of its own.

The gate holds a lock on that folder. Where gate and worker were both killed nobody is left who would remove it: the
next run does, once nothing lives in it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

PREFIX = "accept-"

YOUNG_S = 60.0
"""Seconds within which a folder that nobody has locked may still be about to be."""

NO_SESSION = -1

PAUSE_S = 0.1

SHOWN = 5
"""How many files or processes are named; of more, only the number is told."""


@dataclass(frozen=True)
class LeakedProcess:
    """A process that outlived its worker."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def scratch() -> tuple[Path, int]:
    """A new temporary folder and the descriptor that holds its lock; the name is short, since sockets lie in it."""
    # Paths of sockets have a limit of about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return folder, descriptor


def clear_orphans() -> None:
    """Remove the temporary folders of workers whose gate is gone, and which nothing lives in any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # Somebody else's, or gone meanwhile.
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime < YOUNG_S:
                continue
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not leaked_processes(NO_SESSION, folder):
                    shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def leaked_processes(session: int, folder: Path) -> list[LeakedProcess]:
    """Living processes of the worker's session, or that name its temporary folder in what they run with."""
    return [LeakedProcess(process.pid, _command(process)) for process in _belonging(session, folder)]


def remains(session: int, folder: Path, *, within_s: float) -> list[str]:
    """What is left of a worker that has ended, as sentences; looked for until nothing is, for `within_s` at most."""
    pause = threading.Event()
    deadline = time.monotonic() + within_s
    while True:
        # A look at every process of a busy machine takes its time.
        late = time.monotonic() >= deadline
        strays, files = leaked_processes(session, folder), _files(folder)
        if late or not (strays or files):
            return [
                *_told("running", [str(stray) for stray in strays]),
                *_told("in a temporary folder", files),
            ]
        pause.wait(PAUSE_S)


def clear(session: int, folder: Path) -> None:
    """End what is left running and remove the temporary folder."""
    for stray in leaked_processes(session, folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(stray.pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def _told(what: str, found: list[str]) -> list[str]:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return [f"{what}: {', '.join(found[:SHOWN])}{more}"] if found else []


def _files(folder: Path) -> list[str]:
    """What lies in the folder, by name; a folder that is gone holds nothing."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(entry.name for entry in folder.iterdir())
    return []


def _belonging(session: int, folder: Path) -> Iterator[psutil.Process]:
    mark = str(folder)
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if os.getsid(process.pid) == session or _names(process, mark):
                yield process


def _names(process: psutil.Process, mark: str) -> bool:
    """Whether a process runs in the folder, was called with it, or has it in its environment."""
    if any(mark in word for word in process.cmdline()):
        return True
    with contextlib.suppress(psutil.AccessDenied):
        if process.cwd().startswith(mark) or any(mark in value for value in process.environ().values()):
            return True
    return False


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())[:80] or process.name()
    return "ended meanwhile"
