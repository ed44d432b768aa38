"""docs/faults.md: each command writes its own part of the page, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from acceptance.results import written_part

PAGE = Path("docs", "faults.md")
"""What is in it changes nothing of a revision: the commands write it themselves."""


def put(command: str, lines: Iterable[str], page: Path = PAGE) -> None:
    """Write a command's part in the place of what stood there; ValueError if the page has no place for it."""
    written_part.put(page, f"python -m faults {command}", lines)


def dated(figure: str, revision: str) -> str:
    """A figure of today's, as the page tells it."""
    return f"{figure}. On {datetime.now(UTC):%Y-%m-%d}, at `{revision}`."
