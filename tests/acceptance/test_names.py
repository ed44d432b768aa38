"""A noun means one thing: no two classes of the suite have one name (docs/glossary.md)."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

SUITE = Path(__file__).resolve().parents[2] / "acceptance"


def test_no_two_classes_of_the_suite_have_one_name() -> None:
    named = Counter(
        part.name
        for file in SUITE.rglob("*.py")
        for part in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(part, ast.ClassDef)
    )
    assert named
    assert [name for name, times in named.items() if times > 1] == []
