"""What a worker left on this machine: processes and temporary files. Each worker has a temporary folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

PAUSE_S = 0.1

SHOWN = 5
"""How many files or processes are named; of more, only the number is told."""


@dataclass(frozen=True)
class Stray:
    """A process that outlived its worker."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


def strays(session: int, folder: Path) -> list[Stray]:
    """Living processes of the worker's session, or that name its temporary folder in what they run with."""
    return [Stray(process.pid, _command(process)) for process in _belonging(session, folder)]


def remains(session: int, folder: Path, *, within_s: float) -> list[str]:
    """What is left of a worker that has ended, as sentences; looked for until nothing is, for `within_s` at most."""
    pause = threading.Event()
    for _ in range(max(1, round(within_s / PAUSE_S))):
        if not strays(session, folder) and not _files(folder):
            return []
        pause.wait(PAUSE_S)
    return [
        *_told("running", [str(stray) for stray in strays(session, folder)]),
        *_told("in a temporary folder", _files(folder)),
    ]


def clear(session: int, folder: Path) -> None:
    """End what is left running and remove the temporary folder."""
    for stray in strays(session, folder):
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
