"""Each reason against a run, one at a time, over a run that is good otherwise."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from acceptance.gate.partition import Expected, Unit
from acceptance.gate.progress import Ended, Progress
from acceptance.gate.results_reader import BrokenRecord, Record, Result, messages_end
from acceptance.gate.selection import SelectedScenario, select
from acceptance.gate.summary import RULER, summary
from acceptance.gate.verdict import Code, Finding, RunEvidence, findings_of, judge
from acceptance.gate.worker import LOG, Outcome
from acceptance.results.criteria import ALL
from acceptance.results.ledger import NOT_OBSERVED, TaskTrace

TAGS = ("anywhere", *(criterion.tag for criterion in ALL))


def wanted(line: int, *tags: str) -> SelectedScenario:
    """A scenario that is to run."""
    return SelectedScenario("One", "the rule", f"scenario {line}", "features/one.feature", line, tags or TAGS)


def result(line: int, status: str = "passed", *tags: str) -> Result:
    """Its result."""
    return Result(
        "One", "the rule", f"scenario {line}", f"features/one.feature:{line}", status, 1.0, tags or TAGS
    )


@pytest.fixture
def good(tmp_path: Path) -> RunEvidence:
    """A whole run of two scenarios that proves everything."""
    (tmp_path / "messages.ndjson").write_text('{"meta":{}}\n{"testRunFinished":{"success":true}}\n')
    (tmp_path / "report.html").touch()
    (tmp_path / "junit.xml").touch()
    record = Record(scenarios=(result(3), result(9)), ended=True)
    return RunEvidence(tmp_path, (wanted(3), wanted(9)), whole=True, least=2, record=record)


def only(case: RunEvidence) -> Finding:
    """The only reason against a run."""
    (finding,) = judge(case).findings
    return finding


def with_results(case: RunEvidence, *results: Result) -> RunEvidence:
    """The run with other results."""
    return dataclasses.replace(case, record=dataclasses.replace(case.record, scenarios=results))


def test_a_good_run_is_accepted(good: RunEvidence) -> None:
    verdict = judge(good)
    assert (verdict.findings, verdict.code, verdict.word) == ((), Code.ACCEPTED, "ACCEPTED")


def test_a_part_that_passed_is_not_called_accepted(good: RunEvidence) -> None:
    verdict = judge(dataclasses.replace(good, whole=False))
    assert verdict.code == 0
    assert verdict.word == "passed; 5 of 5 criteria proven by these scenarios"


@pytest.mark.parametrize(
    "status", ["failed", "error", "undefined", "untested", "hook_error", "cleanup_error"]
)
def test_a_scenario_that_did_not_pass(good: RunEvidence, status: str) -> None:
    case = with_results(dataclasses.replace(good, least=1), result(3), result(9, status))
    place = "features/one.feature:9"
    assert only(case) == Finding(Code.NOT_ACCEPTED, f"{status}: scenario 9 ({place})", place)


def test_a_scenario_without_a_result(good: RunEvidence) -> None:
    finding = only(with_results(dataclasses.replace(good, least=1), result(3)))
    assert finding == Finding(Code.NOT_JUDGED, "no result of 1 scenario: scenario 9 (features/one.feature:9)")


def test_a_scenario_skipped_without_a_reason(good: RunEvidence) -> None:
    part = dataclasses.replace(good, least=1, whole=False)
    finding = only(with_results(part, result(3), result(9, "skipped")))
    assert finding.code is Code.NOT_ACCEPTED
    assert finding.sentence.startswith("skipped without a reason: scenario 9 (features/one.feature:9)")


@pytest.mark.parametrize("tags", [(), ("anywhere", "skip.no-second-region")])
def test_a_skipped_scenario_has_not_run(good: RunEvidence, tags: tuple[str, ...]) -> None:
    case = with_results(good, result(3), result(9, "skipped", *tags))
    assert "expected at least 2 scenarios to run, 1 did" in [f.sentence for f in judge(case).findings]


def test_a_criterion_of_which_a_scenario_was_skipped_is_not_proven(good: RunEvidence) -> None:
    skipped = result(9, "skipped", "anywhere", "criterion.persistence", "skip.no-second-region")
    whole = with_results(dataclasses.replace(good, least=1), result(3), skipped)
    assert only(whole) == Finding(
        Code.NOT_JUDGED, "not proven: Persistence: files kept: 1 of 2 scenarios; 1 skipped"
    )
    part = judge(dataclasses.replace(whole, whole=False))
    assert (part.code, part.word) == (0, "passed; 4 of 5 criteria proven by these scenarios")


def test_a_criterion_of_which_everything_was_skipped_is_not_proven(good: RunEvidence) -> None:
    tags = tuple(tag for tag in TAGS if tag != "promise.ownership")
    skipped = result(9, "skipped", "anywhere", "promise.ownership", "skip.no-mail")
    finding = only(with_results(dataclasses.replace(good, least=1), result(3, "passed", *tags), skipped))
    assert finding.code is Code.NOT_JUDGED
    assert finding.sentence.startswith("not proven: Ownership and safety: ")


def test_a_scenario_that_was_not_observed_is_no_verdict_on_the_platform(good: RunEvidence) -> None:
    unseen = dataclasses.replace(result(9, NOT_OBSERVED), message="the suite asks too often")
    case = with_results(good, result(3), unseen)
    place = "features/one.feature:9"
    told = f"not observed: scenario 9 ({place}): the suite asks too often"
    assert only(case) == Finding(Code.NOT_JUDGED, told, place)
    assert "COULD NOT BE JUDGED: not observed: scenario 9" in summary(case, judge(case), seconds=None)
    broken = with_results(good, result(3, "failed"), unseen)
    assert judge(broken).code is Code.NOT_ACCEPTED


def test_what_could_not_be_seen_outside_the_scenarios_is_no_verdict_either(good: RunEvidence) -> None:
    record = dataclasses.replace(good.record, not_observed=("whether tasks were left behind: no answer",))
    finding = only(dataclasses.replace(good, record=record))
    assert finding == Finding(
        Code.NOT_JUDGED, "could not be observed: whether tasks were left behind: no answer"
    )


def test_a_run_that_lost_its_view_names_the_cause_first_and_nothing_that_follows_from_it(
    good: RunEvidence,
) -> None:
    cause = "the load balancer's process ended (signal 9) at 2026-11-24T20:00:00Z"
    unseen = dataclasses.replace(result(3, NOT_OBSERVED), message=cause)
    record = Record(scenarios=(unseen,), lost=(cause,), ended=False)
    case = dataclasses.replace(good, record=record)
    verdict = judge(case)
    assert [finding.sentence for finding in verdict.findings] == [
        cause,
        "no result of 1 scenario: scenario 9 (features/one.feature:9)",
    ]
    assert verdict.code is Code.NOT_JUDGED
    last = summary(case, verdict, seconds=3.0).rpartition(RULER)[2].splitlines()
    assert last[1] == f"COULD NOT BE JUDGED: {cause}"


def edit_task(number: int, start: float, stop: float | None, worker: str = "1") -> TaskTrace:
    """An Edit task as the run's picture draws it."""
    return TaskTrace("edit", f"t-{number}", start, stop, worker)


def test_a_fourth_edit_task_at_any_moment_of_the_run_breaks_a_promise(good: RunEvidence) -> None:
    three = (edit_task(1, 0.0, 9.0), edit_task(2, 1.0, None), edit_task(3, 2.0, 5.0))
    others = (edit_task(4, 5.0, 9.0), edit_task(5, 3.0, 4.0, "2"), TaskTrace("hermes", "h", 0.0, 9.0, "1"))
    fine = dataclasses.replace(good, record=dataclasses.replace(good.record, tasks=(*three, *others)))
    assert judge(fine).findings == ()
    broken = dataclasses.replace(
        good, record=dataclasses.replace(good.record, tasks=(*three, *others, edit_task(6, 4.0, 4.5)))
    )
    finding = only(broken)
    assert finding.code is Code.NOT_ACCEPTED
    assert finding.sentence == (
        "broken: Concurrency: isolated, at most 3 tasks: "
        "4 Edit tasks ran at once at 00:00:04 UTC, 3 may: t-1, t-2, t-3, t-6"
    )
    row = next(row for row in broken.record.rows() if row.criterion.figure == "tasks")
    assert (row.word, row.figure) == ("NOT MET", "most tasks at once 4 of 3")


def test_fewer_scenarios_than_expected_although_all_passed(good: RunEvidence) -> None:
    finding = only(dataclasses.replace(good, least=3))
    assert finding == Finding(Code.NOT_JUDGED, "expected at least 3 scenarios to run, 2 did")


def test_a_cleanup_that_failed(good: RunEvidence) -> None:
    case = dataclasses.replace(good, record=dataclasses.replace(good.record, cleanup_errors=("after x: no",)))
    assert only(case) == Finding(Code.NOT_ACCEPTED, "a cleanup failed: after x: no")


def test_something_left_behind(good: RunEvidence) -> None:
    case = dataclasses.replace(good, record=dataclasses.replace(good.record, left_behind=("session s-1",)))
    assert only(case) == Finding(Code.NOT_ACCEPTED, "left behind: session s-1")


def test_a_criterion_that_nothing_proves(good: RunEvidence) -> None:
    tags = tuple(tag for tag in TAGS if tag != "criterion.scaling")
    finding = only(with_results(good, result(3, "passed", *tags), result(9, "passed", *tags)))
    assert finding == Finding(Code.NOT_ACCEPTED, "no scenario proves: Scaling: up when asked, zero when idle")
    part = dataclasses.replace(
        with_results(good, result(3, "passed", *tags)), whole=False, selected=(wanted(3),)
    )
    assert (
        judge(dataclasses.replace(part, least=1)).word == "passed; 4 of 5 criteria proven by these scenarios"
    )


def test_a_run_that_did_not_come_to_its_end(good: RunEvidence) -> None:
    case = dataclasses.replace(good, record=dataclasses.replace(good.record, ended=False))
    assert only(case).code is Code.NOT_JUDGED
    assert judge(dataclasses.replace(case, kept=True)).findings == ()


@pytest.mark.parametrize("name", ["report.html", "junit.xml", "messages.ndjson"])
def test_a_file_that_is_missing(good: RunEvidence, name: str) -> None:
    (good.folder / name).unlink()
    finding = only(good)
    assert finding.code is Code.NOT_JUDGED
    assert name in finding.sentence
    assert "found no such file" in finding.sentence


@pytest.mark.parametrize("text", ["", '{"testStepFinished":{}}\n', '{"testRunFini'])
def test_messages_that_break_off(good: RunEvidence, text: str) -> None:
    (good.folder / "messages.ndjson").write_text(text)
    assert "to end with testRunFinished" in only(good).sentence
    assert messages_end(good.folder / "messages.ndjson") is not None


def test_a_failed_scenario_decides_whatever_else_could_not_be_seen(good: RunEvidence) -> None:
    case = with_results(dataclasses.replace(good, least=9), result(3, "failed"))
    assert {finding.code for finding in judge(case).findings} == {Code.NOT_ACCEPTED, Code.NOT_JUDGED}
    assert judge(case).word == "NOT ACCEPTED"
    assert judge(dataclasses.replace(case, interrupted=True)).code == 130


def outcome(folder: Path, code: int = 0, *, closed: bool = True, **changes: object) -> Outcome:
    """A worker that has ended; it ran one scenario."""
    progress = Progress(closed=closed, ended=[Ended("scenario 3", "features/one.feature:3", "passed", 1.0)])
    unit = Unit(2, (wanted(3),), (1.0,), whole=True)
    (folder / LOG).write_text("first line\nlast line\n")
    return dataclasses.replace(Outcome(unit, folder, code, 1.0, progress), **changes)  # type: ignore[arg-type]


def test_a_worker_that_died_is_named_with_what_it_was_at(tmp_path: Path) -> None:
    died = outcome(tmp_path, -9, closed=False)
    died.progress.scenario = "scenario 7"
    (finding,) = findings_of([died])
    assert finding.code is Code.NOT_JUDGED
    assert (
        'worker 2 (One) was killed by SIGKILL before it had finished, during "scenario 7"' in finding.sentence
    )
    assert finding.sentence.endswith("last line")


def test_a_worker_that_ended_early_with_a_good_exit_code_died_all_the_same(tmp_path: Path) -> None:
    (finding,) = findings_of([outcome(tmp_path, 0, closed=False)])
    assert "ended with exit code 0 before it had finished" in finding.sentence


def test_a_worker_whose_hook_failed_although_its_scenarios_passed(tmp_path: Path) -> None:
    (finding,) = findings_of([outcome(tmp_path, 1)])
    assert finding.code is Code.NOT_ACCEPTED
    assert "a hook or a cleanup failed" in finding.sentence


def test_a_worker_whose_results_say_which_cleanup_failed_needs_no_other_reason(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(
        '{"scenarios": [], "figures": {}, "cleanup_errors": ["after x: no"]}'
    )
    assert list(findings_of([outcome(tmp_path, 1)])) == []


def test_a_worker_that_ran_nothing(tmp_path: Path) -> None:
    (finding,) = findings_of([outcome(tmp_path, 1, progress=Progress(closed=True))])
    assert "ran none of its scenarios (1)" in finding.sentence


def test_a_worker_whose_platform_ended_before_a_scenario_began_needs_no_other_reason(tmp_path: Path) -> None:
    progress = Progress(closed=True, lost=True)
    assert list(findings_of([outcome(tmp_path, 1, progress=progress)])) == []


def test_what_a_worker_left_on_the_machine(tmp_path: Path) -> None:
    (finding,) = findings_of([outcome(tmp_path, left=("running: process 7 (sleep)",))])
    assert finding == Finding(
        Code.NOT_JUDGED, "the run left on its own machine: running: process 7 (sleep), by worker 2 (One)"
    )


def test_a_worker_that_was_kept_is_not_blamed_for_its_end(tmp_path: Path) -> None:
    assert list(findings_of([outcome(tmp_path, 1, closed=False, kept=True)])) == []


@pytest.mark.parametrize("text", ["{", '{"scenarios": [{}], "figures": {}}', "[]"])
def test_results_that_cannot_be_read_say_where_they_lie(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(BrokenRecord, match=r"expected a run's results in .*results\.json"):
        Record.read(tmp_path)


def test_where_there_are_no_results_there_is_no_record(tmp_path: Path) -> None:
    assert Record.read(tmp_path) is None


def test_results_are_read_as_the_suite_writes_them(tmp_path: Path) -> None:
    entry = {
        **{"feature": "One", "name": "scenario 3", "location": "features/one.feature:3", "status": "failed"},
        **{"seconds": 2, "tags": ["anywhere"], "rule": "the rule", "message": "no", "unheard": 1},
    }
    document = {"scenarios": [entry], "figures": {"zero": [[1, 2]]}, "left_behind": ["a"], "ended": True}
    (tmp_path / "results.json").write_text(json.dumps(document))
    record = Record.read(tmp_path)
    assert record is not None
    (only_one,) = record.scenarios
    assert (only_one.file, only_one.line, only_one.rule) == ("features/one.feature", 3, "the rule")
    assert (record.figures, record.left_behind, record.ended) == ({"zero": [(1.0, 2.0)]}, ("a",), True)


def test_the_committed_floor_is_about_the_features_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    there = len(select(()).scenarios)
    assert 0.95 * there <= Expected.read().scenarios <= there
