"""What a run has shown so far: one result per scenario, the figures measured on the way, its sessions and tasks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.results.run_results import (
    NOT_OBSERVED,
    Entry,
    Figure,
    Results,
    ScenarioResult,
    SessionTrace,
    StepTime,
    TaskTrace,
    encoded,
)


@dataclass
class Ledger:
    """Filled while a run goes on; written to `path` after every scenario, so that a killed run leaves its truth.

    The fields are those of `Results`.
    """

    path: Path
    scenarios: list[ScenarioResult] = field(default_factory=list)
    steps: list[StepTime] = field(default_factory=list)
    figures: dict[str, list[Figure]] = field(default_factory=dict)
    sessions: dict[str, SessionTrace] = field(default_factory=dict)
    tasks: dict[str, TaskTrace] = field(default_factory=dict)
    left_behind: list[str] = field(default_factory=list)
    cleanup_errors: list[str] = field(default_factory=list)
    not_observed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    ended: bool = False
    _texts: dict[int, tuple[Entry, str]] = field(default_factory=dict, repr=False)

    def add(self, result: ScenarioResult) -> None:
        """Take a scenario's result, and write the whole ledger."""
        self.scenarios.append(result)
        self.write()

    def measure(self, figure: str, value: float, limit: float) -> None:
        """Take a figure, with the limit or total that it is judged against."""
        self.figures.setdefault(figure, []).append((float(value), float(limit)))

    def cleanup_failed(self, sentence: str, *, of_scenario: bool, seen: bool = True) -> None:
        """Take note of a cleanup that failed; the scenario that it belongs to has not passed then.

        Args:
            seen: whether it is known that something was not put away; otherwise it could not be looked at.
        """
        (self.cleanup_errors if seen else self.not_observed).append(sentence)
        if of_scenario and self.scenarios and self.scenarios[-1].passed:
            status = "cleanup_error" if seen else NOT_OBSERVED
            self.scenarios[-1] = dataclasses.replace(self.scenarios[-1], status=status, message=sentence)
        self.write()

    def lose(self, cause: str) -> None:
        """Take note that nothing can be seen any more, once, and write the whole ledger."""
        if cause not in self.lost:
            self.lost.append(cause)
            self.write()

    def end(self, *, aborted: bool) -> None:
        """Write the ledger for the last time; an aborted run has not ended."""
        self.ended = not aborted
        self.write()

    @property
    def results(self) -> Results:
        """What is known by now."""
        return Results(
            scenarios=tuple(self.scenarios),
            steps=tuple(self.steps),
            sessions=tuple(self.sessions.values()),
            tasks=tuple(self.tasks.values()),
            figures=self.figures,
            left_behind=tuple(self.left_behind),
            cleanup_errors=tuple(self.cleanup_errors),
            not_observed=tuple(self.not_observed),
            lost=tuple(self.lost),
            ended=self.ended,
        )

    def write(self) -> None:
        """Write the results so far."""
        self.results.write(self.path, self._encoded)

    def _encoded(self, entry: Entry) -> str:
        """An entry as JSON. It never changes, and is written after every scenario to come: it is made once."""
        if id(entry) not in self._texts:
            # The entry is kept with its text, so that no other can have its id.
            self._texts[id(entry)] = (entry, encoded(entry))
        return self._texts[id(entry)][1]
