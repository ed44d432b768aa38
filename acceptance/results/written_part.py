"""A part of a page that a command writes, between two lines that name it; the rest of the page is people's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from acceptance.results.atomic_write import write_whole


def begin(command: str) -> str:
    """The line above a command's part."""
    return f"<!-- Written by `{command}`: not by hand. -->"


def end(command: str) -> str:
    """The line below it."""
    return f"<!-- The end of what `{command}` writes. -->"


def lines(page: Path, command: str) -> list[str]:
    """What a command has written; ValueError if the page has no place for it."""
    return _parted(page, command)[1].strip("\n").splitlines()


def put(page: Path, command: str, new: Iterable[str]) -> None:
    """Write a command's part in the place of what stood there; ValueError if the page has no place for it."""
    before, _, after = _parted(page, command)
    text = "\n".join(new)
    write_whole(page, f"{before}{begin(command)}\n{text}\n{end(command)}{after}")


def _parted(page: Path, command: str) -> tuple[str, str, str]:
    first, last = begin(command), end(command)
    before, above, rest = page.read_text(encoding="utf-8").partition(first)
    part, below, after = rest.partition(last)
    if not above or not below:
        raise ValueError(f"expected {first!r} and {last!r} in {page}, found them not")
    return before, part, after
