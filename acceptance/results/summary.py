"""The end of a run in words: every criterion, met or not, by what and with which figure; slowest steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from acceptance.results.criteria import NOT_RUN, Row, rows, share
from acceptance.results.ledger import Ledger, ScenarioResult

SLOWEST = 10


def summary(ledger: Ledger) -> str:
    """All of it; the first line counts the scenarios."""
    return "\n".join([_counts(ledger.scenarios), *criteria_and_steps(ledger)])


def criteria_and_steps(ledger: Ledger) -> Iterator[str]:
    """The criteria, the slowest steps, and what else is to be said."""
    yield "Success criteria"
    for row in rows(ledger.scenarios, ledger.figures, ledger.tasks.values()):
        yield f"  {row.word:<10} {row.criterion.promise}: {row.excess or row.figure}"
        yield from (f"             {line}" for line in _proofs(row))
    yield "Slowest steps"
    slowest = sorted(ledger.steps, key=lambda step: step.seconds, reverse=True)[:SLOWEST]
    yield from (f"  {step.seconds:6.1f} s  {step.sentence}   ({step.scenario})" for step in slowest)
    for title, sentences in (
        ("Left behind", ledger.left_behind),
        ("Cleanups that failed", ledger.cleanup_errors),
        ("Could not be observed", [*ledger.lost, *ledger.not_observed]),
    ):
        if sentences:
            yield title
            yield from (f"  {sentence}" for sentence in sentences)


def _counts(scenarios: Sequence[ScenarioResult]) -> str:
    """How many scenarios ended how, and their time together; behave's own count forgets those in a Rule."""
    statuses = Counter(scenario.status for scenario in scenarios)
    ended = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    seconds = sum(scenario.seconds for scenario in scenarios)
    return f"{len(scenarios)} scenarios in {seconds:.0f} s: {ended or 'none'}"


def _proofs(row: Row) -> Iterable[str]:
    """One line per feature: how many scenarios prove the criterion; one per scenario that does not."""
    by_feature: dict[str, list[ScenarioResult]] = {}
    for proof in row.proofs:
        by_feature.setdefault(proof.feature, []).append(proof)
    for feature, results in by_feature.items():
        yield f"{feature}: {share(results)}"
        for result in results:
            if result.status != "passed" and result.status not in NOT_RUN:
                yield f"  {result.status}: {result.name} ({result.location})"
