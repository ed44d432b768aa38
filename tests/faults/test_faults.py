"""Who counts as having noticed a fault, and that every fault names scenarios that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from behave.model import Scenario
from behave.parser import parse_file

from acceptance.results.run_results import ScenarioResult
from faults.catalogue import FAULTS, Fault
from faults.noticed import Notice, Outcome, judge, name_pattern
from faults.registry import fault

FEATURES = Path(__file__).resolve().parents[2] / "features"


def broken(*caught_by: str) -> Fault:
    """A fault that such scenarios must catch."""
    return Fault("broken", "It is broken.", "hermes", caught_by, lambda: None)


def failed(name: str, step_type: str = "then") -> ScenarioResult:
    """The result of a scenario that failed."""
    return ScenarioResult("It", name, "it.feature:1", (), "failed", 1.0, "Then it works", step_type, "no")


def passed(name: str, status: str = "passed") -> ScenarioResult:
    """The result of a scenario that noticed nothing."""
    return ScenarioResult("It", name, "it.feature:1", (), status, 1.0)


def test_a_fault_is_caught_by_the_scenario_it_names() -> None:
    verdict = judge(broken("It works"), [failed("It works")], held=True)
    assert (verdict.outcome, verdict.others) == (Outcome.CAUGHT, ())
    assert verdict.by == Notice("It works", "Then it works", "no", looked=True)


@pytest.mark.parametrize("status", ["passed", "skipped", "untested", "not observed"])
def test_a_scenario_that_saw_nothing_missed_it(status: str) -> None:
    verdict = judge(broken("It works"), [passed("It works", status)], held=True)
    assert (verdict.outcome, verdict.by) == (Outcome.MISSED, None)


def test_a_scenario_that_fails_before_it_looks_missed_it_and_that_is_told() -> None:
    verdict = judge(broken("It works"), [failed("It works", "given")], held=True)
    assert (verdict.outcome, verdict.why) == (Outcome.MISSED, "It works failed before it could look")


def test_a_scenario_that_could_not_look_is_told() -> None:
    verdict = judge(broken("It works"), [passed("It works", "not observed")], held=True)
    assert verdict.why == "It works could not look"


def test_a_fault_that_others_alone_notice_is_caught_elsewhere_only() -> None:
    verdict = judge(broken("It works"), [passed("It works"), failed("Something else")], held=True)
    assert (verdict.outcome, verdict.by) == (Outcome.ELSEWHERE, None)
    assert [other.scenario for other in verdict.others] == ["Something else"]


def test_a_fault_whose_code_never_ran_is_not_caught_whoever_failed() -> None:
    verdict = judge(broken("It works"), [failed("It works")], held=False)
    assert (verdict.outcome, verdict.by) == (Outcome.NOT_HELD, None)
    assert [other.scenario for other in verdict.others] == ["It works"]


def test_one_of_the_named_is_enough_and_the_first_is_told() -> None:
    found = [passed("It starts"), failed("It works"), failed("It ends")]
    verdict = judge(broken("It starts", "It ends", "It works"), found, held=True)
    assert verdict.by is not None
    assert (verdict.outcome, verdict.by.scenario) == (Outcome.CAUGHT, "It works")


def test_any_row_of_an_outline_catches_for_the_outline() -> None:
    found = [failed("Page views keep it (awake) -- @1.1 rows")]
    assert judge(broken("<Activity> keep it (awake)"), found, held=True).outcome is Outcome.CAUGHT


def test_a_name_is_no_pattern_for_longer_names() -> None:
    assert not re.match(name_pattern("It works"), "It works twice")


def test_a_fault_has_one_name() -> None:
    name = next(iter(FAULTS))
    with pytest.raises(ValueError, match=name):
        fault("Twice.", part="hermes", caught_by=("x",))(FAULTS[name].apply)


@pytest.mark.parametrize("entry", FAULTS.values(), ids=FAULTS)
def test_every_fault_names_scenarios_that_exist(entry: Fault) -> None:
    names = [scenario_name(s) for path in FEATURES.glob("*.feature") for s in parsed(path)]
    assert entry.caught_by
    for wanted in entry.caught_by:
        assert wanted in names


def parsed(path: Path) -> list[Scenario]:
    """The scenarios and outlines of a feature file, outlines as written."""
    feature = parse_file(str(path))
    assert feature is not None
    return [item for rule in feature.rules for item in rule.run_items] + list(feature.scenarios)


def scenario_name(item: Scenario) -> str:
    """Its name as written."""
    return str(item.name)
