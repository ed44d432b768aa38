"""What a run of the gate writes and prints, for people, for CI systems and for the runs after it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.acceptance.gate.small_project import PROOF, SECRET, GateRun, MakeProject, SmallProject, feature


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[GateRun, GateRun]:
    """Two features, one scenario of which fails, run one after the other and side by side."""
    features = {
        "one": feature("One", PROOF, "it is dark: Given all is well; Then it fails"),
        "two": feature("Two", "it is well: Given all is well", "it takes a while: When it waits a moment"),
    }
    made = SmallProject.of(tmp_path_factory.mktemp("mixed") / "project", features)
    return made.run("--jobs", "1", "--expect", "4"), made.run("--jobs", "2", "--expect", "4")


def test_one_worker_and_two_come_to_the_same_verdict_and_counts(mixed: tuple[GateRun, GateRun]) -> None:
    one, two = mixed
    assert one.code == two.code == 1
    assert one.statuses() == two.statuses()
    assert len(one.statuses()) == 4
    assert [ran.printed.splitlines()[-2].split(" in ")[0] for ran in mixed] == [
        "NOT ACCEPTED on a small one: 4 scenarios"
    ] * 2
    latest = two.folder.parent / "latest"
    assert latest.resolve() == two.folder, "latest leads to the last run"


def test_the_summary_tells_the_failure_its_evidence_and_where_the_report_lies(
    mixed: tuple[GateRun, GateRun],
) -> None:
    ran = mixed[1]
    told = ran.printed
    assert "  failed: it is dark (features/one.feature:" in told
    assert "    Then it fails\n    ASSERT FAILED: expected: light\n      but: was <dark>\n" in told
    assert f"    evidence: reports/{ran.folder.name}/it_is_dark" in told
    assert (ran.folder / "it_is_dark" / "failure.txt").is_file()
    assert told.splitlines()[-1] == f"Report: reports/{ran.folder.name}/report.html"
    assert "1.2 s  it waits a moment   (it takes a while)" in told


def test_without_a_terminal_there_is_a_plain_line_per_scenario_and_no_control_character(
    mixed: tuple[GateRun, GateRun],
) -> None:
    for ran in mixed:
        assert "\x1b" not in ran.printed
        lines = [line for line in ran.printed.splitlines() if "/4]" in line]
        assert len(lines) == 4
        assert sum(line.startswith("failed ") and line.endswith("it is dark") for line in lines) == 1


def test_results_messages_report_and_junit_are_whole(mixed: tuple[GateRun, GateRun]) -> None:
    ran = mixed[1]
    kinds = [
        next(iter(json.loads(line))) for line in (ran.folder / "messages.ndjson").read_text().splitlines()
    ]
    assert kinds.count("testCaseFinished") == 4
    assert kinds[-1] == "testRunFinished"
    assert "it is dark" in (ran.folder / "report.html").read_text(encoding="utf-8")
    cases = {case.name: case for suite in JUnitXml.fromfile(str(ran.folder / "junit.xml")) for case in suite}
    assert cases.keys() == ran.statuses().keys()
    dark = cases["it is dark"]
    assert (dark.classname, [type(r).__name__ for r in dark.result]) == ("One.the rule of One", ["Failure"])
    assert ran.document("gate.json")["verdict"]["word"] == "NOT ACCEPTED"
    assert ran.document("run.json")["facts"]["Deployment"] == "a small one"


def test_every_run_enters_the_history(mixed: tuple[GateRun, GateRun]) -> None:
    history = (mixed[0].folder.parent / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(history) == 8
    assert len({json.loads(line)["run"] for line in history}) == 2


def test_last_failed_runs_what_did_not_pass_and_nothing_else(mixed: tuple[GateRun, GateRun]) -> None:
    ran = SmallProject(mixed[0].folder.parents[1]).run("--last-failed")
    assert ran.statuses() == {"it is dark": "failed"}
    assert ran.code == 1


def test_no_secret_that_a_step_tells_is_written_or_printed(project: MakeProject, tmp_path: Path) -> None:
    made = project(one=feature("One", PROOF, "it is loud: Then it tells a secret"))
    summary = tmp_path / "summary.md"
    ran = made.run("--expect", "1", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
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


def test_on_github_failures_become_annotations_and_a_summary(project: MakeProject, tmp_path: Path) -> None:
    made = project(one=feature("One", PROOF, "it is 100% dark: Given all is well; Then it fails"))
    summary = tmp_path / "summary.md"
    ran = made.run("--expect", "1", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    (line,) = (line for line in ran.printed.splitlines() if line.startswith("::error"))
    assert line.startswith(
        "::error file=features/one.feature,line=8,title=failed%3A it is 100%25 dark::ASSERT FAILED"
    )
    assert "%0A  but: was <dark>" in line
    told = summary.read_text(encoding="utf-8")
    assert told.startswith("## NOT ACCEPTED\n\n2 scenarios: 1 failed, 1 passed")
    assert "| Cold start: from the request to a live preview | met |" in told
