"""The run as one JUnit file, written from the results and the verdict's reasons.

behave's own JUnit has no times for what stands under a Rule, and says `None` of an undefined step; and a worker that
dies writes none. The results have it all, masked, one truth for every report. Elements and attributes are those of
Jenkins' xUnit plugin (its `junit-10.xsd`) and no others, so a scenario's place stands in its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import Attr

from acceptance.results.criteria import not_supported
from acceptance.results.run_results import COULD_NOT_BEGIN, Results, ScenarioResult, StepTime
from acceptance.results.tags import reason_to_skip
from acceptance.results.verdict import Code, Reason, SelectedScenario

THE_RUN = "The run itself"
"""The suite of the reasons that are no scenario's: a red gate never stands over a green file."""


class JUnitSuite(TestSuite):
    """A feature, or a rule of it."""

    file = Attr("file")


def write_junit(
    target: Path,
    results: Results,
    missing: Sequence[SelectedScenario] = (),
    reasons: Sequence[Reason] = (),
) -> None:
    """Write the run: a suite per feature and rule, a case per scenario; scenarios without a result are errors.

    What is not supported is skipped, and the property `capabilities` of its suite says what the deployment lacks.

    Each reason that is no scenario's is a case of `THE_RUN`: a failure if it speaks against the platform, an error if
    something could not be judged for it, as a scenario is an error that was not observed. Times are in seconds: of a
    case its steps' together, of a suite its cases'.
    """
    suites: dict[tuple[str, str | None], JUnitSuite] = {}
    for result in results.scenarios:
        suite = _suite(suites, result.feature, result.rule, result.file, result.started_at)
        suite.add_testcase(_case(result, results.steps))
    for wanted in missing:
        absent = TestCase(wanted.name, _class(wanted.feature, wanted.rule))
        said = "no result: the worker that ran it ended before it"
        absent.result = [_with_text(Error(said, "no result"), wanted.location)]
        _suite(suites, wanted.feature, wanted.rule, wanted.file, None).add_testcase(absent)
    whole = JUnitXml()
    for key, suite in suites.items():
        left_out = not_supported([each for each in results.scenarios if (each.feature, each.rule) == key])
        if left_out:
            suite.add_property("capabilities", left_out)
    for suite in [*suites.values(), *_reasons(reasons)]:
        suite.update_statistics()
        whole.add_testsuite(suite)
    whole.update_statistics()
    # The schema knows no sum of the skipped ones over all suites.
    whole._elem.attrib.pop("skipped", None)
    unfinished = target.with_name(f".{target.name}.part")
    whole.write(str(unfinished), pretty=True)
    unfinished.replace(target)


def _reasons(reasons: Sequence[Reason]) -> list[JUnitSuite]:
    suite = JUnitSuite(THE_RUN)
    for reason in reasons:
        if reason.scenario:
            continue
        case = TestCase(reason.title, THE_RUN)
        kind = Failure if reason.code is Code.NOT_ACCEPTED else Error
        case.result = [_with_text(kind(reason.sentence.partition("\n")[0], reason.title), reason.sentence)]
        suite.add_testcase(case)
    return [suite] if len(suite) else []


def _suite(
    suites: dict[tuple[str, str | None], JUnitSuite],
    feature: str,
    rule: str | None,
    file: str,
    at: float | None,
) -> JUnitSuite:
    key = (feature, rule)
    if key not in suites:
        suites[key] = JUnitSuite(f"{feature}: {rule}" if rule else feature)
        suites[key].file = file
        if at is not None:
            suites[key].timestamp = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"
    return suites[key]


def _case(result: ScenarioResult, steps: Sequence[StepTime]) -> TestCase:
    case = TestCase(result.which, _class(result.feature, result.rule))
    case.time = round(result.seconds, 3)
    text = "\n".join(part for part in (result.location, result.failed_step, result.message) if part)
    said = (result.message or "").strip().partition("\n")[0] or result.status
    if result.unsupported:
        case.result = [Skipped(f"{result.status}: {', '.join(result.lacking)}")]
    elif result.status == "skipped":
        case.result = [Skipped(reason_to_skip(result.tags) or "no reason given")]
    elif result.status in ("failed", COULD_NOT_BEGIN):
        told = said if result.status == "failed" else f"{result.status}: {said}"
        case.result = [_with_text(Failure(told, result.status), text)]
    elif result.status != "passed":
        case.result = [_with_text(Error(said, result.status), text)]
    # A step does not say of which of several times it is.
    own = () if result.repetition else steps
    took = [f"{step.seconds:8.3f} s  {step.sentence}" for step in own if step.scenario == result.name]
    case.system_out = "\n".join([result.location, *took])
    return case


def _class(feature: str, rule: str | None) -> str:
    return f"{feature}.{rule}" if rule else feature


def _with_text(result: Failure | Error, text: str) -> Failure | Error:
    result.text = text
    return result
