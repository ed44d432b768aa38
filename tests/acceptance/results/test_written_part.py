"""A page's part that a command writes: read, put in the place of the last, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.results.written_part import begin, end, lines, put


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with parts of two commands."""
    page = tmp_path / "page.md"
    parts = [text for name in ("tool", "tool --more") for text in (begin(name), name, end(name))]
    page.write_text("\n".join(["Before.", *parts, "After.", ""]), encoding="utf-8")
    return page


def test_a_command_reads_and_writes_its_own_part_alone(page: Path) -> None:
    put(page, "tool", ["One line.", "", "Another."])
    assert lines(page, "tool") == ["One line.", "", "Another."]
    assert lines(page, "tool --more") == ["tool --more"]
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"Before.\n{begin('tool')}\nOne line.\n")
    assert text.endswith(f"{end('tool --more')}\nAfter.\n")


@pytest.mark.parametrize("left", [begin("tool"), end("tool")])
def test_a_page_without_a_place_is_told(page: Path, left: str) -> None:
    page.write_text(page.read_text(encoding="utf-8").replace(left, ""), encoding="utf-8")
    for act in (lambda: put(page, "tool", ["new"]), lambda: lines(page, "tool")):
        with pytest.raises(ValueError, match="found them not"):
            act()
