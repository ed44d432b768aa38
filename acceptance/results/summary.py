"""The end of a run in words: every criterion, met or not, by what and with which figure; slowest steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from acceptance.results.criteria import Row, rows, share
from acceptance.results.run_results import NOT_RUN, Results, ScenarioResult

SLOWEST = 10


def summary(results: Results) -> str:
    """All of it; the first line counts the scenarios, since behave's own count forgets those in a Rule."""
    seconds = sum(scenario.seconds for scenario in results.scenarios)
    counts = f"{len(results.scenarios)} scenarios in {seconds:.0f} s: {results.statuses}"
    return "\n".join([counts, *criteria_and_steps(results)])


def criteria_and_steps(results: Results) -> Iterator[str]:
    """The criteria, the slowest steps, and what else is to be said."""
    yield "Success criteria"
    for row in rows(results):
        yield f"  {row.word:<10} {row.criterion.promise}: {row.excess or row.figure}"
        yield from (f"             {line}" for line in _proofs(row))
    yield "Slowest steps"
    slowest = sorted(results.steps, key=lambda step: step.seconds, reverse=True)[:SLOWEST]
    yield from (f"  {step.seconds:6.1f} s  {step.sentence}   ({step.scenario})" for step in slowest)
    for title, sentences in (
        ("Left behind", results.left_behind),
        ("Cleanups that failed", results.cleanup_errors),
        ("Could not be observed", [*results.lost, *results.not_observed]),
    ):
        if sentences:
            yield title
            yield from (f"  {sentence}" for sentence in sentences)


def _proofs(row: Row) -> Iterable[str]:
    """One line per feature: how many scenarios prove the criterion; one per scenario that does not."""
    by_feature: dict[str, list[ScenarioResult]] = {}
    for proof in row.proofs:
        by_feature.setdefault(proof.feature, []).append(proof)
    for feature, results in by_feature.items():
        yield f"{feature}: {share(results)}"
        for result in results:
            if not result.passed and result.status not in NOT_RUN:
                yield f"  {result.status}: {result.name} ({result.location})"
