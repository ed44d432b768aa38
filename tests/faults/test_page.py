"""docs/faults.md has a place for each command, and a command writes its own alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.page import PAGE, begin, end, put

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("command", ["run", "mutate", "soak"])
def test_a_command_writes_its_own_part_and_no_other(tmp_path: Path, command: str) -> None:
    page = tmp_path / "page.md"
    page.write_text((PROJECT / PAGE).read_text(encoding="utf-8"), encoding="utf-8")
    put(command, ["One line.", "Another."], page)
    text, before = page.read_text(encoding="utf-8"), (PROJECT / PAGE).read_text(encoding="utf-8")
    assert f"{begin(command)}\nOne line.\nAnother.\n{end(command)}" in text
    assert text.partition(begin(command))[0] == before.partition(begin(command))[0]
    assert text.partition(end(command))[2] == before.partition(end(command))[2]


def test_a_page_without_a_place_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{begin('run')}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="found them not"):
        put("run", ["new"], page)
