"""The last one out: a small child that ends every process of a dead sandbox and removes its state folder.

It reads a pipe whose other end only the sandbox holds: end of file means that the sandbox is gone, however it
went. Run as a file with the standard library alone, so that it starts fast and can be started from anywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

PREFIX = "live-preview-"
"""What the name of a state folder begins with."""

PASSES = 200
PAUSE_S = 0.05


class Reaper:
    """The sandbox's end of the pipe."""

    def __init__(self, root: Path, ready_file: Path | None, ended: Callable[[int], None]) -> None:
        """Start the reaper for a state folder and a ready file; `ended` is called with its exit code, on a thread."""
        files = [] if ready_file is None else [str(ready_file.resolve())]
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(root), *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        threading.Thread(target=lambda: ended(self._child.wait()), name="wait-reaper", daemon=True).start()

    def close(self) -> None:
        """Let go of the pipe and wait for the reaper; after an orderly end it finds nothing to do."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()


def kill_group(pgid: int) -> None:
    """SIGKILL a process group; no error when it is gone (macOS forbids it for zombies)."""
    try:
        os.killpg(pgid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def reap(root: Path) -> None:
    """SIGKILL every process group on record in `root`/pids and remove `root`; repeat until it is gone."""
    pause = threading.Event()
    for _ in range(PASSES):
        for pgid in _on_record(root / "pids"):
            kill_group(pgid)
        shutil.rmtree(root, ignore_errors=True)
        if not root.exists():
            return
        pause.wait(PAUSE_S)


def withdraw(ready_file: Path, sandbox: str) -> None:
    """Remove the ready file of the sandbox with that id; one that is gone, or another's by now, is left alone."""
    try:
        if json.loads(ready_file.read_text(encoding="utf-8"))["id"] == sandbox:
            ready_file.unlink()
    except (OSError, ValueError, LookupError, TypeError):
        return


def main(root: Path, *ready_files: Path) -> None:
    """Wait for the end of file on standard input, then reap. Ctrl-C and SIGTERM are meant for the sandbox."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1024):
        pass
    for ready_file in ready_files:
        withdraw(ready_file, root.name.removeprefix(PREFIX))
    reap(root)


def _on_record(folder: Path) -> list[int]:
    try:
        return [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()]
    except FileNotFoundError:
        return []


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
