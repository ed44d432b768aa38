"""The success criteria of the request, and what a run says of each.

A scenario proves one by carrying its tag, and may add a figure. Beside the request's five stands a sixth promise, so
that every scenario counts for something: that nobody gets another's work, and that bad input leaves no trace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acceptance.capabilities import Capability
from acceptance.results.peaks import EDIT_TASKS_AT_MOST, busiest
from acceptance.results.run_results import (
    COULD_NOT_BEGIN,
    NOT_OBSERVED,
    NOT_SUPPORTED,
    Figure,
    Results,
    ScenarioResult,
)


@dataclass(frozen=True)
class Criterion:
    """One success criterion: its tag, the contract's words, and how its figures are told.

    `limited` says that a figure above its limit breaks the promise, whatever its scenarios saw.
    """

    tag: str
    name: str
    meaning: str
    figure: str
    tell: Callable[[Sequence[Figure]], str]
    limited: bool = False

    @property
    def promise(self) -> str:
        """Its name and what it means."""
        return f"{self.name}: {self.meaning}"


@dataclass(frozen=True)
class Row:
    """What a run says of one criterion. `proofs` are all the scenarios that carry its tag."""

    criterion: Criterion
    word: str
    """`met`, `NOT MET`, `not proven` (some were skipped or not observed, or could not begin) or `not run`. What is not
    supported counts neither way."""
    figure: str
    proofs: Sequence[ScenarioResult]
    excess: str
    """The figure that broke the promise though every scenario passed, in words; empty if none did."""


def _longest(values: Sequence[Figure]) -> str:
    seconds, limit = max(values)
    return f"longest {seconds:.1f} s of {limit:.0f} s"


def _of_all(noun: str) -> Callable[[Sequence[Figure]], str]:
    return lambda values: f"{sum(v for v, _ in values):.0f} of {sum(n for _, n in values):.0f} {noun}"


def _most(values: Sequence[Figure]) -> str:
    most, limit = max(values)
    return f"most tasks at once {most:.0f} of {limit:.0f}"


def _slowest_to_zero(values: Sequence[Figure]) -> str:
    seconds, idle = max(values)
    return f"back at zero {seconds:.1f} s after the last activity (idle time {idle:.0f} s)"


CONCURRENCY = Criterion(
    "criterion.concurrency", "Concurrency", "isolated, at most 3 tasks", "tasks", _most, limited=True
)
CRITERIA = (
    Criterion(
        "criterion.cold_start",
        "Cold start",
        "from the request to a live preview",
        "cold_start",
        _longest,
        limited=True,
    ),
    Criterion("criterion.persistence", "Persistence", "files kept", "files", _of_all("files kept")),
    CONCURRENCY,
    Criterion(
        "criterion.routing", "Routing", "right answer, right service", "routes", _of_all("answers right")
    ),
    Criterion("criterion.scaling", "Scaling", "up when asked, zero when idle", "zero", _slowest_to_zero),
)
"""The request's five."""

OWNERSHIP = Criterion(
    "promise.ownership",
    "Ownership and safety",
    "nobody gets another's work, and bad input leaves no trace",
    "ownership",
    _of_all("scenarios"),
)

ALL = (*CRITERIA, OWNERSHIP)


def rows(results: Results) -> tuple[Row, ...]:
    """A row for each of `ALL`. The most tasks at once are those of the whole run, as its picture draws them."""
    peak = busiest(results.tasks)
    known = {name: list(values) for name, values in results.figures.items()}
    if peak is not None:
        known.setdefault(CONCURRENCY.figure, []).append((peak.count, EDIT_TASKS_AT_MOST))
    found = []
    for criterion in ALL:
        proofs = [scenario for scenario in results.scenarios if criterion.tag in scenario.tags]
        values = known.get(criterion.figure, [])
        broken = criterion.limited and any(value > limit for value, limit in values)
        told = criterion.tell(values) if values else _counted(proofs)
        left_out = not_supported(proofs)
        if values and left_out:
            told = f"{told}; {share(proofs)}"
        excess = str(peak) if broken and peak is not None and peak.count > EDIT_TASKS_AT_MOST else told
        word = "NOT MET" if broken else verdict(proofs)
        found.append(Row(criterion, word, told, proofs, excess if broken else ""))
    return tuple(found)


_PROVING_NOTHING = ("skipped", NOT_OBSERVED, COULD_NOT_BEGIN)


def verdict(proofs: Sequence[ScenarioResult]) -> str:
    """What the scenarios that carry a criterion's tag say of it; see `Row.word`."""
    statuses = {proof.status for proof in proofs} - {NOT_SUPPORTED}
    if not statuses - {"skipped"}:
        return "not run"
    if statuses - {"passed", *_PROVING_NOTHING}:
        return "NOT MET"
    return "met" if statuses == {"passed"} else "not proven"


def share(proofs: Sequence[ScenarioResult], noun: str = "scenarios") -> str:
    """How many of the scenarios passed, and why others prove nothing.

    `4 of 5 scenarios; 1 skipped`, or `12 of 13 scenarios; not supported: mail`.
    """
    counts = Counter(proof.status for proof in proofs)
    others = [f"{counts[status]} {status}" for status in _PROVING_NOTHING if counts[status]]
    left_out = not_supported(proofs)
    return "; ".join(
        [f"{counts['passed']} of {len(proofs)} {noun}", *others, *([left_out] if left_out else [])]
    )


def not_supported(results: Sequence[ScenarioResult]) -> str:
    """For want of what some of the scenarios are not judged: `not supported: mail, threads`; empty if all are."""
    named = {name for result in results for name in result.lacking}
    return f"not supported: {', '.join(name for name in Capability if name in named)}" if named else ""


def _counted(proofs: Sequence[ScenarioResult]) -> str:
    return share(proofs) if proofs else "no scenario"
