"""Room on the disks that a run writes to: where it ends, nothing that is seen afterwards says anything."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from acceptance.waiting.errors import DriverError

TO_BEGIN = 128 * 2**20
"""Bytes that must be free for a run to begin: its reports, and below TMPDIR its workspaces and logs."""

TO_GO_ON = 16 * 2**20
"""Bytes at which a run ends: enough for results, JUnit and report to be written whole."""


class NoRoom(DriverError):
    """A disk that the run writes to is full, or nearly; the text says which and what to do."""


def check_room(reports: Path, least: int) -> None:
    """NoRoom if fewer than `least` bytes are free where reports and temporary files go."""
    temporary = Path(tempfile.gettempdir())
    for folder, cure in ((reports, "free some"), (temporary, "free some, or name another folder in TMPDIR")):
        free = _free(folder)
        if free < least:
            raise NoRoom(
                f"no room on the disk of {folder.absolute()}: "
                f"expected at least {least >> 20} MB free, found {free >> 20} MB; {cure}"
            )


def _free(folder: Path) -> int:
    """Free bytes of the disk that a folder lies on, or will lie on."""
    there = next(place for place in _upwards(folder.absolute()) if place.exists())
    found = os.statvfs(there)
    return found.f_bavail * found.f_frsize


def _upwards(folder: Path) -> Iterable[Path]:
    return (folder, *folder.parents)
