"""docs/request.md: what it says proves a line of the request is there to prove it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from behave.parser import parse_file

from acceptance.results.criteria import CRITERIA

PROJECT = Path(__file__).resolve().parents[1]
LINES = 18
"""So many bullets has the request under its four scenarios."""


def rows(title: str) -> Iterator[tuple[str, str]]:
    """The rows of all tables whose header ends with `title`."""
    inside = False
    for line in (PROJECT / "docs" / "request.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[-1] == title:
            inside = True
        elif inside and not cells[0].startswith("---"):
            yield cells[0], cells[-1]


def written_scenarios() -> set[str]:
    """The names of all scenarios, an outline's with its placeholders."""
    features = [parse_file(str(path)) for path in (PROJECT / "features").glob("*.feature")]
    return {scenario.name for feature in features for scenario in feature.walk_scenarios(with_outlines=True)}


def test_every_line_of_the_request_is_proven_by_scenarios_that_are_there() -> None:
    proven = dict(rows("proven by"))
    named = {name.replace("\\", "").strip() for cell in proven.values() for name in cell.split(";")}
    assert len(proven) == LINES
    assert named - written_scenarios() == set()


def test_every_criterion_of_the_request_has_its_tag() -> None:
    tags = [tag for _, tag in rows("tag")]
    assert set(tags) <= {f"`@{criterion.tag}`" for criterion in CRITERIA}
    assert len(tags) == len(set(tags)) == 5
