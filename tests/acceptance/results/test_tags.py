"""Tags mean something, or the run does not start."""

from __future__ import annotations

import pytest
from behave.model import Feature
from behave.parser import parse_feature

from acceptance.results.tags import WrongTags, check_tags, reason_to_skip


def feature(tags: str, scenario_tags: str = "") -> Feature:
    """A feature with one scenario."""
    text = f"{tags}\nFeature: F\n  Rule: R\n    {scenario_tags}\n    Scenario: S\n      Given x\n"
    parsed: Feature | None = parse_feature(text, filename="f.feature")
    assert parsed is not None
    return parsed


def test_known_tags_pass() -> None:
    check_tags(feature("@anywhere", "@criterion.scaling @slow @bug.late-reaper @skip.no-second-region"))


def test_a_misspelt_tag_is_named_with_its_line() -> None:
    with pytest.raises(WrongTags, match=r"f\.feature: line 5: unknown tags criterion\.scalling"):
        check_tags(feature("@anywhere", "@criterion.scalling"))


def test_a_need_is_one_of_the_contracts_capabilities() -> None:
    check_tags(feature("@anywhere @needs.mail", "@criterion.scaling @needs.queue-depth"))
    with pytest.raises(WrongTags, match=r"unknown tags needs\.male"):
        check_tags(feature("@anywhere @needs.male", "@criterion.scaling"))


@pytest.mark.parametrize("tags", ["", "@anywhere @aws_only"])
def test_where_a_scenario_may_run_is_said_exactly_once(tags: str) -> None:
    with pytest.raises(WrongTags, match="needs exactly one of anywhere, aws_only, sandbox_only"):
        check_tags(feature(tags))


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (["anywhere", "skip.no-second-region"], "no second region"),
        (["sandbox_only"], "sandbox only"),
        (["anywhere", "slow", "skip."], None),
    ],
)
def test_a_scenario_may_be_skipped_for_a_stated_reason_only(tags: list[str], reason: str | None) -> None:
    assert reason_to_skip(tags) == reason


def test_a_scenario_that_proves_nothing_is_named() -> None:
    with pytest.raises(
        WrongTags, match=r"line 5: needs at least one of criterion\.cold_start, .*promise\.ownership"
    ):
        check_tags(feature("@anywhere", "@slow"))
