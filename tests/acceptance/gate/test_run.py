"""The gate run whole, over small projects whose features pass, fail, die and leave things behind."""

from __future__ import annotations

import json
import re

import psutil
import pytest
from junitparser import JUnitXml

from acceptance.gate.partition import Expected
from tests.acceptance.gate.small_project import PROOF, MakeProject, feature


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has collected yet does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_whole_run_that_proves_everything_is_accepted(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF))
    ran = made.run("--expect", "1")
    assert ran.code == 0
    assert "ACCEPTED on a small one: 1 scenario in" in ran.printed
    assert made.run("--last-failed").code == 2


def test_what_a_deployment_does_not_offer_is_not_judged_and_is_told_everywhere(project: MakeProject) -> None:
    made = project(
        one=feature("One", PROOF, "@criterion.routing @needs.mail it is mailed: Given all is well")
    )
    ran = made.run("--expect", "2", "-D", "supports.extended=keepalive")
    assert "Claimed, and judged by no scenario: keepalive" in ran.printed
    assert (ran.code, ran.statuses()["it is mailed"]) == (0, "not supported")
    assert "Not judged: 1 scenario; not supported: mail" in ran.printed
    assert "1 of 2 scenarios; not supported: mail" in ran.printed
    assert "ACCEPTED (core) on a small one: 2 scenarios in" in ran.printed
    told = ran.document("gate.json")
    assert told["verdict"]["word"] == "ACCEPTED (core)"
    assert [one["lacking"] for one in told["unsupported"]] == [["mail"]]
    report = (ran.folder / "conformance.yaml").read_text(encoding="utf-8")
    assert "verdict: ACCEPTED (core)" in report
    assert "supported:\n  - keepalive\n  unsupported:\n  - mail" in report
    junit = (ran.folder / "junit.xml").read_text(encoding="utf-8")
    assert '<property name="capabilities" value="not supported: mail"/>' in junit
    assert '<skipped message="not supported: mail"/>' in junit
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert "All 5 success criteria are met. Not supported: mail." in page
    assert '"status": "not supported"' in (made.folder / "reports" / "history.jsonl").read_text()


def test_a_failure_in_a_given_is_red_and_says_that_the_ground_is_gone_and_no_promise_broken(
    project: MakeProject,
) -> None:
    made = project(
        one=feature("One", PROOF, "@criterion.routing it is seen: Given there is light; Then it fails")
    )
    ran = made.run("--expect", "2")
    assert (ran.code, ran.statuses()["it is seen"]) == (1, "could not begin")
    assert (
        "not proven Routing: right answer, right service: 1 of 2 scenarios; 1 could not begin" in ran.printed
    )
    assert "  could not begin: it is seen (features/one.feature:" in ran.printed
    assert "NOT ACCEPTED on a small one: 2 scenarios in" in ran.printed
    assert "1 could not begin, 1 passed" in ran.printed
    assert re.search(r"^could not begin +\d", ran.printed, re.MULTILINE), "what was told as it happened"
    junit = JUnitXml.fromfile(str(ran.folder / "junit.xml"))
    (failure,) = [case.result[0] for suite in junit for case in suite if case.result]
    assert (junit.failures, failure.message) == (1, "could not begin: ASSERT FAILED: expected: light")
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert "could not begin: Given there is light<pre" in page


def test_a_capability_that_there_is_not_starts_nothing(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF))
    ran = made.run("-D", "supports.extended=male")
    assert ran.code == 2
    assert "there is no 'male': did you mean 'mail'?" in ran.printed
    assert not (made.folder / "reports").exists()


def test_fewer_scenarios_than_the_project_holds_cannot_be_judged(project: MakeProject) -> None:
    ran = project(one=feature("One", PROOF)).run()
    assert ran.code == 2
    assert "COULD NOT BE JUDGED" in ran.printed
    assert f"expected at least {Expected.read().scenarios} scenarios to run, 1 did" in ran.printed


def test_a_part_that_passes_exits_0_and_is_not_called_accepted(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF, "@slow it is slow: Given all is well"))
    ran = made.run("--tags=@slow")
    assert (ran.code, ran.statuses()) == (0, {"it is slow": "passed"})
    assert "passed on a small one; 0 of 5 criteria proven by these scenarios: 1 scenario in" in ran.printed
    line = ran.document("results.json")["scenarios"][0]["location"]
    single = made.run(line)
    assert (single.code, single.statuses()) == (0, {"it is slow": "passed"})


@pytest.mark.parametrize(
    ("step", "said"),
    [("behave ends at once", "ended with exit code 0"), ("behave is killed", "was killed by SIGKILL")],
)
def test_a_worker_that_dies_is_a_failure_that_names_it(project: MakeProject, step: str, said: str) -> None:
    made = project(
        one=feature("One", PROOF, f"the last: When {step}", "never reached: Given all is well"),
        two=feature("Two", "it is well: Given all is well"),
    )
    ran = made.run("--jobs", "2", "--expect", "4")
    assert ran.code == 2
    assert f'worker 1 (One) {said} before it had finished, during "the last"' in ran.printed
    assert "no result of 2 scenarios: the last (features/one.feature:" in ran.printed
    assert ran.statuses() == {"it proves all": "passed", "it is well": "passed"}
    junit = JUnitXml.fromfile(str(ran.folder / "junit.xml"))
    assert junit.failures == 0
    errors = [case.name for suite in junit for case in suite if case.result]
    assert errors == [
        "the last",
        "never reached",
        f'worker 1 (One) {said} before it had finished, during "the last"',
        "no result of 2 scenarios",
        *errors[4:],
    ]


def test_a_skip_without_a_reason_is_a_failure(project: MakeProject) -> None:
    made = project(
        one=feature("One", PROOF),
        two=feature(
            "Two", "@bug.rests it rests: Given all is well", "@skip.no-moon it waits: Given all is well"
        ),
    )
    ran = made.run()
    assert ran.code == 1
    assert "skipped without a reason: it rests (features/two.feature:" in ran.printed
    assert "it waits (features" not in ran.printed
    explained = made.run("-n", "it (waits|proves)")
    assert explained.code == 0
    assert explained.statuses() == {"it proves all": "passed", "it waits": "skipped"}


def test_a_known_bug_is_red_while_it_shows_and_named_when_it_does_not(project: MakeProject) -> None:
    made = project(
        one=feature(
            "One", PROOF, "@bug.dark it fails: Then it fails", "@bug.old it is well: Given all is well"
        )
    )
    ran = made.run("--expect", "3")
    assert ran.code == 1
    assert re.search(r"  failed: it fails \(features/one.feature:\d+\), known: @bug.dark\n", ran.printed)
    told = "Known bugs that did not show: take the tag away if they are mended\n  @bug.old: it is well (features/one"
    assert told in ran.printed
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert "<br>failed, known: @bug.dark: Then it fails" in page
    assert "<small>@bug.old, features/one.feature:" in page


@pytest.mark.parametrize(
    ("leaves", "code", "said"),
    [
        ("a session", 1, "left behind: session s-1 is active"),
        ("a failed cleanup", 1, "a cleanup failed: forget: RuntimeError: no"),
        ("a broken hook", 1, "worker 1 (One) ended with exit code 1 although its scenarios passed"),
        ("no end", 2, "the results are not those of a run that ended"),
    ],
)
def test_passed_scenarios_are_not_enough(project: MakeProject, leaves: str, code: int, said: str) -> None:
    ran = project(one=feature("One", PROOF)).run("--expect", "1", SMALL_LEAVES=leaves)
    assert said in ran.printed
    assert ran.code == code


def test_a_result_that_got_lost_is_missed(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF, "@bug.forgotten it is well: Given all is well"))
    ran = made.run("--expect", "1")
    assert ran.code == 2
    assert "no result of 1 scenario: it is well" in ran.printed


def test_what_a_run_leaves_on_its_own_machine_is_no_verdict_on_the_platform_and_is_cleared_away(
    project: MakeProject,
) -> None:
    forgets = "it forgets: When a process is left running; And a file is left in the temporary folder"
    made = project(one=feature("One", PROOF, forgets))
    ran = made.run("--expect", "2")
    assert ran.code == 2
    assert (
        "the run left on its own machine: in a temporary folder: left.txt, by worker 1 (One)" in ran.printed
    )
    assert ran.printed.count("  met ") == 6, "the criteria are told as measured"
    line = next(line for line in ran.printed.splitlines() if "own machine: running: process" in line)
    assert "(sleep 60)" in line
    assert not alive(int(line.split("process ")[1].split()[0]))


def test_while_a_platform_is_put_away_the_next_one_comes_up(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF), two=feature("Two", "it is well: Given all is well"))
    ran = made.run("--jobs", "1", "--expect", "2", SMALL_ENDS_SLOWLY="yes")
    assert ran.code == 0

    def at(worker: int, event: str) -> float:
        lines = (ran.folder / "workers" / str(worker) / "live.ndjson").read_text().splitlines()
        return next(float(told["at"]) for told in map(json.loads, lines) if told["event"] == event)

    first, second = sorted((1, 2), key=lambda worker: at(worker, "begun"))
    assert at(first, "ended") <= at(second, "begun") < at(first, "closed")
