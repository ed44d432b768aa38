"""What a run says of itself at the end, and leaves on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acceptance.results.criteria import verdict
from acceptance.results.ledger import Ledger
from acceptance.results.run_results import ScenarioResult, StepTime
from acceptance.results.summary import summary


def result(name: str, status: str = "passed", *tags: str) -> ScenarioResult:
    """One scenario's result."""
    return ScenarioResult("Cold start", name, f"features/x.feature:{len(name)}", tags, status, 1.0)


def summary_of(ledger: Ledger) -> str:
    """What a run says at its end."""
    return summary(ledger.results)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "run" / "results.json")


def test_a_criterion_is_met_when_all_its_scenarios_passed(ledger: Ledger) -> None:
    ledger.add(result("wakes", "passed", "criterion.cold_start"))
    ledger.measure("cold_start", 4.0, 60.0)
    ledger.measure("cold_start", 6.5, 60.0)
    assert "met        Cold start: from the request to a live preview: longest 6.5 s of 60 s" in summary_of(
        ledger
    )


def test_a_criterion_is_not_met_when_one_of_its_scenarios_failed_and_the_summary_names_it(
    ledger: Ledger,
) -> None:
    ledger.add(result("wakes", "passed", "criterion.cold_start"))
    ledger.add(result("stays", "failed", "criterion.cold_start"))
    told = summary_of(ledger)
    assert "NOT MET    Cold start" in told
    assert "Cold start: 1 of 2 scenarios" in told
    assert "failed: stays (features/x.feature:5)" in told


def test_a_criterion_that_nothing_proved_is_not_met(ledger: Ledger) -> None:
    ledger.add(result("something else"))
    assert verdict([]) == "not run"
    assert "not run    Routing" in summary_of(ledger)


def test_shares_are_added_up_over_the_run(ledger: Ledger) -> None:
    ledger.add(result("keeps", "passed", "criterion.persistence"))
    ledger.measure("files", 500, 500)
    ledger.measure("files", 11, 12)
    assert "511 of 512 files kept" in summary_of(ledger)


def test_the_slowest_steps_come_first(ledger: Ledger) -> None:
    ledger.steps += [StepTime("a quick step", "s", 0.1), StepTime("a slow step", "s", 9.0)]
    told = summary_of(ledger)
    assert told.index("a slow step") < told.index("a quick step")


def test_results_are_on_disk_after_every_scenario(ledger: Ledger) -> None:
    ledger.add(result("wakes"))
    written = json.loads(ledger.path.read_text())
    assert [scenario["name"] for scenario in written["scenarios"]] == ["wakes"]
    ledger.add(result("sleeps", "failed"))
    written = json.loads(ledger.path.read_text())
    assert [scenario["status"] for scenario in written["scenarios"]] == ["passed", "failed"]


def test_the_summary_counts_scenarios_by_how_they_ended(ledger: Ledger) -> None:
    for number, status in enumerate(["passed", "failed", "passed"]):
        ledger.add(result(f"scenario {number}", status))
    assert summary_of(ledger).startswith("3 scenarios in 3 s: 1 failed, 2 passed\n")
