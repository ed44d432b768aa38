"""The last one out: a small child that ends every process of a dead sandbox and removes its state folder.

It reads a pipe whose other end only the sandbox holds: end of file means that the sandbox is gone, however it
went. Run as a file with the standard library alone, so that it starts fast and can be started from anywhere.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

PASSES = 40
PAUSE_S = 0.05


class Reaper:
    """The sandbox's end of the pipe."""

    def __init__(self, root: Path, ended: Callable[[int], None]) -> None:
        """Start the reaper for the state folder `root`; `ended` is called with its exit code, on another thread."""
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(root)],
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


def main(root: Path) -> None:
    """Wait for the end of file on standard input, then reap. Ctrl-C and SIGTERM are meant for the sandbox."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1024):
        pass
    reap(root)


def _on_record(folder: Path) -> list[int]:
    try:
        return [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()]
    except FileNotFoundError:
        return []


if __name__ == "__main__":
    main(Path(sys.argv[1]))
