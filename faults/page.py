"""docs/faults.md: each command writes its own part of the page, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from acceptance.results.atomic_write import write_whole

PAGE = Path("docs", "faults.md")
"""What is in it changes nothing of a revision: the commands write it themselves."""


def begin(command: str) -> str:
    """The line above a command's part."""
    return f"<!-- Written by `python -m faults {command}`: not by hand. -->"


def end(command: str) -> str:
    """The line below it."""
    return f"<!-- The end of what `{command}` writes. -->"


def put(command: str, lines: Iterable[str], page: Path = PAGE) -> None:
    """Write a command's part in the place of what stood there; ValueError if the page has no place for it."""
    first, last = begin(command), end(command)
    before, above, rest = page.read_text(encoding="utf-8").partition(first)
    _, below, after = rest.partition(last)
    if not above or not below:
        raise ValueError(f"expected {first!r} and {last!r} in {page}, found them not")
    text = "\n".join(lines)
    write_whole(page, f"{before}{first}\n{text}\n{last}{after}")


def dated(figure: str, revision: str) -> str:
    """A figure of today's, as the page tells it."""
    return f"{figure}. On {datetime.now(UTC):%Y-%m-%d}, at `{revision}`."
