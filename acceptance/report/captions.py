"""The words of a picture, beside it: its title in the first line, what it shows in the lines after that."""

from __future__ import annotations

from pathlib import Path

from acceptance.results.masking import mask

CAPTION = ".txt"


def write_caption(svg: Path, title: str, told: str) -> None:
    """Write a picture's words."""
    svg.with_suffix(CAPTION).write_text(mask(f"{title}\n{told}\n"), encoding="utf-8")


def caption_of(svg: Path) -> tuple[str, str]:
    """A picture's title and what it shows; of a picture without words, its name."""
    beside = svg.with_suffix(CAPTION)
    if not beside.is_file():
        return svg.stem.replace("-", " ").replace("_", " "), ""
    title, _, told = beside.read_text(encoding="utf-8").partition("\n")
    return title, told.strip()
