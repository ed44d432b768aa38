"""Each reason against a run, one at a time, over a run that is good otherwise."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from acceptance.capabilities import NEEDS, Capability
from acceptance.results.criteria import ALL, rows
from acceptance.results.run_results import NOT_OBSERVED, NOT_SUPPORTED, Results, ScenarioResult, TaskTrace
from acceptance.results.verdict import Code, Reason, RunEvidence, SelectedScenario, judge

TAGS = ("anywhere", *(criterion.tag for criterion in ALL))
FILE = "features/one.feature"


def wanted(line: int, *tags: str) -> SelectedScenario:
    """A scenario that is to run."""
    return SelectedScenario("One", "the rule", f"scenario {line}", FILE, line, tags or TAGS)


def result(line: int, status: str = "passed", *tags: str) -> ScenarioResult:
    """Its result."""
    return ScenarioResult("One", f"scenario {line}", f"{FILE}:{line}", tags or TAGS, status, 1.0)


@pytest.fixture
def good() -> RunEvidence:
    """A whole run of two scenarios that proves everything."""
    results = Results((result(3), result(9)), ended=True)
    return RunEvidence(results, (wanted(3), wanted(9)), whole=True, least=2)


def only(case: RunEvidence) -> Reason:
    """The only reason against a run."""
    (reason,) = judge(case).reasons
    return reason


def showing(case: RunEvidence, **changes: Any) -> RunEvidence:
    """The run with results that differ in these fields."""
    return dataclasses.replace(case, results=dataclasses.replace(case.results, **changes))


def with_results(case: RunEvidence, *results: ScenarioResult) -> RunEvidence:
    """The run with other scenarios."""
    return showing(case, scenarios=results)


def test_a_good_run_is_accepted(good: RunEvidence) -> None:
    verdict = judge(good)
    assert (verdict.reasons, verdict.code, verdict.word) == ((), Code.ACCEPTED, "ACCEPTED")


def test_a_part_that_passed_is_not_called_accepted(good: RunEvidence) -> None:
    verdict = judge(dataclasses.replace(good, whole=False))
    assert verdict.code == 0
    assert verdict.headline == "passed; 5 of 5 criteria proven by these scenarios"


@pytest.mark.parametrize(
    "status", ["failed", "could not begin", "error", "undefined", "untested", "hook_error", "cleanup_error"]
)
def test_a_scenario_that_did_not_pass(good: RunEvidence, status: str) -> None:
    case = with_results(dataclasses.replace(good, least=1), result(3), result(9, status))
    told = f"scenario 9 ({FILE}:9)"
    assert only(case) == Reason(Code.NOT_ACCEPTED, status, told, scenario="scenario 9", file=FILE, line=9)


@pytest.mark.parametrize(("status", "word"), [("could not begin", "not proven"), ("failed", "NOT MET")])
def test_a_promise_whose_scenario_had_no_ground_is_not_called_broken(
    good: RunEvidence, status: str, word: str
) -> None:
    case = with_results(good, result(3), result(9, status))
    assert {row.word for row in rows(case.results)} == {word}
    assert judge(case).word == "NOT ACCEPTED"


def test_a_scenario_without_a_result(good: RunEvidence) -> None:
    reason = only(with_results(dataclasses.replace(good, least=1), result(3)))
    assert reason == Reason(Code.NOT_JUDGED, "no result of 1 scenario", f"scenario 9 ({FILE}:9)")


def test_a_scenario_skipped_without_a_reason(good: RunEvidence) -> None:
    part = dataclasses.replace(good, least=1, whole=False)
    reason = only(with_results(part, result(3), result(9, "skipped")))
    assert reason.code is Code.NOT_ACCEPTED
    assert reason.sentence.startswith("skipped without a reason: scenario 9 (features/one.feature:9)")


@pytest.mark.parametrize("tags", [(), ("anywhere", "skip.no-second-region")])
def test_a_skipped_scenario_has_not_run(good: RunEvidence, tags: tuple[str, ...]) -> None:
    case = with_results(good, result(3), result(9, "skipped", *tags))
    assert "expected at least 2 scenarios to run, 1 did" in [
        reason.sentence for reason in judge(case).reasons
    ]


def test_a_criterion_of_which_a_scenario_was_skipped_is_not_proven(good: RunEvidence) -> None:
    skipped = result(9, "skipped", "anywhere", "criterion.persistence", "skip.no-second-region")
    whole = with_results(dataclasses.replace(good, least=1), result(3), skipped)
    assert only(whole) == Reason(
        Code.NOT_JUDGED,
        "not proven",
        "Persistence: files kept: 1 of 2 scenarios; 1 skipped",
        criterion="criterion.persistence",
    )
    part = judge(dataclasses.replace(whole, whole=False))
    assert (part.code, part.headline) == (0, "passed; 4 of 5 criteria proven by these scenarios")


def test_a_criterion_of_which_everything_was_skipped_is_not_proven(good: RunEvidence) -> None:
    tags = tuple(tag for tag in TAGS if tag != "promise.ownership")
    skipped = result(9, "skipped", "anywhere", "promise.ownership", "skip.no-mail")
    reason = only(with_results(dataclasses.replace(good, least=1), result(3, "passed", *tags), skipped))
    assert reason.code is Code.NOT_JUDGED
    assert reason.sentence.startswith("not proven: Ownership and safety: ")


def test_a_scenario_that_was_not_observed_is_no_verdict_on_the_platform(good: RunEvidence) -> None:
    unseen = dataclasses.replace(result(9, NOT_OBSERVED), message="the suite asks too often")
    case = with_results(good, result(3), unseen)
    told = f"scenario 9 ({FILE}:9): the suite asks too often"
    assert only(case) == Reason(
        Code.NOT_JUDGED, "not observed", told, scenario="scenario 9", file=FILE, line=9
    )
    broken = with_results(good, result(3, "failed"), unseen)
    assert judge(broken).code is Code.NOT_ACCEPTED


def test_what_could_not_be_seen_outside_the_scenarios_is_no_verdict_either(good: RunEvidence) -> None:
    unseen = "whether tasks were left behind: no answer"
    assert only(showing(good, not_observed=(unseen,))) == Reason(
        Code.NOT_JUDGED, "could not be observed", unseen
    )


def test_a_run_that_lost_its_view_names_the_cause_first_and_nothing_that_follows_from_it(
    good: RunEvidence,
) -> None:
    cause = "the load balancer's process ended (signal 9) at 2026-11-24T20:00:00Z"
    unseen = dataclasses.replace(result(3, NOT_OBSERVED), message=cause)
    verdict = judge(dataclasses.replace(good, results=Results((unseen,), lost=(cause,), ended=False)))
    assert [reason.sentence for reason in verdict.reasons] == [
        cause,
        "no result of 1 scenario: scenario 9 (features/one.feature:9)",
    ]
    assert verdict.code is Code.NOT_JUDGED


def edit_task(number: int, start: float, stop: float | None, worker: str = "1") -> TaskTrace:
    """An Edit task as the run's picture draws it."""
    return TaskTrace("edit", f"t-{number}", start, stop, worker)


def test_a_fourth_edit_task_at_any_moment_of_the_run_breaks_a_promise(good: RunEvidence) -> None:
    three = (edit_task(1, 0.0, 9.0), edit_task(2, 1.0, None), edit_task(3, 2.0, 5.0))
    others = (edit_task(4, 5.0, 9.0), edit_task(5, 3.0, 4.0, "2"), TaskTrace("hermes", "h", 0.0, 9.0, "1"))
    assert judge(showing(good, tasks=(*three, *others))).reasons == ()
    broken = showing(good, tasks=(*three, *others, edit_task(6, 4.0, 4.5)))
    reason = only(broken)
    assert (reason.code, reason.criterion) == (Code.NOT_ACCEPTED, "criterion.concurrency")
    assert reason.sentence == (
        "broken: Concurrency: isolated, at most 3 tasks: "
        "4 Edit tasks ran at once at 00:00:04 UTC, 3 may: t-1, t-2, t-3, t-6"
    )
    row = next(row for row in rows(broken.results) if row.criterion.figure == "tasks")
    assert (row.word, row.figure) == ("NOT MET", "most tasks at once 4 of 3")


def test_fewer_scenarios_than_expected_although_all_passed(good: RunEvidence) -> None:
    reason = only(dataclasses.replace(good, least=3))
    assert reason == Reason(Code.NOT_JUDGED, "expected at least 3 scenarios to run, 2 did")


def test_a_cleanup_that_failed(good: RunEvidence) -> None:
    case = showing(good, cleanup_errors=("after x: no",))
    assert only(case) == Reason(Code.NOT_ACCEPTED, "a cleanup failed", "after x: no")


def test_something_left_behind(good: RunEvidence) -> None:
    case = showing(good, left_behind=("session s-1",))
    assert only(case) == Reason(Code.NOT_ACCEPTED, "left behind", "session s-1")


def test_a_criterion_that_nothing_proves(good: RunEvidence) -> None:
    tags = tuple(tag for tag in TAGS if tag != "criterion.scaling")
    reason = only(with_results(good, result(3, "passed", *tags), result(9, "passed", *tags)))
    assert reason == Reason(
        Code.NOT_ACCEPTED,
        "no scenario proves",
        "Scaling: up when asked, zero when idle",
        criterion="criterion.scaling",
    )
    part = dataclasses.replace(
        with_results(good, result(3, "passed", *tags)), whole=False, selected=(wanted(3),)
    )
    judged = judge(dataclasses.replace(part, least=1))
    assert judged.headline == "passed; 4 of 5 criteria proven by these scenarios"


def test_a_run_that_did_not_come_to_its_end(good: RunEvidence) -> None:
    case = showing(good, ended=False)
    assert only(case) == Reason(Code.NOT_JUDGED, "the results are not those of a run that ended")
    assert judge(dataclasses.replace(case, kept=True)).reasons == ()


def test_a_failed_scenario_decides_whatever_else_could_not_be_seen(good: RunEvidence) -> None:
    case = with_results(dataclasses.replace(good, least=9), result(3, "failed"))
    assert {reason.code for reason in judge(case).reasons} == {Code.NOT_ACCEPTED, Code.NOT_JUDGED}
    assert judge(case).word == "NOT ACCEPTED"
    assert judge(dataclasses.replace(case, interrupted=True)).code == 130


def test_a_gate_that_failed_judges_nothing_whatever_the_scenarios_did(good: RunEvidence) -> None:
    verdict = judge(dataclasses.replace(with_results(good, result(3, "failed")), mishaps=("no room",)))
    assert (verdict.code, verdict.word) == (Code.NOT_JUDGED, "COULD NOT BE JUDGED")
    assert verdict.reasons[0] == Reason(Code.NOT_JUDGED, "no room")


def lacking(line: int, capability: str) -> ScenarioResult:
    """The result of a scenario that is not judged for want of a capability."""
    made = result(line, NOT_SUPPORTED, *TAGS, f"{NEEDS}{capability}")
    return dataclasses.replace(made, lacking=(capability,))


@pytest.mark.parametrize("capability", list(Capability))
def test_who_keeps_all_it_offers_and_lacks_one_thing_is_accepted_for_the_core(
    good: RunEvidence, capability: Capability
) -> None:
    case = with_results(good, result(3), result(9), lacking(12, capability))
    verdict = judge(case)
    assert (verdict.reasons, verdict.code, verdict.word) == ((), Code.ACCEPTED, "ACCEPTED (core)")
    routing = next(row for row in rows(case.results) if row.criterion.tag == "criterion.routing")
    assert (routing.word, routing.figure) == ("met", f"2 of 3 scenarios; not supported: {capability}")


def test_a_criterion_of_which_nothing_is_supported_is_not_proven(good: RunEvidence) -> None:
    case = dataclasses.replace(good, selected=(), least=1)
    titles = [reason.title for reason in judge(with_results(case, lacking(3, "mail"))).reasons]
    assert titles == ["no scenario proves"] * len(ALL)


def test_what_is_skipped_beside_proves_no_more_than_before(good: RunEvidence) -> None:
    case = with_results(good, result(3), result(9, "skipped", *TAGS, "skip.late"), lacking(12, "mail"))
    verdict = judge(case)
    assert verdict.word == "COULD NOT BE JUDGED"
    assert "1 of 3 scenarios; 1 skipped; not supported: mail" in verdict.reasons[0].detail


def test_a_failure_is_no_better_for_what_is_not_supported(good: RunEvidence) -> None:
    assert (
        judge(with_results(good, result(3, "failed"), result(9), lacking(12, "mail"))).word == "NOT ACCEPTED"
    )


def test_what_is_not_supported_is_not_missed_where_scenarios_are_counted(good: RunEvidence) -> None:
    case = with_results(good, result(3), result(9), lacking(12, "mail"))
    assert not judge(dataclasses.replace(case, least=3)).reasons
    (reason,) = judge(dataclasses.replace(case, least=4)).reasons
    assert reason.title == "expected at least 4 scenarios to run, 2 did, and 1 are not supported"


def test_a_scenario_that_got_lost_is_missed_however_many_are_not_supported(good: RunEvidence) -> None:
    case = with_results(good, result(3), lacking(12, "mail"))
    assert [reason.title for reason in judge(case).reasons] == ["no result of 1 scenario"]


def test_of_what_was_to_run_several_times_each_result_is_missed(good: RunEvidence) -> None:
    thrice = dataclasses.replace(good, selected=(wanted(3), wanted(9)) * 3)
    case = with_results(thrice, result(3), result(3), result(3), result(9))
    assert [each.line for each in case.missing] == [9, 9]


def test_while_a_result_is_missing_nobody_says_that_there_is_no_proof(good: RunEvidence) -> None:
    tags = tuple(tag for tag in TAGS if tag != "criterion.scaling")
    lacks = dataclasses.replace(lacking(12, "mail"), tags=tags)
    verdict = judge(with_results(good, result(3, "passed", *tags), lacks))
    assert ["no scenario proves" in reason.title for reason in verdict.reasons] == [False, True]
    assert {reason.code for reason in verdict.reasons} == {Code.NOT_JUDGED}


def test_figures_are_told_beside_what_is_not_supported(good: RunEvidence) -> None:
    case = showing(with_results(good, result(3), lacking(12, "mail")), figures={"cold_start": [(12.0, 60.0)]})
    assert rows(case.results)[0].figure == "longest 12.0 s of 60 s; 1 of 2 scenarios; not supported: mail"
