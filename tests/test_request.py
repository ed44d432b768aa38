"""docs/request.md: what it says proves a line of the request is there to prove it, and features say what they add."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from behave.model import Feature
from behave.parser import parse_file

from acceptance.results.criteria import CRITERIA
from acceptance.results.impact import REQUEST
from acceptance.results.tags import SHARED

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


def features() -> dict[str, Feature]:
    """The features by the number that their file begins with, in its order."""
    paths = sorted((PROJECT / "features").glob("*.feature"))
    return {path.name.split("_")[0]: parse_file(str(path)) for path in paths}


def written_scenarios() -> set[str]:
    """The names of all scenarios, an outline's with its placeholders."""
    return {one.name for feature in features().values() for one in feature.walk_scenarios(with_outlines=True)}


def test_every_line_of_the_request_is_proven_by_scenarios_that_are_there() -> None:
    proven = dict(rows("proven by"))
    named = {name.replace("\\", "").strip() for cell in proven.values() for name in cell.split(";")}
    assert len(proven) == LINES
    assert named - written_scenarios() == set()


def test_every_criterion_of_the_request_has_its_tag() -> None:
    tags = [tag for _, tag in rows("tag")]
    assert set(tags) <= {f"`@{criterion.tag}`" for criterion in CRITERIA}
    assert len(tags) == len(set(tags)) == 5


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1", ("0 containers", "DynamoDB", "HMR", "auto-shutdown")),
        ("2", ("EFS", "container restarts", "git history", "resume")),
        ("3", ("simultaneous", "isolation", "auto-scaling", "lifecycle")),
        ("4", ("ALB", "/api/*", "/hermes/*", "/session/{id}", "WebSocket upgrade")),
    ],
)
def test_the_four_features_say_what_they_prove_in_the_requests_words(
    number: str, words: tuple[str, ...]
) -> None:
    lines = [line for line in features()[number].description if line.startswith(REQUEST)]
    assert len(lines) == 1
    for word in words:
        assert word in lines[0]


def test_every_feature_behind_the_four_is_named_as_going_beyond_the_request() -> None:
    titles = {number: feature.name for number, feature in features().items()}
    assert list(titles) == [str(number) for number in range(1, len(titles) + 1)]
    assert [title for title, _ in rows("what it adds")] == [titles[n] for n in titles if int(n) > 4]


def test_a_scenario_that_shares_has_a_live_session_to_share() -> None:
    """Elsewhere the tag would do nothing."""
    sharing = [
        one
        for feature in features().values()
        for one in feature.walk_scenarios()
        if SHARED in one.effective_tags
    ]
    assert sharing
    for scenario in sharing:
        assert "a live session" in [step.name for step in scenario.all_steps], scenario.location
