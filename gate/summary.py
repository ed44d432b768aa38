"""The end of a run in words: criteria, slowest steps, failures, the verdict, where the report lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drivers.evidence import slug
from gate.record import REPORT, Record, Result
from gate.verdict import Case, Verdict
from gate.words import counted

LINES = 12
"""How many lines of a failure are told; the rest is in the report."""

RULER = "-" * 72


def summary(case: Case, verdict: Verdict, *, seconds: float | None) -> str:
    """Everything a person wants to know first; the verdict comes last, where the eye is.

    Args:
        seconds: how long the run took, from start to end; None where nobody measured it.
    """
    return "\n".join(
        [
            "",
            RULER,
            *_criteria_and_steps(case.record),
            *_failures(case),
            *_reasons(case, verdict),
            *_verdict(case, verdict, seconds),
        ]
    )


def _criteria_and_steps(record: Record) -> Iterator[str]:
    """The ledger's own summary without its first line, which counts."""
    _, *lines = record.ledger().summary().splitlines()
    yield from lines


def _failures(case: Case) -> Iterator[str]:
    failed = [result for result in case.record.scenarios if result.status not in ("passed", "skipped")]
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


def _reasons(case: Case, verdict: Verdict) -> Iterator[str]:
    """The findings that no failure above has told already."""
    told = {f"({result.location})" for result in case.record.scenarios if result.status != "skipped"}
    others = [f.sentence for f in verdict.findings if not any(f.sentence.endswith(place) for place in told)]
    if others:
        yield "Why not"
    for sentence in others:
        first, *rest = sentence.splitlines()
        yield f"  {first}"
        yield from (f"    {line}" for line in rest)


def _verdict(case: Case, verdict: Verdict, seconds: float | None) -> Iterator[str]:
    statuses = [result.status for result in case.record.scenarios]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in sorted(set(statuses))) or "none"
    missing = len(case.selected) - len(statuses)
    took = f" in {seconds:.0f} s" if seconds is not None else ""
    yield RULER
    yield f"{verdict.word}: {counted(len(statuses), 'scenario')}{took}: {counts}" + (
        f"; {missing} without a result" if missing > 0 else ""
    )
    if case.kept:
        yield "Kept for a look: whether anything was left behind was not looked at."
    yield from _where(case.folder)


def _where(folder: Path) -> Iterator[str]:
    yield f"Report: {folder / REPORT}" if (folder / REPORT).is_file() else f"Results: {folder}"
