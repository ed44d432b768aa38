"""The run as one JUnit file, written from the results.

behave's own JUnit has neither file nor line, no times for what stands under a Rule, and says `None` of an undefined
step; and a worker that dies writes none. The results have it all, masked, one truth for every report.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from junitparser import Error, Failure, IntAttr, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import Attr

from drivers.tags import reason_to_skip
from gate.record import Record, Result
from gate.selection import Wanted


class Case(TestCase):
    """A test case with the place it was written at, as CI systems read it."""

    file = Attr("file")
    line = IntAttr("line")


class Suite(TestSuite):
    """A feature, or a rule of it."""

    testcase = Case
    file = Attr("file")


def write_junit(target: Path, record: Record, missing: Sequence[Wanted]) -> None:
    """Write the run: a suite per feature and rule, a case per scenario; scenarios without a result are errors.

    Times are in seconds: of a case its steps' together, of a suite its cases'.
    """
    suites: dict[tuple[str, str | None], Suite] = {}
    for result in record.scenarios:
        suite = _suite(suites, result.feature, result.rule, result.file, result.started_at)
        suite.add_testcase(_case(result, record))
    for wanted in missing:
        case = _new_case(wanted.feature, wanted.rule, wanted.name, wanted.file, wanted.line)
        case.result = [Error("no result: the worker that ran it ended before it", "no result")]
        _suite(suites, wanted.feature, wanted.rule, wanted.file, None).add_testcase(case)
    whole = JUnitXml()
    for suite in suites.values():
        suite.update_statistics()
        whole.add_testsuite(suite)
    whole.update_statistics()
    unfinished = target.with_name(f".{target.name}.part")
    whole.write(str(unfinished), pretty=True)
    unfinished.replace(target)


def _suite(
    suites: dict[tuple[str, str | None], Suite], feature: str, rule: str | None, file: str, at: float | None
) -> Suite:
    key = (feature, rule)
    if key not in suites:
        suites[key] = Suite(f"{feature}: {rule}" if rule else feature)
        suites[key].file = file
        if at is not None:
            suites[key].timestamp = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"
    return suites[key]


def _case(result: Result, record: Record) -> Case:
    case = _new_case(result.feature, result.rule, result.name, result.file, result.line)
    case.time = round(result.seconds, 3)
    text = "\n".join(part for part in (result.failed_step, result.message) if part)
    said = (result.message or "").strip().partition("\n")[0] or result.status
    if result.status == "skipped":
        case.result = [Skipped(reason_to_skip(result.tags) or "no reason given")]
    elif result.status == "failed":
        case.result = [_with_text(Failure(said, result.status), text)]
    elif result.status != "passed":
        case.result = [_with_text(Error(said, result.status), text)]
    steps = [
        f"{step.seconds:8.3f} s  {step.sentence}" for step in record.steps if step.scenario == result.name
    ]
    if steps:
        case.system_out = "\n".join(steps)
    return case


def _new_case(feature: str, rule: str | None, name: str, file: str, line: int) -> Case:
    case = Case(name, f"{feature}.{rule}" if rule else feature)
    case.file, case.line = file, line
    return case


def _with_text(result: Failure | Error, text: str) -> Failure | Error:
    result.text = text
    return result
