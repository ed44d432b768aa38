"""The gate run whole, over small projects whose features pass, fail, die and leave things behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from junitparser import JUnitXml

from acceptance.gate.partition import Expected
from tests.acceptance.gate.gate_stand import CRITERIA, SECRET, Ran, feature, make_project, run_gate

Project = Callable[..., Path]

PROOF = f"{CRITERIA} it proves all: Given all is well"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Makes a project of features."""
    return lambda **features: make_project(tmp_path / "project", **features)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Ran]:
    """Two features, one scenario of which fails, run one after the other and side by side."""
    made = make_project(
        tmp_path_factory.mktemp("mixed") / "project",
        one=feature("One", PROOF, "it is dark: Given all is well; Then it fails"),
        two=feature("Two", "it is well: Given all is well", "it takes a while: When it waits a moment"),
    )
    return run_gate(made, "--jobs", "1", "--expect", "4"), run_gate(made, "--jobs", "2", "--expect", "4")


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has collected yet does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def statuses(ran: Ran) -> dict[str, str]:
    """Each scenario's status by its name."""
    return {entry["name"]: entry["status"] for entry in ran.document("results.json")["scenarios"]}


def test_one_worker_and_two_come_to_the_same_verdict_and_counts(mixed: tuple[Ran, Ran]) -> None:
    one, two = mixed
    assert one.code == two.code == 1
    assert statuses(one) == statuses(two)
    assert len(statuses(one)) == 4
    assert [ran.printed.splitlines()[-2].split(" in ")[0] for ran in mixed] == [
        "NOT ACCEPTED: 4 scenarios"
    ] * 2
    assert one.folder == two.folder, "latest leads to the last run"


def test_the_summary_tells_the_failure_its_evidence_and_where_the_report_lies(mixed: tuple[Ran, Ran]) -> None:
    ran = mixed[1]
    told = ran.printed
    assert "  failed: it is dark (features/one.feature:" in told
    assert "    Then it fails\n    ASSERT FAILED: expected: light\n      but: was <dark>\n" in told
    assert f"    evidence: reports/{ran.folder.name}/it_is_dark" in told
    assert (ran.folder / "it_is_dark" / "failure.txt").is_file()
    assert told.splitlines()[-1] == f"Report: reports/{ran.folder.name}/report.html"
    assert "1.2 s  it waits a moment   (it takes a while)" in told


def test_without_a_terminal_there_is_a_plain_line_per_scenario_and_no_control_character(
    mixed: tuple[Ran, Ran],
) -> None:
    for ran in mixed:
        assert "\x1b" not in ran.printed
        lines = [line for line in ran.printed.splitlines() if "/4]" in line]
        assert len(lines) == 4
        assert sum(line.startswith("failed ") and line.endswith("it is dark") for line in lines) == 1


def test_results_messages_report_and_junit_are_whole(mixed: tuple[Ran, Ran]) -> None:
    ran = mixed[1]
    kinds = [
        next(iter(json.loads(line))) for line in (ran.folder / "messages.ndjson").read_text().splitlines()
    ]
    assert kinds.count("testCaseFinished") == 4
    assert kinds[-1] == "testRunFinished"
    assert "it is dark" in (ran.folder / "report.html").read_text(encoding="utf-8")
    cases = {case.name: case for suite in JUnitXml.fromfile(str(ran.folder / "junit.xml")) for case in suite}
    assert cases.keys() == statuses(ran).keys()
    dark = cases["it is dark"]
    assert (dark.classname, [type(r).__name__ for r in dark.result]) == ("One.the rule of One", ["Failure"])
    assert ran.document("gate.json")["verdict"]["word"] == "NOT ACCEPTED"
    assert ran.document("run.json")["facts"]["Deployment"] == "a stand"


def test_every_run_enters_the_history(mixed: tuple[Ran, Ran]) -> None:
    history = (mixed[0].project / "reports" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(history) == 8
    assert len({json.loads(line)["run"] for line in history}) == 2


def test_last_failed_runs_what_did_not_pass_and_nothing_else(mixed: tuple[Ran, Ran]) -> None:
    ran = run_gate(mixed[0].project, "--last-failed")
    assert statuses(ran) == {"it is dark": "failed"}
    assert ran.code == 1


def test_a_whole_run_that_proves_everything_is_accepted(project: Project) -> None:
    made = project(one=feature("One", PROOF))
    ran = run_gate(made, "--expect", "1")
    assert ran.code == 0
    assert "ACCEPTED: 1 scenario in" in ran.printed
    assert run_gate(made, "--last-failed").code == 2


def test_fewer_scenarios_than_the_project_holds_cannot_be_judged(project: Project) -> None:
    ran = run_gate(project(one=feature("One", PROOF)))
    assert ran.code == 2
    assert "COULD NOT BE JUDGED" in ran.printed
    assert f"expected at least {Expected.read().scenarios} scenarios to run, 1 did" in ran.printed


def test_a_part_that_passes_exits_0_and_is_not_called_accepted(project: Project) -> None:
    made = project(one=feature("One", PROOF, "@slow it is slow: Given all is well"))
    ran = run_gate(made, "--tags=@slow")
    assert (ran.code, statuses(ran)) == (0, {"it is slow": "passed"})
    assert "passed; 0 of 5 criteria proven by these scenarios: 1 scenario in" in ran.printed
    line = ran.document("results.json")["scenarios"][0]["location"]
    single = run_gate(made, line)
    assert (single.code, statuses(single)) == (0, {"it is slow": "passed"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tags=@slow and not @slow"], "nothing is selected by --tags=@slow and not @slow"),
        (["--tags=@slwo"], "--tags: there is no tag @slwo: did you mean slow?"),
        (["-D", "patiance=2"], "-D patiance means nothing: did you mean patience?"),
        (["features/none.feature"], "there is no features/none.feature; there are features/one.feature"),
        (["features/one.feature:9999"], "features/one.feature:9999: no scenario stands at that line"),
        (["--dry-run"], "--dry-run is not for the gate"),
        (["-D", "profile=deployments/none.toml"], "deployments/none.toml cannot be used"),
        (["--jobs", "0"], "expected a number from 1"),
        (["--shard", "5/4"], "expected I/N"),
        (["-D", "sandbox=http://127.0.0.1:1/"], "-D sandbox=http://127.0.0.1:1/: no sandbox answers there"),
        (
            ["-D", "profile=deployments/aws.example.toml", "--jobs", "2"],
            "aws.region = '<us-east-1>' is not filled",
        ),
        (["--no-such-option"], "--no-such-option"),
        (["--last-failed"], "--last-failed"),
    ],
)
def test_what_cannot_be_run_is_said_and_exits_2(project: Project, arguments: list[str], said: str) -> None:
    made = project(one=feature("One", PROOF))
    ran = run_gate(made, *arguments)
    assert ran.code == 2
    assert said in ran.printed
    assert not (made / "reports").exists()


@pytest.mark.parametrize(
    ("step", "said"),
    [("behave ends at once", "ended with exit code 0"), ("behave is killed", "was killed by SIGKILL")],
)
def test_a_worker_that_dies_is_a_failure_that_names_it(project: Project, step: str, said: str) -> None:
    made = project(
        one=feature("One", PROOF, f"the last: When {step}", "never reached: Given all is well"),
        two=feature("Two", "it is well: Given all is well"),
    )
    ran = run_gate(made, "--jobs", "2", "--expect", "4")
    assert ran.code == 2
    assert f'worker 1 (One) {said} before it had finished, during "the last"' in ran.printed
    assert "no result of 2 scenarios: the last (features/one.feature:" in ran.printed
    assert statuses(ran) == {"it proves all": "passed", "it is well": "passed"}
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


def test_a_skip_without_a_reason_is_a_failure(project: Project) -> None:
    made = project(
        one=feature("One", PROOF),
        two=feature(
            "Two", "@bug.rests it rests: Given all is well", "@skip.no-moon it waits: Given all is well"
        ),
    )
    ran = run_gate(made)
    assert ran.code == 1
    assert "skipped without a reason: it rests (features/two.feature:" in ran.printed
    assert "it waits (features" not in ran.printed
    explained = run_gate(made, "-n", "it (waits|proves)")
    assert explained.code == 0
    assert statuses(explained) == {"it proves all": "passed", "it waits": "skipped"}


def test_a_sentence_without_a_step_or_a_tag_without_a_meaning_starts_nothing(project: Project) -> None:
    made = project(
        one=feature("One", PROOF, "@slwo unheard: Given nobody wrote this"),
        two=feature("Two", "@slow it is well: Given all is well"),
    )
    ran = run_gate(made)
    assert ran.code == 2
    assert "features/one.feature:8: there is no tag @slwo: did you mean slow?" in ran.printed
    assert "features/one.feature:9: no step is written for: Given nobody wrote this" in ran.printed
    assert "    @given('nobody wrote this')\n    def _(context: Context) -> None: ..." in ran.printed
    assert not (made / "reports").exists()
    assert run_gate(made, "features/two.feature").code == 0, "of what is selected"


@pytest.mark.parametrize(
    ("leaves", "code", "said"),
    [
        ("a session", 1, "left behind: session s-1 is active"),
        ("a failed cleanup", 1, "a cleanup failed: forget: RuntimeError: no"),
        ("a broken hook", 1, "worker 1 (One) ended with exit code 1 although its scenarios passed"),
        ("no end", 2, "the results are not those of a run that ended"),
    ],
)
def test_passed_scenarios_are_not_enough(project: Project, leaves: str, code: int, said: str) -> None:
    ran = run_gate(project(one=feature("One", PROOF)), "--expect", "1", STAND_LEAVES=leaves)
    assert said in ran.printed
    assert ran.code == code


def test_a_result_that_got_lost_is_missed(project: Project) -> None:
    ran = run_gate(
        project(one=feature("One", PROOF, "@bug.forgotten it is well: Given all is well")), "--expect", "1"
    )
    assert ran.code == 2
    assert "no result of 1 scenario: it is well" in ran.printed


def test_what_a_run_leaves_on_its_own_machine_is_no_verdict_on_the_platform_and_is_cleared_away(
    project: Project,
) -> None:
    forgets = "it forgets: When a process is left running; And a file is left in the temporary folder"
    made = project(one=feature("One", PROOF, forgets))
    ran = run_gate(made, "--expect", "2")
    assert ran.code == 2
    assert (
        "the run left on its own machine: in a temporary folder: left.txt, by worker 1 (One)" in ran.printed
    )
    assert ran.printed.count("  met ") == 6, "the criteria are told as measured"
    line = next(line for line in ran.printed.splitlines() if "own machine: running: process" in line)
    assert "(sleep 60)" in line
    assert not alive(int(line.split("process ")[1].split()[0]))


def test_while_a_platform_is_put_away_the_next_one_comes_up(project: Project) -> None:
    made = project(one=feature("One", PROOF), two=feature("Two", "it is well: Given all is well"))
    ran = run_gate(made, "--jobs", "1", "--expect", "2", STAND_ENDS_SLOWLY="yes")
    assert ran.code == 0

    def at(worker: int, event: str) -> float:
        lines = (ran.folder / "workers" / str(worker) / "live.ndjson").read_text().splitlines()
        return next(float(told["at"]) for told in map(json.loads, lines) if told["event"] == event)

    first, second = sorted((1, 2), key=lambda worker: at(worker, "begun"))
    assert at(first, "ended") <= at(second, "begun") < at(first, "closed")


def test_shards_are_parts_of_one_run_and_merged_they_have_its_verdict(project: Project) -> None:
    made = project(
        one=feature("One", PROOF),
        two=feature("Two", "it is well: Given all is well"),
        three=feature("Three", "it is so: Given all is well"),
    )
    folders = []
    for number in (1, 2):
        shard = run_gate(made, "--shard", f"{number}/2")
        assert shard.code == 0
        assert "ACCEPTED" not in shard.printed
        folders.append(str(shard.folder))
    alone = run_gate(made, "merge", folders[0])
    assert alone.code == 2
    assert "shard 2/2 is missing" in alone.printed
    merged = run_gate(made, "merge", *folders)
    assert merged.code == 2, "three scenarios are fewer than the project's own features hold"
    assert f"expected at least {Expected.read().scenarios} scenarios to run, 3 did" in merged.printed
    assert len(statuses(merged)) == 3
    accepted = run_gate(made, "merge", *folders, "--expect", "3")
    assert accepted.code == 0
    assert "ACCEPTED: 3 scenarios in" in accepted.printed
    history = (made / "reports" / "history.jsonl").read_text().splitlines()
    assert len({json.loads(line)["run"] for line in history}) == 3, "merged runs alone, not their shards"


def test_no_secret_that_a_step_tells_is_written_or_printed(project: Project, tmp_path: Path) -> None:
    made = project(one=feature("One", PROOF, "it is loud: Then it tells a secret"))
    summary = tmp_path / "summary.md"
    ran = run_gate(made, "--expect", "1", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "asked with ?token=***" in ran.printed
    assert SECRET not in ran.printed + summary.read_text()
    # The stand's own results are those of a suite that masks nothing.
    files = [
        file for file in ran.folder.rglob("*") if file.is_file() and file.parts[-3:-1] != ("workers", "1")
    ]
    files += [
        ran.folder / "workers" / "1" / name for name in ("behave.log", "live.ndjson", "messages.ndjson")
    ]
    assert [file.name for file in files if SECRET in file.read_text(errors="replace")] == []
    assert "asked with" in (ran.folder / "workers" / "1" / "behave.log").read_text()


def test_on_github_failures_become_annotations_and_a_summary(project: Project, tmp_path: Path) -> None:
    made = project(one=feature("One", PROOF, "it is 100% dark: Given all is well; Then it fails"))
    summary = tmp_path / "summary.md"
    ran = run_gate(made, "--expect", "1", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    (line,) = (line for line in ran.printed.splitlines() if line.startswith("::error"))
    assert line.startswith(
        "::error file=features/one.feature,line=8,title=failed%3A it is 100%25 dark::ASSERT FAILED"
    )
    assert "%0A  but: was <dark>" in line
    told = summary.read_text(encoding="utf-8")
    assert told.startswith("## NOT ACCEPTED\n\n2 scenarios: 1 failed, 1 passed")
    assert "| Cold start: from the request to a live preview | met |" in told
