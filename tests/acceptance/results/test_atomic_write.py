"""A file is there whole or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.results.atomic_write import write_whole


def test_a_text_takes_the_place_of_another_and_nothing_else_lies_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "note.json"
    write_whole(path, "one")
    write_whole(path, "zwei: ü")
    assert path.read_text(encoding="utf-8") == "zwei: ü"
    assert list(path.parent.iterdir()) == [path]


def test_a_text_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    write_whole(path, "one")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half \ud800")
    assert path.read_text(encoding="utf-8") == "one"
