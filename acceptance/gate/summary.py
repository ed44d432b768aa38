"""The end of a run in words: criteria, slowest steps, failures, the verdict, where the report lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from acceptance.results.json_file import Unreadable
from acceptance.results.repetitions import repetitions
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_folder import PAGE, evidence_folder
from acceptance.results.run_results import ScenarioResult
from acceptance.results.summary import criteria_and_steps
from acceptance.results.tags import bugs_of
from acceptance.results.text import counted
from acceptance.results.verdict import Code, RunEvidence, Verdict

LINES = 12
"""How many lines of a failure are told; the rest is in the report."""

RULER = "-" * 72


def summary(folder: Path, case: RunEvidence, verdict: Verdict, *, seconds: float) -> str:
    """Everything a person wants to know first; the verdict comes last, where the eye is.

    Args:
        folder: the run's.
        seconds: how long the run took, from start to end.
    """
    return "\n".join(
        [
            "",
            RULER,
            *criteria_and_steps(case.results),
            *_failures(folder, case),
            *_repetitions(case.results.scenarios),
            *_gone(case.results.scenarios),
            *_reasons(case, verdict),
            *_verdict(case, verdict, seconds, _place(folder)),
            f"Report: {folder / PAGE}" if (folder / PAGE).is_file() else f"Results: {folder}",
        ]
    )


def _failures(folder: Path, case: RunEvidence) -> Iterator[str]:
    unseen = [result for result in case.results.scenarios if result.unseen]
    if unseen:
        yield "Not observed"
    for result in unseen:
        yield f"  {result.which} ({result.location})"
        yield from (f"    {line}" for line in _told(result))
    failed = [result for result in case.results.scenarios if result.broken]
    if failed:
        yield "Failures"
    for result in failed:
        known = "".join(f", known: @{bug}" for bug in bugs_of(result.tags))
        yield f"  {result.status}: {result.which} ({result.location}){known}"
        yield from (f"    {line}" for line in _told(result))
        evidence = folder / evidence_folder(result.name, result.repetition)
        if evidence.is_dir():
            yield f"    evidence: {evidence}"


def _repetitions(scenarios: Sequence[ScenarioResult]) -> Iterator[str]:
    found = repetitions(scenarios)
    if found:
        yield "Each several times"
    for each in found:
        yield f"  {each.told}: {each.name} ({each.location})"


def _gone(scenarios: Sequence[ScenarioResult]) -> Iterator[str]:
    """Scenarios that pass although it is known why they would not."""
    found = [(bug, result) for result in scenarios if result.passed for bug in bugs_of(result.tags)]
    if found:
        yield "Known bugs that did not show: take the tag away if they are mended"
    for bug, result in found:
        yield f"  @{bug}: {result.which} ({result.location})"


def _told(result: ScenarioResult) -> list[str]:
    lines = [line for line in (result.message or "").strip().splitlines() if line.strip()]
    more = [f"... {len(lines) - LINES} more lines in the report"] if len(lines) > LINES else []
    return [*([result.failed_step] if result.failed_step else []), *lines[:LINES], *more]


def _reasons(case: RunEvidence, verdict: Verdict) -> Iterator[str]:
    """Those that no failure above has told already."""
    told = {result.location for result in case.results.scenarios if result.broken or result.unseen}
    others = [reason.sentence for reason in verdict.reasons if reason.location not in told]
    if others:
        yield "Why not"
    for sentence in others:
        first, *rest = sentence.splitlines()
        yield f"  {first}"
        yield from (f"    {line}" for line in rest)


def _place(folder: Path) -> str:
    """` on the sandbox`, or wherever it was; nothing where the run did not get as far as to say it."""
    try:
        place = RunFacts.read(folder).place
    except Unreadable:
        return ""
    return f" on {place}" if place else ""


def _where(verdict: Verdict, place: str) -> str:
    """The headline, its word followed by where that holds."""
    return verdict.headline.replace(verdict.word, f"{verdict.word}{place}", 1)


def _verdict(case: RunEvidence, verdict: Verdict, seconds: float, place: str) -> Iterator[str]:
    scenarios = case.results.scenarios
    missing = len(case.selected) - len(scenarios)
    yield RULER
    told = f"{counted(len(scenarios), 'scenario')} in {seconds:.0f} s: {case.results.statuses}"
    told += f"; {missing} without a result" if missing > 0 else ""
    if verdict.code is Code.NOT_JUDGED:
        # Whoever reads one line only must learn why.
        cause, _, _ = verdict.reasons[0].sentence.partition("\n")
        yield f"{_where(verdict, place)}: {cause}"
        yield f"{told[:1].upper()}{told[1:]}"
    else:
        yield f"{_where(verdict, place)}: {told}"
    if case.kept:
        yield "Kept for a look: whether anything was left behind was not looked at."
