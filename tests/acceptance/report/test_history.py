"""The history of runs: nothing lost when several write at once, and flaky means both results on one revision."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from acceptance.report.history import Entry, append, flaky, history_of, last_runs, read, read_figures, so_far
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_folder import PROJECT
from acceptance.results.run_results import Results, ScenarioResult

CLEAN = RunFacts(commit="0a1b2c3d4e5f")
CHANGED = RunFacts(commit="0a1b2c3d4e5f", changed=True)
OTHER = RunFacts(commit="ffff")
UNKNOWN = RunFacts()


def results(**statuses: str) -> Results:
    """A run's results: a scenario per name, with its status."""
    scenarios = tuple(
        ScenarioResult("F", name, "features/f.feature:3", (), status, 1.23456, rule="R", started_at=5.5)
        for name, status in statuses.items()
    )
    return Results(scenarios, ended=True)


def entries(*told: tuple[str, RunFacts, str]) -> list[Entry]:
    """Entries of scenario `x` from (run, revision, status)."""
    return [
        Entry(run, revision.commit, revision.changed, 1.0, "F", None, "x", "f:1", status, 1.0)
        for run, revision, status in told
    ]


def test_a_run_is_one_line_per_scenario(tmp_path: Path) -> None:
    history = tmp_path / "reports" / "history.jsonl"
    append(history, results(a="passed", b="failed"), CHANGED, "r1")
    append(history, results(a="passed"), UNKNOWN, "r2")
    lines = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    assert lines[1] == {
        "run": "r1", "revision": CLEAN.commit, "dirty": True, "at": 5.5, "feature": "F", "rule": "R", "scenario": "b",
        "location": "features/f.feature:3", "status": "failed", "seconds": 1.235,
        "deployment": "",
    }  # fmt: skip
    assert [(entry.run, entry.key, entry.passed, entry.revision) for entry in read(history)] == [
        ("r1", ("F", "a"), True, CLEAN.commit),
        ("r1", ("F", "b"), False, CLEAN.commit),
        ("r2", ("F", "a"), True, ""),
    ]
    assert read(tmp_path / "none.jsonl") == ()
    assert history_of(tmp_path / "reports" / "r1") == history


def test_a_run_is_added_once(tmp_path: Path) -> None:
    for _ in range(2):
        append(tmp_path / "h", results(a="passed"), CLEAN, "r1")
    assert len(read(tmp_path / "h")) == 1


def test_a_run_that_did_not_come_to_its_end_is_not_added(tmp_path: Path) -> None:
    append(tmp_path / "h", dataclasses.replace(results(a="error"), ended=False), CLEAN, "r1")
    assert read(tmp_path / "h") == ()


def test_a_line_that_a_killed_process_left_costs_no_other(tmp_path: Path) -> None:
    history = tmp_path / "h"
    append(history, results(a="passed"), CLEAN, "r1")
    with history.open("a", encoding="utf-8") as file:
        file.write('{"run": "r2", "rev')
    append(history, results(a="failed"), CLEAN, "r3")
    assert [entry.run for entry in read(history)] == ["r1", "r3"]


def test_several_processes_add_at_once(tmp_path: Path) -> None:
    history = tmp_path / "h"
    script = (
        "import sys; from pathlib import Path; from tests.acceptance.report.test_history import *\n"
        "for n in range(20): append(Path(sys.argv[1]), results(a='passed', b='failed'), CLEAN, f'{sys.argv[2]}-{n}')"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(history), name], cwd=PROJECT)
        for name in ("one", "two", "six")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    told = read(history)
    assert len(told) == len(history.read_text(encoding="utf-8").splitlines()) == 3 * 20 * 2
    assert len({(entry.run, entry.key) for entry in told}) == 120


@pytest.mark.parametrize(
    ("told", "is_flaky"),
    [
        ([("1", CLEAN, "passed"), ("2", CLEAN, "failed")], True),
        ([("1", CLEAN, "error"), ("2", CLEAN, "passed"), ("3", CLEAN, "passed")], True),
        ([("1", CLEAN, "passed"), ("2", OTHER, "failed")], False),
        ([("1", CLEAN, "passed"), ("2", CHANGED, "failed")], False),
        ([("1", UNKNOWN, "passed"), ("2", UNKNOWN, "failed")], False),
        ([("1", CLEAN, "passed"), ("2", CLEAN, "skipped")], False),
        ([("1", CLEAN, "failed"), ("2", CLEAN, "error")], False),
    ],
)
def test_flaky_means_both_results_on_one_revision(
    told: list[tuple[str, RunFacts, str]], is_flaky: bool
) -> None:
    assert (("F", "x") in flaky(entries(*told))) is is_flaky


def test_the_last_runs_are_those_added_last() -> None:
    told = entries(
        ("9", CLEAN, "passed"), ("1", CLEAN, "passed"), ("5", CLEAN, "passed"), ("1", CLEAN, "failed")
    )
    assert last_runs(told, 2) == ("1", "5")
    assert last_runs([], 2) == ()


def test_a_run_that_several_processes_add_at_once_is_added_once(tmp_path: Path) -> None:
    history = tmp_path / "h"
    script = (
        "import sys; from pathlib import Path; from tests.acceptance.report.test_history import *\n"
        "many = results(**{f's{n}': 'passed' for n in range(200)})\n"
        "for n in range(15): append(Path(sys.argv[1]), many, CLEAN, f'r{n}')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(history)], cwd=PROJECT) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    assert len(read(history)) == 15 * 200


def test_what_a_run_measured_is_a_line_of_its_own_by_deployment(tmp_path: Path) -> None:
    measured = dataclasses.replace(results(a="passed"), figures={"cold_start": [(9.5, 60.0), (12.9, 60.0)]})
    for run, place in (("r1", "sandbox"), ("r2", "aws"), ("r3", "sandbox")):
        append(tmp_path / "h", measured, RunFacts({"Deployment": place}, commit="abc"), run)
    append(tmp_path / "h", results(a="passed"), CLEAN, "r4")
    told = read_figures(tmp_path / "h")
    assert [(each.run, each.deployment) for each in told] == [
        ("r1", "sandbox"),
        ("r2", "aws"),
        ("r3", "sandbox"),
    ]
    assert told[0].figures == {"Cold start": "longest 12.9 s of 60 s"}
    assert told[0].at == 5.5
    assert [each.run for each in so_far(told, "r3", "sandbox")] == ["r1", "r3"]
    assert [entry.run for entry in read(tmp_path / "h")] == ["r1", "r2", "r3", "r4"]
