"""What GitHub Actions shows of a run: annotations at the scenarios' lines, and a Markdown summary.

Format: docs.github.com, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from acceptance.gate.results_reader import REPORT, Record
from acceptance.gate.selection import SelectedScenario
from acceptance.gate.verdict import RunEvidence, Verdict

ANNOTATED = 10
"""GitHub shows so many errors of a step; the last one says how many there are more."""

LONGEST = 1000


def annotate(case: RunEvidence, verdict: Verdict, missing: list[SelectedScenario]) -> Iterator[str]:
    """`::error` commands: one per scenario that did not pass or has no result, one per other reason."""
    told = [
        _error(f"{result.status}: {result.name}", result.message or result.status, result.file, result.line)
        for result in case.record.scenarios
        if result.status not in ("passed", "skipped")
    ]
    told += [
        _error(f"no result: {wanted.name}", "its worker died", wanted.file, wanted.line) for wanted in missing
    ]
    told += [_error(verdict.word, finding.sentence) for finding in verdict.findings if not finding.location]
    yield from told[:ANNOTATED]
    if len(told) > ANNOTATED:
        yield _error(verdict.word, f"and {len(told) - ANNOTATED} more; see the report")


def step_summary(case: RunEvidence, verdict: Verdict) -> str:
    """The run in Markdown: verdict, criteria with figures, reasons, failures."""
    lines = [
        f"## {verdict.word}",
        "",
        counts(case.record),
        "",
        "| criterion | | figure |",
        "| --- | --- | --- |",
    ]
    for row in case.record.rows():
        told = _cell(row.excess or row.figure)
        lines.append(f"| {_cell(row.criterion.promise)} | {row.word} | {told} |")
    if verdict.findings:
        lines += ["", "### Why not", ""]
        lines += [f"- {_cell(finding.sentence[:LONGEST])}" for finding in verdict.findings]
    failed = [result for result in case.record.scenarios if result.status not in ("passed", "skipped")]
    for result in failed:
        lines += ["", f"<details><summary>{_html(result.name)} ({_html(result.location)})</summary>", ""]
        lines += ["```", (result.message or "").replace("```", "'''")[:LONGEST], "```", "", "</details>"]
    return "\n".join([*lines, "", f"Report: `{REPORT}` in the artifact of this run.", ""])


def counts(record: Record) -> str:
    """How many scenarios ended how."""
    statuses = [result.status for result in record.scenarios]
    told = ", ".join(f"{statuses.count(status)} {status}" for status in sorted(set(statuses)))
    return f"{len(statuses)} scenarios: {told or 'none'}"


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
