"""What became of scenarios that ran several times each, as `--repeat-each` has them do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acceptance.results.run_results import ScenarioResult


@dataclass(frozen=True)
class Repeated:
    """A scenario and how each of its times ended, in their order."""

    name: str
    location: str
    results: tuple[ScenarioResult, ...]

    @property
    def told(self) -> str:
        """How often it passed, and which times it did not: `passed 3 of 5 times; failed: 2 of 5, 4 of 5`."""
        passed = sum(result.passed for result in self.results)
        others: dict[str, list[str]] = {}
        for result in self.results:
            if not result.passed:
                others.setdefault(result.status, []).append(result.repetition)
        told = [f"passed {passed} of {len(self.results)} times"]
        return "; ".join([*told, *(f"{status}: {', '.join(times)}" for status, times in others.items())])


def repetitions(scenarios: Iterable[ScenarioResult]) -> list[Repeated]:
    """The scenarios that ran several times, those that passed least often first; none of a run of each once."""
    alike: dict[str, list[ScenarioResult]] = {}
    for result in scenarios:
        if result.repetition:
            alike.setdefault(result.location, []).append(result)
    found = [Repeated(each[0].name, location, tuple(each)) for location, each in alike.items()]
    return sorted(found, key=lambda each: sum(result.passed for result in each.results) / len(each.results))
