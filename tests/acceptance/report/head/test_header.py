"""The head of the page: the verdict and its reasons, the criteria with their proofs, what failed, what nobody saw."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from acceptance.report.head.header import ReportInputs, head
from acceptance.report.history import Entry, RunFigures
from acceptance.report.picture import Picture
from acceptance.report.verdict import Outline, verdict_of
from acceptance.results.criteria import ALL
from acceptance.results.json_file import Unreadable
from acceptance.results.manifest import verdict_in
from acceptance.results.run_results import Results, ScenarioResult
from acceptance.results.verdict import Code, Reason, Verdict
from tests.acceptance.report.shop import SECRET

_FINISHED = Outline(started=0.0, finished=62.0, success=True)


def _result(name: str, status: str, *tags: str, message: str | None = None) -> ScenarioResult:
    failed = "Then it is so" if status == "failed" else None
    return ScenarioResult("F", name, "features/f.feature:3", tags, status, 1.25, failed, "then", message)


def _all_met() -> Results:
    scenarios = tuple(_result(f"proves {criterion.figure}", "passed", criterion.tag) for criterion in ALL)
    return Results(scenarios, figures={criterion.figure: [(3.0, 60.0)] for criterion in ALL}, ended=True)


def _head(results: Results, history: Sequence[Entry] = ()) -> str:
    """The head of a run that no gate has judged."""
    return head(ReportInputs(results, _FINISHED, verdict_of(results, _FINISHED), history=history))


_FAILED = Reason(Code.NOT_ACCEPTED, "failed", "x.", "x", "features/f.feature", 3)
_DIED = Reason(Code.NOT_JUDGED, "worker 1 died")


def test_each_criterion_is_met_not_met_or_not_run() -> None:
    live = _result("Live in time", "passed", "criterion.cold_start")
    results = Results((live, _result("Not live", "failed", "criterion.scaling")), ended=True)
    shown = _head(results)
    states = re.findall(r'<th scope="row">(.*?)<small>(.*?)</small></th><td class="state">(.*?)</td>', shown)
    assert [unescape(f"{name}: {what}") for name, what, _ in states] == [one.promise for one in ALL]
    assert [state for _, _, state in states] == ["met", "not run", "not run", "not run", "not met", "not run"]
    assert "Then it is so" in shown


def test_the_scenarios_that_prove_a_criterion_are_named_and_those_that_do_not_first() -> None:
    results = Results(
        (
            _result("A", "passed", "criterion.routing"),
            _result("B", "failed", "criterion.routing"),
            _result("C", "passed"),
        )
    )
    (proofs,) = re.findall(r"<td>(<ul>.*?</details>)</td>", _head(results))
    assert re.findall(r"<li class=\"(\w+)\"><a [^>]*>(\w)", proofs) == [("failed", "B"), ("passed", "A")]
    assert "<summary>1 of 2 scenarios passed</summary><p>F</p>" in proofs


def test_what_could_not_be_observed_is_told_apart_from_what_failed() -> None:
    unseen = dataclasses.replace(_result("unseen", "not observed", "criterion.routing"), message="throttled")
    results = dataclasses.replace(_all_met(), scenarios=(*_all_met().scenarios, unseen))
    shown = _head(results)
    assert '<span class="verdict could-not-be-judged">Could not be judged</span>' in shown
    assert "Not observed: unseen (features/f.feature:3): throttled.</p>" in shown
    assert ">What could not be observed</h2>" in shown
    assert ">What failed</h2>" not in shown
    assert '<tr class="not-proven"><th scope="row">Routing' in shown
    lost = dataclasses.replace(results, lost=("the load balancer ended",), ended=False)
    assert '<p class="reason">The load balancer ended. Not observed: unseen' in _head(lost)


def test_a_cause_is_told_once_below_the_verdict() -> None:
    told = dataclasses.replace(
        _all_met(), lost=("Envoy ended.",), not_observed=("after the run: Envoy ended.",), ended=False
    )
    (reasons,) = re.findall(r'<p class="reason">(.*?)</p>', _head(told))[:1]
    assert reasons == "Envoy ended."


def test_a_flaky_scenario_of_the_run_is_named() -> None:
    seen = [
        Entry(run, "0a1b", False, 1.0, "F", None, name, "f:1", status, 1.0)
        for run, name, status in (
            ("1", "x", "passed"),
            ("2", "x", "failed"),
            ("1", "gone", "passed"),
            ("2", "gone", "error"),
        )
    ]
    results = Results((_result("x", "passed"), _result("y", "passed")))
    shown = _head(results, seen)
    assert re.findall(r'(?s)<ul class="flaky">.*?</ul>', shown)[0].count("<li>") == 1
    assert ">Flaky</h2>" not in _head(results, seen[:1])


@pytest.mark.parametrize(
    ("results", "outline", "word"),
    [
        (_all_met(), _FINISHED, "ACCEPTED"),
        (_all_met(), Outline(started=0.0), "INTERRUPTED"),
        (
            _all_met(),
            Outline(started=0.0, finished=1.0, success=False, message="a hook failed"),
            "NOT ACCEPTED",
        ),
        (replace(_all_met(), scenarios=_all_met().scenarios[:4]), _FINISHED, "passed"),
        (replace(_all_met(), ended=False), _FINISHED, "INTERRUPTED"),
        (replace(_all_met(), left_behind=("a task",)), _FINISHED, "NOT ACCEPTED"),
        (replace(_all_met(), cleanup_errors=("it broke",)), _FINISHED, "NOT ACCEPTED"),
        (replace(_all_met(), not_observed=("it",)), replace(_FINISHED, success=False), "COULD NOT BE JUDGED"),
        (replace(_all_met(), lost=("it",), ended=False), Outline(success=False), "COULD NOT BE JUDGED"),
        (replace(_all_met(), scenarios=(_result("x", "error"),)), _FINISHED, "NOT ACCEPTED"),
        (Results((), ended=True), _FINISHED, "COULD NOT BE JUDGED"),
        (Results(()), _FINISHED, "INTERRUPTED"),
    ],
)
def test_a_run_that_no_gate_has_judged_is_accepted_only_when_everything_is_shown(
    results: Results, outline: Outline, word: str
) -> None:
    assert verdict_of(results, outline).word == word


@pytest.mark.parametrize(
    ("verdict", "word", "reason"),
    [
        (Verdict(Code.ACCEPTED, "ACCEPTED", 5, ()), "Accepted", "All 5 success criteria are met."),
        (
            Verdict(Code.ACCEPTED, "passed", 1, ()),
            "Passed",
            "What ran has passed; it proves 1 of 5 success criteria.",
        ),
        (
            Verdict(Code.NOT_ACCEPTED, "NOT ACCEPTED", 4, (_FAILED, _DIED)),
            "Not accepted",
            "Failed: x. Worker 1 died.",
        ),
        (
            Verdict(Code.NOT_JUDGED, "COULD NOT BE JUDGED", 5, (_DIED,)),
            "Could not be judged",
            "Worker 1 died.",
        ),
    ],
)
def test_where_the_gate_has_judged_its_verdict_stands(
    tmp_path: Path, verdict: Verdict, word: str, reason: str
) -> None:
    written = json.dumps({"verdict": dataclasses.asdict(verdict), "whole": True})
    (tmp_path / "gate.json").write_text(written, encoding="utf-8")
    found = verdict_in(tmp_path)
    assert found == verdict
    shown = head(ReportInputs(_all_met(), Outline(), found))
    assert f'>{word}</span></h1>\n<p class="reason">{reason}</p>' in shown


def test_a_verdict_that_cannot_be_read_names_the_file_and_the_field(tmp_path: Path) -> None:
    assert verdict_in(tmp_path) is None
    (tmp_path / "gate.json").write_text('{"verdict": {"code": 7}}', encoding="utf-8")
    said = r"gate\.json cannot be read: Invalid enum value 7 - at `\$\.verdict\.code`"
    with pytest.raises(Unreadable, match=said):
        verdict_in(tmp_path)


def test_whatever_is_shown_is_masked_and_escaped() -> None:
    seen = f"saw </pre><b> password={SECRET}"
    results = Results((replace(_result("x", "failed"), name="<i>", message=seen),), left_behind=(seen,))
    drawn = Picture("p", "<b>", seen, f"<svg>{seen}</svg>")
    shown = head(ReportInputs(results, _FINISHED, verdict_of(results, _FINISHED), pictures=[drawn]))
    assert shown.count("saw &lt;/pre&gt;&lt;b&gt; password=***") == 6
    assert "<b>" not in shown
    (picture,) = re.findall(r"base64,([\w+/=]+)", shown)
    assert base64.b64decode(picture) == b"<svg>saw </pre><b> password=***</svg>"


def test_why_it_is_to_be_believed_is_told_without_marks_that_only_a_document_has() -> None:
    told = _head(_all_met())
    assert '<details id="why"><summary>Why believe it</summary>' in told
    shown = told[told.index('<details id="why">') :].partition("</details>")[0]
    assert "<h3>It turns red when the platform is broken</h3>" in shown
    assert re.findall(r"[`*]|\]\(", shown) == []


def test_the_figures_of_the_last_runs_are_told_the_latest_first() -> None:
    measured = [
        RunFigures(f"r{n}", "abc", n == 2, 60.0 * n, "sandbox", {"Cold start": f"longest {n} s of 60 s"})
        for n in (1, 2)
    ]
    told = ReportInputs(_all_met(), _FINISHED, verdict_of(_all_met(), _FINISHED), measured=measured)
    assert re.findall(r'<tr><th scope="row">(1970.*?)</th><td>(.*?)</td>', head(told)) == [
        ("1970-01-01 00:02 UTC, abc + changes", "longest 2 s of 60 s"),
        ("1970-01-01 00:01 UTC, abc", "longest 1 s of 60 s"),
    ]
