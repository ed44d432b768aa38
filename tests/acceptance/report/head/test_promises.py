"""Promises: each rule's word, whom it hurts, since when it is broken, and where a link to it leads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acceptance.report.head.header import ReportInputs, head
from acceptance.report.head.promises import broken_since, chapters, nodes
from acceptance.report.history import Entry, so_far
from acceptance.report.verdict import Outline, verdict_of
from acceptance.results.impact import Severity
from acceptance.results.run_results import Results, ScenarioResult

PASSED = ScenarioResult("Bread", "it rises", "bread.feature:4", (), "passed", 1.0, rule="It is fresh")


def scenario(line: int, *rows: int) -> dict[str, Any]:
    examples = [{"tableBody": [{"location": {"line": row}} for row in rows]}] if rows else []
    return {"scenario": {"id": f"node-{line}", "location": {"line": line}, "examples": examples}}


def rule(name: str, description: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule": {"id": f"rule-{name}", "name": name, "description": description, "children": list(children)}
    }


FRESH = rule("It is fresh", "If broken (critical): somebody is ill.", scenario(4), scenario(6, 9, 10))
CHEAP = rule("It is cheap", "", scenario(14))
DOCUMENT: dict[str, Any] = {
    "uri": "bread.feature",
    "feature": {"name": "Bread", "description": "For the hungry.", "children": [FRESH, CHEAP]},
}


def entry(run: str, status: str, *, deployment: str = "", at: float = 0.0) -> Entry:
    return Entry(run, "abc", False, at, "Bread", "It is fresh", "it rises", "f:1", status, 1.0, deployment)


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        (["passed", "passed"], "kept"),
        (["passed", "failed", "not observed"], "broken"),
        (["passed", "error"], "broken"),
        (["passed", "not observed"], "not judged"),
        (["passed", "could not begin"], "not judged"),
        (["could not begin", "failed"], "broken"),
        (["passed", "skipped"], "not judged"),
        (["passed", "not supported"], "kept"),
        (["not supported"], "not supported"),
        ([], "not run"),
    ],
)
def test_a_rule_is_as_good_as_its_scenarios(statuses: list[str], word: str) -> None:
    results = [replace(PASSED, name=str(number), status=status) for number, status in enumerate(statuses)]
    (chapter,) = chapters([DOCUMENT], results, [])
    fresh, cheap = chapter.promises
    assert (fresh.word, cheap.word) == (word, "not run")
    assert fresh.impact is not None
    assert fresh.impact.severity is Severity.CRITICAL


def test_a_link_is_made_of_names_and_leads_to_the_headings_of_this_run() -> None:
    (chapter,) = chapters([DOCUMENT], [PASSED], [])
    assert [promise.anchor for promise in chapter.promises] == [
        "promise-bread-it-is-fresh", "promise-bread-it-is-cheap",
    ]  # fmt: skip
    assert nodes([DOCUMENT]) == {
        "bread.feature:4": "node-4", "bread.feature:6": "node-6", "bread.feature:9": "node-6",
        "bread.feature:10": "node-6", "bread.feature:14": "node-14",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "first", "last"),
    [
        (["passed", "failed"], "r1", "r0"),
        (["passed", "error", "skipped", "failed"], "r1", "r0"),
        (["passed", "not observed", "could not begin", "failed"], "r3", "r0"),
        (["failed", "passed", "failed", "failed"], "r2", "r1"),
        (["failed", "failed"], "r0", None),
    ],
)
def test_broken_since_the_first_run_after_the_last_good_one(
    told: list[str], first: str, last: str | None
) -> None:
    history = [entry(f"r{number}", status, at=number) for number, status in enumerate(told)]
    since = broken_since([PASSED], history)
    assert since is not None
    assert (since.first and since.first.run, since.last and since.last.run) == (first, last)


def test_what_the_history_does_not_know_is_not_told() -> None:
    assert broken_since([PASSED], []) is None
    assert broken_since([PASSED], [entry("r", "skipped")]) is None


def test_a_run_that_is_not_in_the_history_is_told_when_it_was_kept_last() -> None:
    since = broken_since([PASSED], [entry("r1", "failed"), entry("r2", "passed", at=60.0)])
    assert since is not None
    assert since.told("another").startswith(
        "broken for the first time in this run; last kept 1970-01-01 00:01 UTC"
    )


def test_the_history_of_a_page_is_its_deployments_up_to_its_run() -> None:
    runs = [
        entry("r1", "passed"),
        entry("r2", "failed", deployment="sandbox"),
        entry("r3", "passed", deployment="aws"),
    ]
    runs += [entry("r4", "failed", deployment="aws"), entry("r5", "passed", deployment="aws")]
    assert [each.run for each in so_far(runs, "r4", "aws")] == ["r1", "r3", "r4"]
    assert [each.run for each in so_far(runs, "not there", "sandbox")] == ["r1", "r2"]


def test_a_broken_promise_stands_below_the_verdict_with_its_impact_and_its_history() -> None:
    broken = replace(PASSED, status="failed", message="flat")
    outline = Outline(started=0.0, finished=1.0, success=True, documents=[DOCUMENT])
    results = Results((broken,), ended=True)
    history = [entry("r1", "passed", at=60.0), entry("r2", "failed", at=120.0)]
    told = ReportInputs(results, outline, verdict_of(results, outline), history=history, run="r2")
    shown = head(told)
    first = shown[: shown.index("<dl>")]
    assert '<span class="severity critical">critical</span> Somebody is ill.' in first
    assert (
        "broken for the first time in this run; last kept 1970-01-01 00:01 UTC (run r1, revision abc)."
        in first
    )
    assert "broken since 1970-01-01 00:02 UTC (run r2, revision abc)" in head(replace(told, run="r3"))
    assert '<tr class="broken" id="promise-bread-it-is-fresh">' in shown
    assert 'href="#scenario-bread-it-rises" data-file="bread.feature" data-node="node-4"' in shown
