"""docs/faults.md has a place for each command, and a command writes its own alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.results.written_part import begin, end
from faults.page import PAGE, put

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("command", ["run", "mutate", "soak"])
def test_a_command_writes_its_own_part_and_no_other(tmp_path: Path, command: str) -> None:
    page = tmp_path / "page.md"
    page.write_text((PROJECT / PAGE).read_text(encoding="utf-8"), encoding="utf-8")
    put(command, ["One line.", "Another."], page)
    text, before = page.read_text(encoding="utf-8"), (PROJECT / PAGE).read_text(encoding="utf-8")
    first, last = begin(f"python -m faults {command}"), end(f"python -m faults {command}")
    assert f"{first}\nOne line.\nAnother.\n{last}" in text
    assert text.partition(first)[0] == before.partition(first)[0]
    assert text.partition(last)[2] == before.partition(last)[2]
