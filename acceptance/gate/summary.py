"""The end of a run in words: criteria, slowest steps, failures, the verdict, where the report lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from acceptance.gate.results_reader import REPORT, Result
from acceptance.gate.verdict import Code, RunEvidence, Verdict
from acceptance.results.ledger import NOT_OBSERVED
from acceptance.results.run_folder import slug
from acceptance.results.summary import criteria_and_steps
from acceptance.results.text import counted

LINES = 12
"""How many lines of a failure are told; the rest is in the report."""

RULER = "-" * 72


def summary(case: RunEvidence, verdict: Verdict, *, seconds: float | None) -> str:
    """Everything a person wants to know first; the verdict comes last, where the eye is.

    Args:
        seconds: how long the run took, from start to end; None where nobody measured it.
    """
    return "\n".join(
        [
            "",
            RULER,
            *criteria_and_steps(case.record.ledger()),
            *_failures(case),
            *_reasons(case, verdict),
            *_verdict(case, verdict, seconds),
        ]
    )


def _failures(case: RunEvidence) -> Iterator[str]:
    unseen = [result for result in case.record.scenarios if result.status == NOT_OBSERVED]
    if unseen:
        yield "Not observed"
    for result in unseen:
        yield f"  {result.name} ({result.location})"
        yield from (f"    {line}" for line in _told(result))
    fine = ("passed", "skipped", NOT_OBSERVED)
    failed = [result for result in case.record.scenarios if result.status not in fine]
    if failed:
        yield "Failures"
    for result in failed:
        yield f"  {result.status}: {result.name} ({result.location})"
        yield from (f"    {line}" for line in _told(result))
        evidence = case.folder / slug(result.name)
        if evidence.is_dir():
            yield f"    evidence: {evidence}"


def _told(result: Result) -> list[str]:
    lines = [line for line in (result.message or "").strip().splitlines() if line.strip()]
    more = [f"... {len(lines) - LINES} more lines in the report"] if len(lines) > LINES else []
    return [*([result.failed_step] if result.failed_step else []), *lines[:LINES], *more]


def _reasons(case: RunEvidence, verdict: Verdict) -> Iterator[str]:
    """The findings that no failure above has told already."""
    told = {result.location for result in case.record.scenarios if result.status != "skipped"}
    others = [finding.sentence for finding in verdict.findings if finding.location not in told]
    if others:
        yield "Why not"
    for sentence in others:
        first, *rest = sentence.splitlines()
        yield f"  {first}"
        yield from (f"    {line}" for line in rest)


def _verdict(case: RunEvidence, verdict: Verdict, seconds: float | None) -> Iterator[str]:
    statuses = [result.status for result in case.record.scenarios]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in sorted(set(statuses))) or "none"
    missing = len(case.selected) - len(statuses)
    took = f" in {seconds:.0f} s" if seconds is not None else ""
    yield RULER
    told = f"{counted(len(statuses), 'scenario')}{took}: {counts}" + (
        f"; {missing} without a result" if missing > 0 else ""
    )
    if verdict.code is Code.NOT_JUDGED:
        # Whoever reads one line only must learn why.
        cause, _, _ = verdict.findings[0].sentence.partition("\n")
        yield f"{verdict.word}: {cause}"
        yield f"{told[:1].upper()}{told[1:]}"
    else:
        yield f"{verdict.word}: {told}"
    if case.kept:
        yield "Kept for a look: whether anything was left behind was not looked at."
    yield from _where(case.folder)


def _where(folder: Path) -> Iterator[str]:
    yield f"Report: {folder / REPORT}" if (folder / REPORT).is_file() else f"Results: {folder}"
