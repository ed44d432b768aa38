"""What GitHub Actions shows of a run: annotations at the scenarios' lines, and a Markdown summary.

Format: docs.github.com, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from acceptance.results.criteria import rows
from acceptance.results.run_folder import PAGE
from acceptance.results.run_results import FINE
from acceptance.results.verdict import RunEvidence, Verdict

ANNOTATED = 10
"""GitHub shows so many errors of a step; the last one says how many there are more."""

LONGEST = 1000


def annotate(case: RunEvidence, verdict: Verdict) -> Iterator[str]:
    """`::error` commands: one per scenario that did not pass or has no result, one per other reason."""
    told = [
        _error(f"{result.status}: {result.name}", result.message or result.status, result.file, result.line)
        for result in case.results.scenarios
        if result.status not in FINE
    ]
    told += [
        _error(f"no result: {wanted.name}", "its worker died", wanted.file, wanted.line)
        for wanted in case.missing
    ]
    told += [_error(verdict.headline, reason.sentence) for reason in verdict.reasons if not reason.scenario]
    yield from told[:ANNOTATED]
    if len(told) > ANNOTATED:
        yield _error(verdict.headline, f"and {len(told) - ANNOTATED} more; see the report")


def step_summary(case: RunEvidence, verdict: Verdict) -> str:
    """The run in Markdown: verdict, criteria with figures, reasons, failures."""
    lines = [
        f"## {verdict.headline}",
        "",
        f"{len(case.results.scenarios)} scenarios: {case.results.statuses}",
        "",
        "| criterion | | figure |",
        "| --- | --- | --- |",
    ]
    for row in rows(case.results):
        told = _cell(row.excess or row.figure)
        lines.append(f"| {_cell(row.criterion.promise)} | {row.word} | {told} |")
    if verdict.reasons:
        lines += ["", "### Why not", ""]
        lines += [f"- {_cell(reason.sentence[:LONGEST])}" for reason in verdict.reasons]
    failed = [result for result in case.results.scenarios if result.status not in FINE]
    for result in failed:
        lines += ["", f"<details><summary>{_html(result.name)} ({_html(result.location)})</summary>", ""]
        lines += ["```", (result.message or "").replace("```", "'''")[:LONGEST], "```", "", "</details>"]
    return "\n".join([*lines, "", f"Report: `{PAGE}` in the artifact of this run.", ""])


def append(path: Path, text: str) -> None:
    """Add to the file that $GITHUB_STEP_SUMMARY names."""
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _error(title: str, message: str, file: str | None = None, line: int = 0) -> str:
    where = f"file={_property(file)},line={line}," if file else ""
    return f"::error {where}title={_property(title)}::{_data(message[:LONGEST])}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cell(text: str) -> str:
    return _html(" ".join(text.split())).replace("|", "\\|")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
