"""The verdict: every reason why a run may not be called good, and the exit code that follows from them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from acceptance.gate.results_reader import JUNIT, MESSAGES, REPORT, BrokenRecord, Record, messages_end
from acceptance.gate.selection import SelectedScenario
from acceptance.gate.worker import Outcome, ended_by
from acceptance.results.criteria import CONCURRENCY, CRITERIA, NOT_RUN, share
from acceptance.results.ledger import NOT_OBSERVED
from acceptance.results.tags import reason_to_skip
from acceptance.results.text import counted

NAMED = 10
"""How many scenarios a sentence names; of more, only the number is told."""


class Code(IntEnum):
    """The gate's exit codes."""

    ACCEPTED = 0
    NOT_ACCEPTED = 1
    NOT_JUDGED = 2
    INTERRUPTED = 130


@dataclass(frozen=True)
class Finding:
    """One reason. `code` is NOT_ACCEPTED for what the platform or the suite did, NOT_JUDGED for what nobody saw.

    `location` is the scenario's (file:line) where the reason is that scenario's result.
    """

    code: Code
    sentence: str
    location: str = ""

    @property
    def title(self) -> str:
        """Its first words: what kind of reason it is."""
        return re.split(r"[:;] |\n", self.sentence, maxsplit=1)[0]


@dataclass(frozen=True)
class RunEvidence:
    """All that a verdict stands on. `selected` is what was to run; `least` how many scenarios must have run."""

    folder: Path
    selected: Sequence[SelectedScenario]
    whole: bool
    least: int
    record: Record
    about_workers: tuple[Finding, ...] = ()
    """See `findings_of`."""
    kept: bool = False
    """Workers stayed for a look: what was to be put away at the end was not looked at."""
    interrupted: bool = False
    broken: tuple[str, ...] = ()
    """What could not be read or made, as sentences."""
    mishaps: tuple[str, ...] = ()
    """What failed in the gate itself, as sentences (acceptance/gate/mishaps.py)."""


@dataclass(frozen=True)
class Verdict:
    """What is said of a run at its end."""

    findings: tuple[Finding, ...]
    whole: bool
    interrupted: bool
    proven: int
    """How many of the five criteria are met."""
    spoilt: bool = False
    """Whether the gate itself failed."""

    @property
    def code(self) -> Code:
        """A scenario that failed decides, whatever else could not be seen; an interrupted run decides nothing.

        Nor does one whose gate failed, or its disk: the scenarios may have failed for that.
        """
        if self.interrupted:
            return Code.INTERRUPTED
        if self.spoilt:
            return Code.NOT_JUDGED
        codes = {finding.code for finding in self.findings}
        if Code.NOT_ACCEPTED in codes:
            return Code.NOT_ACCEPTED
        return Code.NOT_JUDGED if codes else Code.ACCEPTED

    @property
    def word(self) -> str:
        """The verdict in words; `accepted` is for whole runs alone."""
        match self.code:
            case Code.INTERRUPTED:
                return "INTERRUPTED"
            case Code.NOT_ACCEPTED:
                return "NOT ACCEPTED"
            case Code.NOT_JUDGED:
                return "COULD NOT BE JUDGED"
        if self.whole:
            return "ACCEPTED"
        return f"passed; {self.proven} of {len(CRITERIA)} criteria proven by these scenarios"


def judge(case: RunEvidence, *, report: bool = True) -> Verdict:
    """Look for every reason against the run; `report` says whether the report must lie there already."""
    return Verdict(
        findings=(
            *(Finding(Code.NOT_JUDGED, sentence) for sentence in case.mishaps),
            *_unseen(case),
            *case.about_workers,
            *_scenarios(case),
            *_traces(case),
            *_criteria(case),
            *_counts(case),
            *_files(case, (REPORT, JUNIT) if report else (JUNIT,)),
        ),
        whole=case.whole,
        interrupted=case.interrupted,
        proven=sum(row.word == "met" and row.criterion in CRITERIA for row in case.record.rows()),
        spoilt=bool(case.mishaps),
    )


def findings_of(outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    """Workers that died, behave's own verdict where nothing else explains it, and what workers left."""
    yield from _ends(outcomes)
    for outcome in outcomes:
        for sentence in outcome.left:
            # The harness' own litter says nothing about the platform, whose own is in the results.
            yield Finding(Code.NOT_JUDGED, f"the run left on its own machine: {sentence}, by {outcome.name}")


def _ends(outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    for outcome in outcomes:
        if outcome.kept or outcome.recalled:
            continue
        fine = all(ended.status in ("passed", "skipped") for ended in outcome.progress.ended)
        if outcome.died:
            during = outcome.progress.scenario or outcome.progress.step
            yield Finding(
                Code.NOT_JUDGED,
                f'{outcome.name} {ended_by(outcome.code)} before it had finished, during "{during}"; '
                f"its log {outcome.folder} ends:\n{outcome.tail()}",
            )
        elif outcome.code != 0 and fine and outcome.progress.ended and not _told_why(outcome.folder):
            yield Finding(
                Code.NOT_ACCEPTED,
                f"{outcome.name} {ended_by(outcome.code)} although its scenarios passed: "
                f"a hook or a cleanup failed; its log {outcome.folder} ends:\n{outcome.tail()}",
            )
        elif not outcome.progress.ended and not outcome.progress.lost:
            yield Finding(
                Code.NOT_JUDGED,
                f"{outcome.name} ran none of its scenarios ({len(outcome.unit.scenarios)}); "
                f"its log {outcome.folder} ends:\n{outcome.tail()}",
            )


def _told_why(folder: Path) -> bool:
    """Whether a worker's own results say which cleanup failed, or what could not be seen."""
    with contextlib.suppress(BrokenRecord):
        record = Record.read(folder)
        return record is not None and bool(record.cleanup_errors or record.not_observed or record.lost)
    return False


def _unseen(case: RunEvidence) -> Iterator[Finding]:
    """Why nothing could be seen any more, and what could not be seen outside the scenarios: the causes come first."""
    for cause in case.record.lost:
        yield Finding(Code.NOT_JUDGED, cause)
    for sentence in case.record.not_observed:
        yield Finding(Code.NOT_JUDGED, f"could not be observed: {sentence}")


def _scenarios(case: RunEvidence) -> Iterator[Finding]:
    """Scenarios that did not pass, and those nobody has a result of."""
    results = {result.location: result for result in case.record.scenarios}
    missing = [wanted for wanted in case.selected if wanted.location not in results]
    if missing:
        yield Finding(Code.NOT_JUDGED, f"no result of {counted(len(missing), 'scenario')}: {_named(missing)}")
    for result in case.record.scenarios:
        where = f"{result.name} ({result.location})"
        if result.status == "passed":
            continue
        if result.status == "skipped":
            if reason_to_skip(result.tags) is None:
                sentence = f"skipped without a reason: {where}; add @skip.<reason>"
                yield Finding(Code.NOT_ACCEPTED, sentence, result.location)
        elif result.status == NOT_OBSERVED:
            if result.message not in case.record.lost:
                yield Finding(Code.NOT_JUDGED, f"not observed: {where}: {result.message}", result.location)
        else:
            yield Finding(Code.NOT_ACCEPTED, f"{result.status}: {where}", result.location)


def _traces(case: RunEvidence) -> Iterator[Finding]:
    """Cleanups that failed and what was left behind in the platform."""
    for sentence in case.record.cleanup_errors:
        yield Finding(Code.NOT_ACCEPTED, f"a cleanup failed: {sentence}")
    for sentence in case.record.left_behind:
        yield Finding(Code.NOT_ACCEPTED, f"left behind: {sentence}")


def _criteria(case: RunEvidence) -> Iterator[Finding]:
    """No figure breaks a promise, and a whole run proves every criterion: what was skipped proves nothing."""
    # While results are missing nobody can say that there is no proof.
    complete = len(case.record.scenarios) >= len(case.selected)
    for row in case.record.rows():
        promise = row.criterion.promise
        skipped = any(proof.status == "skipped" for proof in row.proofs)
        if row.excess and row.criterion is CONCURRENCY:
            yield Finding(Code.NOT_ACCEPTED, f"broken: {promise}: {row.excess}")
        if not case.whole or case.record.lost:
            continue
        if row.word in ("not run", "not proven") and skipped:
            yield Finding(Code.NOT_JUDGED, f"not proven: {promise}: {share(row.proofs)}")
        elif row.word == "not run":
            code = Code.NOT_ACCEPTED if complete else Code.NOT_JUDGED
            yield Finding(code, f"no scenario proves: {promise}")


def _counts(case: RunEvidence) -> Iterator[Finding]:
    """The floor: a feature that got lost fails no scenario."""
    ran = sum(result.status not in NOT_RUN for result in case.record.scenarios)
    if ran < case.least and not case.record.lost:
        yield Finding(
            Code.NOT_JUDGED, f"expected at least {counted(case.least, 'scenario')} to run, {ran} did"
        )


def _files(case: RunEvidence, names: Sequence[str]) -> Iterator[Finding]:
    """The results are complete on disk."""
    for sentence in case.broken:
        yield Finding(Code.NOT_JUDGED, sentence)
    if not case.record.ended and not case.kept and not case.record.lost:
        yield Finding(Code.NOT_JUDGED, f"the results in {case.folder} are not those of a run that ended")
    wrong = messages_end(case.folder / MESSAGES)
    if wrong:
        yield Finding(Code.NOT_JUDGED, wrong)
    for name in names:
        if not (case.folder / name).is_file():
            yield Finding(Code.NOT_JUDGED, f"expected {name} in {case.folder}, found no such file")


def _named(scenarios: Sequence[SelectedScenario]) -> str:
    named = ", ".join(f"{wanted.name} ({wanted.location})" for wanted in scenarios[:NAMED])
    return f"{named} and {len(scenarios) - NAMED} more" if len(scenarios) > NAMED else named
