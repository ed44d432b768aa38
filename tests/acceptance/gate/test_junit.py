"""The JUnit file: every reason of the verdict is in it, and nothing that Jenkins would not read."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree import ElementTree

from junitparser import JUnitXml

from acceptance.gate.junit import THE_RUN, write_junit
from acceptance.results.run_results import Results, ScenarioResult, StepTime
from acceptance.results.verdict import Code, Reason, SelectedScenario

ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "file"},
    "testcase": {"name", "time", "classname"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set[str](),
}
"""Elements and attributes that we write and that xUnit's `junit-10.xsd` has (jenkinsci/xunit-plugin)."""

PASSED = ScenarioResult(
    "One", "it is well", "features/one.feature:3", (), "passed", 1.25, rule="the rule", started_at=1.0
)


def written(folder: Path, results: Results, *reasons: Reason) -> Path:
    """The file of a run that misses a scenario."""
    missing = SelectedScenario("One", "the rule", "never reached", "features/one.feature", 9, ())
    write_junit(folder / "junit.xml", results, [missing], reasons)
    return folder / "junit.xml"


def test_every_reason_that_is_no_scenarios_is_a_case_of_the_run_itself(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        Results((PASSED,)),
        Reason(Code.NOT_ACCEPTED, "left behind", "session s-1 is active"),
        Reason(Code.NOT_JUDGED, "expected report.html in reports/x, found no such file"),
        Reason(Code.NOT_ACCEPTED, "failed", "it is dark (features/one.feature:5)", scenario="it is dark"),
    )
    suite = next(suite for suite in JUnitXml.fromfile(str(path)) if suite.name == THE_RUN)
    assert [(case.name, type(case.result[0]).__name__) for case in suite] == [
        ("left behind", "Failure"),
        ("expected report.html in reports/x, found no such file", "Error"),
    ]


def test_a_run_without_such_a_reason_has_no_suite_for_them(tmp_path: Path) -> None:
    path = written(tmp_path, Results((PASSED,)))
    assert [suite.name for suite in JUnitXml.fromfile(str(path))] == ["One: the rule"]


def test_a_scenario_that_was_not_observed_is_an_error_and_no_failure(tmp_path: Path) -> None:
    unseen = dataclasses.replace(PASSED, name="unseen", status="not observed", message="throttled")
    junit = JUnitXml.fromfile(str(written(tmp_path, Results((PASSED, unseen)))))
    assert (junit.tests, junit.failures, junit.errors) == (3, 0, 2)


def test_nothing_is_written_that_jenkins_xunit_does_not_know(tmp_path: Path) -> None:
    others = [
        dataclasses.replace(PASSED, name=status, status=status, message="so it was", failed_step="Then x")
        for status in ("failed", "error", "skipped", "not observed")
    ]
    results = Results((PASSED, *others), steps=(StepTime("x", "it is well", 0.5),))
    path = written(tmp_path, results, Reason(Code.NOT_JUDGED, "could not be observed", "sleep"))
    for element in ElementTree.parse(path).iter():
        assert set(element.keys()) <= ALLOWED[element.tag], element.tag
