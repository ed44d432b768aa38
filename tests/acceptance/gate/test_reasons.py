"""Reasons against a run that no scenario's result tells: how its workers ended, and what lies in its folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from acceptance.gate.partition import Expected, Unit
from acceptance.gate.progress import Ended, Progress
from acceptance.gate.reasons import about_files, about_workers
from acceptance.gate.selection import select
from acceptance.gate.worker import Outcome
from acceptance.results.run_folder import LOG
from acceptance.results.verdict import Code, Reason, SelectedScenario


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The folder of a run that has all its files."""
    (tmp_path / "messages.ndjson").write_text('{"meta":{}}\n{"testRunFinished":{"success":true}}\n')
    (tmp_path / "report.html").touch()
    (tmp_path / "junit.xml").touch()
    return tmp_path


def found(folder: Path) -> list[str]:
    """What is wrong with the files of a folder."""
    return [reason.sentence for reason in about_files(folder, ("report.html", "junit.xml"))]


def test_a_folder_that_is_whole_speaks_against_nothing(whole: Path) -> None:
    assert found(whole) == []


@pytest.mark.parametrize("name", ["report.html", "junit.xml", "messages.ndjson"])
def test_a_file_that_is_missing(whole: Path, name: str) -> None:
    (whole / name).unlink()
    assert found(whole) == [f"expected {name} in {whole}, found no such file"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "nothing"), ('{"testStepFinished":{}}\n', "testStepFinished"), ('{"testRunFini', "nothing")],
)
def test_messages_that_break_off(whole: Path, text: str, kind: str) -> None:
    (whole / "messages.ndjson").write_text(text)
    assert found(whole) == [f"expected {whole / 'messages.ndjson'} to end with testRunFinished, found {kind}"]


def outcome(folder: Path, code: int = 0, *, closed: bool = True, **changes: object) -> Outcome:
    """A worker that has ended; it ran one scenario."""
    progress = Progress(closed=closed, ended=[Ended("scenario 3", "features/one.feature:3", "passed", 1.0)])
    wanted = SelectedScenario("One", "the rule", "scenario 3", "features/one.feature", 3, ())
    unit = Unit(2, (wanted,), (1.0,), whole=True)
    (folder / LOG).write_text("first line\nlast line\n")
    return dataclasses.replace(Outcome(unit, folder, code, 1.0, progress), **changes)  # type: ignore[arg-type]


def test_a_worker_that_died_is_named_with_what_it_was_at(tmp_path: Path) -> None:
    died = outcome(tmp_path, -9, closed=False)
    died.progress.scenario = "scenario 7"
    (reason,) = about_workers([died])
    assert reason.code is Code.NOT_JUDGED
    assert (
        'worker 2 (One) was killed by SIGKILL before it had finished, during "scenario 7"' in reason.sentence
    )
    assert reason.sentence.endswith("last line")


def test_a_worker_that_ended_early_with_a_good_exit_code_died_all_the_same(tmp_path: Path) -> None:
    (reason,) = about_workers([outcome(tmp_path, 0, closed=False)])
    assert "ended with exit code 0 before it had finished" in reason.sentence


def test_a_worker_whose_hook_failed_although_its_scenarios_passed(tmp_path: Path) -> None:
    (reason,) = about_workers([outcome(tmp_path, 1)])
    assert reason.code is Code.NOT_ACCEPTED
    assert "a hook or a cleanup failed" in reason.sentence


def test_a_worker_whose_results_say_which_cleanup_failed_needs_no_other_reason(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(
        '{"scenarios": [], "figures": {}, "cleanup_errors": ["after x: no"]}'
    )
    assert list(about_workers([outcome(tmp_path, 1)])) == []


def test_a_worker_that_ran_nothing(tmp_path: Path) -> None:
    (reason,) = about_workers([outcome(tmp_path, 2, progress=Progress(closed=True))])
    assert "ran none of its scenarios (1)" in reason.sentence


def test_a_worker_whose_platform_ended_before_a_scenario_began_needs_no_other_reason(tmp_path: Path) -> None:
    progress = Progress(closed=True, lost=True)
    assert list(about_workers([outcome(tmp_path, 2, progress=progress)])) == []


def test_what_a_worker_left_on_the_machine(tmp_path: Path) -> None:
    (reason,) = about_workers([outcome(tmp_path, left=("running: process 7 (sleep)",))])
    assert reason == Reason(
        Code.NOT_JUDGED, "the run left on its own machine", "running: process 7 (sleep), by worker 2 (One)"
    )


def test_a_worker_that_was_kept_is_not_blamed_for_its_end(tmp_path: Path) -> None:
    kept = Progress(kept="{'preview_url': 'https://x'}")
    assert list(about_workers([outcome(tmp_path, 1, progress=kept)])) == []


def test_the_committed_floor_is_about_the_features_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    there = len(select(()).scenarios)
    assert 0.95 * there <= Expected.read().scenarios <= there
