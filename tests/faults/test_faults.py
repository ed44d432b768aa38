"""The proof machinery itself: who counts as having noticed a fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from behave.model import Scenario
from behave.parser import parse_file

from faults.__main__ import judge, name_pattern
from faults.catalogue import FAULTS, Fault
from faults.registry import fault

FEATURES = Path(__file__).resolve().parents[2] / "features"


def broken(*caught_by: str) -> Fault:
    """A fault that such scenarios must catch."""
    return Fault("broken", "It is broken.", "hermes", caught_by, lambda: None)


def failed(name: str, step_type: str = "then") -> dict[str, str | None]:
    """The result of a scenario that failed."""
    return {
        "name": name,
        "status": "failed",
        "failed_step": "Then it works",
        "step_type": step_type,
        "message": "no",
    }


def test_a_fault_is_caught_by_the_scenario_it_names() -> None:
    verdict = judge(broken("It works"), [failed("It works")])
    assert (verdict.caught, verdict.missed, verdict.others) == (("It works",), (), ())


def test_a_scenario_that_passes_missed_it() -> None:
    assert judge(broken("It works"), [{"name": "It works", "status": "passed"}]).missed == ("It works",)


def test_a_scenario_that_fails_before_it_looks_missed_it() -> None:
    assert judge(broken("It works"), [failed("It works", "given")]).missed == ("It works",)


def test_another_scenario_that_fails_is_told_but_does_not_count() -> None:
    verdict = judge(broken("It works"), [failed("Something else")])
    assert (verdict.missed, verdict.others) == (("It works",), ("Something else",))


def test_any_row_of_an_outline_catches_for_the_outline() -> None:
    verdict = judge(broken("<Activity> keep it (awake)"), [failed("Page views keep it (awake) -- @1.1 rows")])
    assert verdict.caught == ("<Activity> keep it (awake)",)


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
