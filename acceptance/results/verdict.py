"""The verdict: every reason why a run may not be called good, and the exit code that follows from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from acceptance.results.criteria import CONCURRENCY, CRITERIA, rows, share
from acceptance.results.run_results import NOT_RUN, Results, ScenarioResult
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


WORDS = {
    Code.ACCEPTED: "ACCEPTED",
    Code.NOT_ACCEPTED: "NOT ACCEPTED",
    Code.NOT_JUDGED: "COULD NOT BE JUDGED",
    Code.INTERRUPTED: "INTERRUPTED",
}
CORE = "ACCEPTED (core)"
"""The word for a deployment that keeps all it offers, and does not offer everything."""

PASSED = "passed"
"""The word for a part of the scenarios that is as it should be: only a whole run is accepted."""


@dataclass(frozen=True)
class SelectedScenario:
    """A scenario that is to run; an outline row counts by itself. `file` is relative to the working folder."""

    feature: str
    rule: str | None
    name: str
    file: str
    line: int
    tags: tuple[str, ...]

    @property
    def location(self) -> str:
        """`file:line`, as behave writes it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Reason:
    """One reason. `code` is NOT_ACCEPTED for what the platform or the suite did, NOT_JUDGED for what nobody saw.

    `title` says which kind of reason it is, `detail` the rest. A reason that is one scenario's result has `scenario`,
    its name, with `file` and `line`; one that is about a criterion has its tag.
    """

    code: Code
    title: str
    detail: str = ""
    scenario: str = ""
    file: str = ""
    line: int = 0
    criterion: str = ""

    @property
    def location(self) -> str:
        """The scenario's, as behave writes it; empty if the reason is no scenario's."""
        return f"{self.file}:{self.line}" if self.scenario else ""

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"{self.title}: {self.detail}" if self.detail else self.title


@dataclass(frozen=True)
class RunEvidence:
    """All that a verdict stands on. `selected` is what was to run, as often as it was; `least` how many scenarios must
    have run.
    """

    results: Results
    selected: Sequence[SelectedScenario]
    whole: bool
    least: int
    about_workers: tuple[Reason, ...] = ()
    """What speaks against the processes that ran the scenarios."""
    about_files: tuple[Reason, ...] = ()
    """What could not be read or made, and which files are missing."""
    kept: bool = False
    """Workers stayed for a look: what was to be put away at the end was not looked at."""
    interrupted: bool = False
    mishaps: tuple[str, ...] = ()
    """What failed in the gate itself, as sentences (acceptance/gate/mishaps.py)."""

    @property
    def missing(self) -> list[SelectedScenario]:
        """The scenarios that nobody has a result of, as often as one is lacking."""
        ended = Counter(result.location for result in self.results.scenarios)
        absent = list[SelectedScenario]()
        for wanted in self.selected:
            if ended[wanted.location]:
                ended[wanted.location] -= 1
            else:
                absent.append(wanted)
        return absent


@dataclass(frozen=True)
class Verdict:
    """What is said of a run at its end; `proven` of the request's five criteria are met.

    `word` is `passed` for a part of the scenarios, and `ACCEPTED (core)` where some of them were not judged, since the
    deployment does not offer what they need.
    """

    code: Code
    word: str
    proven: int
    reasons: tuple[Reason, ...]

    @property
    def headline(self) -> str:
        """The verdict in words, and of a part what it proves."""
        if self.word == PASSED:
            return f"{PASSED}; {self.proven} of {len(CRITERIA)} criteria proven by these scenarios"
        return self.word


def judge(case: RunEvidence) -> Verdict:
    """Look for every reason against the run.

    A scenario that failed decides, whatever else could not be seen; an interrupted run decides nothing. Nor does one
    whose gate failed, or its disk: the scenarios may have failed for that.
    """
    reasons = (
        *(Reason(Code.NOT_JUDGED, sentence) for sentence in case.mishaps),
        *_unseen(case.results),
        *case.about_workers,
        *_scenarios(case),
        *_traces(case.results),
        *_criteria(case),
        *_completeness(case),
        *case.about_files,
    )
    codes = {reason.code for reason in reasons}
    if case.interrupted:
        code = Code.INTERRUPTED
    elif case.mishaps or codes == {Code.NOT_JUDGED}:
        code = Code.NOT_JUDGED
    else:
        code = Code.NOT_ACCEPTED if codes else Code.ACCEPTED
    met = [row for row in rows(case.results) if row.word == "met" and row.criterion in CRITERIA]
    accepted = CORE if any(result.unsupported for result in case.results.scenarios) else WORDS[Code.ACCEPTED]
    word = WORDS[code] if code else accepted if case.whole else PASSED
    return Verdict(code, word, len(met), reasons)


def _unseen(results: Results) -> Iterator[Reason]:
    """Why nothing could be seen any more, and what could not be seen outside the scenarios: the causes come first."""
    for cause in results.lost:
        yield Reason(Code.NOT_JUDGED, cause)
    for sentence in results.not_observed:
        yield Reason(Code.NOT_JUDGED, "could not be observed", sentence)


def _scenarios(case: RunEvidence) -> Iterator[Reason]:
    """Scenarios that did not pass, and those nobody has a result of."""
    missing = case.missing
    if missing:
        named = ", ".join(f"{wanted.name} ({wanted.location})" for wanted in missing[:NAMED])
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        yield Reason(Code.NOT_JUDGED, f"no result of {counted(len(missing), 'scenario')}", f"{named}{more}")
    for result in case.results.scenarios:
        where = f"{result.which} ({result.location})"
        if result.status == "skipped":
            if reason_to_skip(result.tags) is None:
                told = f"{where}; add @skip.<reason>"
                yield _of(result, Code.NOT_ACCEPTED, "skipped without a reason", told)
        elif result.unseen:
            if result.message not in case.results.lost:
                yield _of(result, Code.NOT_JUDGED, result.status, f"{where}: {result.message}")
        elif result.broken:
            yield _of(result, Code.NOT_ACCEPTED, result.status, where)


def _of(result: ScenarioResult, code: Code, title: str, detail: str) -> Reason:
    return Reason(code, title, detail, result.name, result.file, result.line)


def _traces(results: Results) -> Iterator[Reason]:
    """Cleanups that failed and what was left behind in the platform."""
    for sentence in results.cleanup_errors:
        yield Reason(Code.NOT_ACCEPTED, "a cleanup failed", sentence)
    for sentence in results.left_behind:
        yield Reason(Code.NOT_ACCEPTED, "left behind", sentence)


def _criteria(case: RunEvidence) -> Iterator[Reason]:
    """No figure breaks a promise, and a whole run proves every criterion: what was skipped proves nothing."""
    # While results are missing nobody can say that there is no proof.
    complete = not case.missing
    for row in rows(case.results):
        promise, tag = row.criterion.promise, row.criterion.tag
        skipped = any(proof.status == "skipped" for proof in row.proofs)
        if row.excess and row.criterion is CONCURRENCY:
            yield Reason(Code.NOT_ACCEPTED, "broken", f"{promise}: {row.excess}", criterion=tag)
        if not case.whole or case.results.lost:
            continue
        if row.word in ("not run", "not proven") and skipped:
            yield Reason(Code.NOT_JUDGED, "not proven", f"{promise}: {share(row.proofs)}", criterion=tag)
        elif row.word == "not run":
            code = Code.NOT_ACCEPTED if complete else Code.NOT_JUDGED
            yield Reason(code, "no scenario proves", promise, criterion=tag)


def _completeness(case: RunEvidence) -> Iterator[Reason]:
    """The floor, since a feature that got lost fails no scenario; and the run's own end.

    What is not supported is no scenario that got lost.
    """
    if case.results.lost:
        return
    ran = sum(result.status not in NOT_RUN for result in case.results.scenarios)
    left_out = sum(result.unsupported for result in case.results.scenarios)
    if ran + left_out < case.least:
        told = f"expected at least {counted(case.least, 'scenario')} to run, {ran} did"
        told += f", and {left_out} are not supported" if left_out else ""
        yield Reason(Code.NOT_JUDGED, told)
    if not case.results.ended and not case.kept:
        yield Reason(Code.NOT_JUDGED, "the results are not those of a run that ended")
