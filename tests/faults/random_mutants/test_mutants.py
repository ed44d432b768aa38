"""Mutants: what is changed and what is not, and that a mutant keeps its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from faults.random_mutants.mutants import Mutant, drawn, mutants_of, sources
from faults.random_mutants.survivors import read_survivors

PROJECT = Path(__file__).resolve().parents[3]

EVERYTHING = '''"""Module."""
import logging
log = logging.getLogger("name")
LIMIT: int = 5

def work(items: "list[int]", most: int = 3, *, word: str = "w") -> bool:
    """Docstring."""
    total = 0
    for item in items:
        if item == most and not total:
            continue
        total += item * 2
    try:
        log.warning("a %s", "b")
        send(total, items, word=word)
    except ValueError:
        return True
    return total > 1.5
'''


def mutants(tmp_path: Path, source: str) -> list[Mutant]:
    (tmp_path / "code.py").write_text(source, encoding="utf-8")
    return mutants_of(tmp_path, ["code.py"])


def changed(tmp_path: Path, source: str) -> dict[str, list[str]]:
    """By operator, the changed lines."""
    found: dict[str, list[str]] = {}
    for mutant in mutants(tmp_path, source):
        lines = zip(source.splitlines(), mutant.source.splitlines(), strict=False)
        found.setdefault(mutant.operator, []).extend(new.strip() for old, new in lines if old != new)
    return found


@pytest.mark.parametrize(
    ("source", "operator", "line"),
    [
        ("x = a == b\n", "comparison", "x = a != b"),
        ("x = a < b\n", "comparison", "x = a <= b"),
        ("x = a not in b\n", "comparison", "x = a in b"),
        ("x = a and b\n", "boolean", "x = a or b"),
        ("x = not a\n", "not", "x = a"),
        ("if a or b:\n    c = d\n", "condition", "if not (a or b):"),
        ("x = [a for a in b if c]\n", "condition", "x = [a for a in b if not (c)]"),
        ("x = a + b\n", "arithmetic", "x = a - b"),
        ("x += a\n", "augmented", "x -= a"),
        ("x = 3\n", "number", "x = 4"),
        ("x = 0.5\n", "number", "x = 2.0"),
        ("x = 'a'\n", "string", "x = 'XXa'"),
        ("x = ''\n", "string", "x = 'XX'"),
        ("x = True\n", "truth", "x = False"),
        ("def f():\n    return a\n", "return", "return None"),
        ("f(a)\n", "statement", "pass"),
        ("raise a\n", "statement", "pass"),
        ("a.b = c\n", "statement", "pass"),
        ("for a in b:\n    c = d\n", "loop", "for a in ():"),
        ("try:\n    a = b\nexcept C:\n    d = e\n", "handler", "raise"),
        ("while a:\n    break\n", "jump", "continue"),
        ("f(a, b=c)\n", "keyword", "f(a, )"),
        ("def f(a, b=c): d = e\n", "default", "def f(a, b=None): d = e"),
        ("f(a, b, c)\n", "arguments", "f(b, a, c)"),
    ],
)
def test_each_operator_changes_its_node(tmp_path: Path, source: str, operator: str, line: str) -> None:
    assert line in changed(tmp_path, source)[operator]


def test_words_for_people_types_and_imports_stay_as_they_are(tmp_path: Path) -> None:
    lines = [line for found in changed(tmp_path, EVERYTHING).values() for line in found]
    kept = ("Module.", "import logging", "Docstring.", 'log.warning("a %s", "b")')
    for words in kept:
        assert not any(words.strip('"') in line for line in lines), words
    assert not any("XXlist" in line for line in lines)


def test_nothing_is_changed_into_itself(tmp_path: Path) -> None:
    assert "arguments" not in changed(tmp_path, "f(a, a)\n")
    assert "return" not in changed(tmp_path, "def f():\n    return None\n")
    assert "handler" not in changed(tmp_path, "try:\n    a = b\nexcept C:\n    raise\n")


def test_a_mutant_changes_one_place_and_shows_it(tmp_path: Path) -> None:
    [first] = [mutant for mutant in mutants(tmp_path, EVERYTHING) if mutant.operator == "comparison"][:1]
    assert first.function == "work"
    assert first.diff(tmp_path).splitlines()[-2:] == [
        "-        if item == most and not total:",
        "+        if item != most and not total:",
    ]


def test_a_mutant_keeps_its_name_when_the_code_around_it_moves(tmp_path: Path) -> None:
    before = {mutant.id for mutant in mutants(tmp_path, EVERYTHING)}
    moved = EVERYTHING.replace("LIMIT: int = 5", "def other():\n    return a < b\n\n\n")
    after = {mutant.id for mutant in mutants(tmp_path, moved)}
    assert {identity for identity in before if ":work:" in identity} <= after
    assert len(before) == len(mutants(tmp_path, EVERYTHING))


def test_a_mutant_of_another_change_has_another_name(tmp_path: Path) -> None:
    [one] = mutants(tmp_path, "x = a == b\n")
    [other] = mutants(tmp_path, "x = a <= b\n")
    assert one.id != other.id


def test_a_seed_draws_the_same_again_and_nothing_twice(tmp_path: Path) -> None:
    there = mutants(tmp_path, EVERYTHING)
    first, again, other = (drawn(there, 8, seed) for seed in (1, 1, 2))
    assert [m.id for m in first] == [m.id for m in again]
    assert [m.id for m in first] != [m.id for m in other]
    assert len({m.id for m in first}) == 8
    assert len(drawn(there, 10_000, 1)) <= len(there)


def test_a_change_that_is_no_python_is_not_drawn(tmp_path: Path) -> None:
    """A quote within a quote, before Python 3.12."""
    there = mutants(tmp_path, "x = f'{a[\"b\"]}'\n")
    assert all(mutant.compiles for mutant in drawn(there, 10, 1))
    assert [mutant.compiles for mutant in there if mutant.operator == "string"] == [False]


def test_files_and_folders_are_meant_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("folder/b.py", "a.py", "c.txt"):
        (tmp_path / name).touch()
    assert sources(tmp_path, ["folder", "a.py"]) == ["a.py", "folder/b.py"]
    with pytest.raises(ValueError, match=r"found no nothing\.py"):
        sources(tmp_path, ["nothing.py"])


def test_every_classed_survivor_is_a_mutant_of_today() -> None:
    """An entry whose place has changed says nothing any more: it is taken out, and the mutant drawn anew."""
    classes = read_survivors()
    files = sorted({identity.partition(":")[0] for identity in classes})
    there = {mutant.id for mutant in mutants_of(PROJECT, files)}
    assert [identity for identity in classes if identity not in there] == []
