"""What a run showed: one result per scenario, the figures measured on the way, its sessions and tasks."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.results.atomic_write import write_whole
from acceptance.results.masking import masked

NOT_OBSERVED = "not observed"
"""The status of a scenario of which nobody saw whether its promise was kept; the others are behave's."""


@dataclass(frozen=True)
class ScenarioResult:
    """One scenario (an outline row counts by itself).

    `step_type` is the failed step's: given, when or then; `rule` the name of the rule that it is an example of;
    `started_at` seconds since the epoch; `worker` names the one of several runs side by side that ran it.
    """

    feature: str
    name: str
    location: str
    tags: tuple[str, ...]
    status: str
    seconds: float
    failed_step: str | None = None
    step_type: str | None = None
    message: str | None = None
    rule: str | None = None
    started_at: float | None = None
    worker: str = ""


@dataclass(frozen=True)
class StepTime:
    """How long one step took, in seconds, and where it stands."""

    sentence: str
    scenario: str
    seconds: float


@dataclass(frozen=True)
class SessionTrace:
    """One session: when it was asked for, the seconds from then to each stage that was seen, and when it ended.

    Instants are seconds since the epoch. `scenario` is the one that first had to do with it.
    """

    session_id: str
    client_id: str
    scenario: str
    asked_at: float
    stages: Mapping[str, float]
    ended_at: float | None = None
    worker: str = ""


@dataclass(frozen=True)
class TaskTrace:
    """One task of a service by its role (hermes, edit), for as long as it was RUNNING, in seconds since the epoch."""

    role: str
    task_id: str
    started_at: float
    stopped_at: float | None
    worker: str = ""


Entry = ScenarioResult | StepTime | SessionTrace | TaskTrace


@dataclass
class Ledger:
    """Filled while a run goes on; written to `path` after every scenario, so that a killed run leaves its truth.

    `left_behind`, `cleanup_errors` and `not_observed` (what could not be seen outside the scenarios) hold a sentence
    each; `lost` says why nothing could be seen any more; `ended` that the run came to its own end.
    """

    path: Path
    scenarios: list[ScenarioResult] = field(default_factory=list)
    steps: list[StepTime] = field(default_factory=list)
    figures: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
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
        if of_scenario and self.scenarios and self.scenarios[-1].status == "passed":
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

    def write(self) -> None:
        """Write the ledger as JSON, its fields by their names, one entry a line, secrets masked."""
        entries: dict[str, Iterable[Entry]] = {
            "scenarios": self.scenarios,
            "steps": self.steps,
            "sessions": self.sessions.values(),
            "tasks": self.tasks.values(),
        }
        rest = {
            "figures": self.figures,
            "left_behind": self.left_behind,
            "cleanup_errors": self.cleanup_errors,
            "not_observed": self.not_observed,
            "lost": self.lost,
            "ended": self.ended,
        }
        parts = [_list(name, map(self._encoded, found)) for name, found in entries.items()]
        parts += [f'"{name}": {json.dumps(masked(value))}' for name, value in rest.items()]
        write_whole(self.path, "{\n" + ",\n".join(parts) + "\n}\n")

    def _encoded(self, entry: Entry) -> str:
        """An entry as JSON. It never changes, and is written after every scenario to come: it is made once."""
        if id(entry) not in self._texts:
            # The entry is kept with its text, so that no other can have its id.
            self._texts[id(entry)] = (entry, json.dumps(masked(dataclasses.asdict(entry))))
        return self._texts[id(entry)][1]


def _list(name: str, entries: Iterable[str]) -> str:
    return f'"{name}": [\n' + ",\n".join(entries) + "\n]"
