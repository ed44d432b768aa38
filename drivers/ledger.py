"""What a run showed: one result per scenario, the figures measured on the way, and the five criteria.

The criteria are the contract's success criteria; a scenario proves one by carrying its tag, and may add a figure.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drivers.files import write_whole
from drivers.masking import masked

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
    """One task of a service by its role (hermes, edit), from running to stopped, in seconds since the epoch."""

    role: str
    task_id: str
    started_at: float
    stopped_at: float | None
    worker: str = ""


Entry = ScenarioResult | StepTime | SessionTrace | TaskTrace


@dataclass(frozen=True)
class Criterion:
    """One success criterion: its tag, the contract's words, and how its figures are told."""

    tag: str
    promise: str
    figure: str
    tell: Callable[[Sequence[tuple[float, float]]], str]


def _longest(values: Sequence[tuple[float, float]]) -> str:
    seconds, limit = max(values)
    return f"longest {seconds:.1f} s of {limit:.0f} s"


def _of_all(noun: str) -> Callable[[Sequence[tuple[float, float]]], str]:
    return lambda values: f"{sum(v for v, _ in values):.0f} of {sum(n for _, n in values):.0f} {noun}"


def _most(values: Sequence[tuple[float, float]]) -> str:
    most, limit = max(values)
    return f"most tasks at once {most:.0f} of {limit:.0f}"


def _slowest_to_zero(values: Sequence[tuple[float, float]]) -> str:
    seconds, idle = max(values)
    return f"back at zero {seconds:.1f} s after the last activity (idle time {idle:.0f} s)"


CRITERIA = (
    Criterion(
        "criterion.cold_start", "Cold start: from the request to a live preview", "cold_start", _longest
    ),
    Criterion("criterion.persistence", "Persistence: files kept", "files", _of_all("files kept")),
    Criterion("criterion.concurrency", "Concurrency: isolated, at most 3 tasks", "tasks", _most),
    Criterion(
        "criterion.routing", "Routing: right answer, right service", "routes", _of_all("answers right")
    ),
    Criterion("criterion.scaling", "Scaling: up when asked, zero when idle", "zero", _slowest_to_zero),
)


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
        self.figures.setdefault(figure, []).append((value, limit))

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

    def summary(self) -> str:
        """The end of a run in words: every criterion, met or not, by what and with which figure; slowest steps."""
        lines = [self._counts(), "Success criteria"]
        for criterion in CRITERIA:
            proofs = [s for s in self.scenarios if criterion.tag in s.tags and s.status != "skipped"]
            lines.append(f"  {verdict(proofs):<9} {criterion.promise}: {self._figure(criterion)}")
            lines += [f"            {line}" for line in _proofs(proofs)]
        lines.append("Slowest steps")
        slowest = sorted(self.steps, key=lambda step: step.seconds, reverse=True)[:10]
        lines += [f"  {step.seconds:6.1f} s  {step.sentence}   ({step.scenario})" for step in slowest]
        for title, sentences in (
            ("Left behind", self.left_behind),
            ("Cleanups that failed", self.cleanup_errors),
            ("Could not be observed", [*self.lost, *self.not_observed]),
        ):
            lines += [title, *(f"  {sentence}" for sentence in sentences)] if sentences else []
        return "\n".join(lines)

    def _counts(self) -> str:
        """How many scenarios ended how, and their time together; behave's own count forgets those in a Rule."""
        statuses = Counter(scenario.status for scenario in self.scenarios)
        ended = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        seconds = sum(scenario.seconds for scenario in self.scenarios)
        return f"{len(self.scenarios)} scenarios in {seconds:.0f} s: {ended or 'none'}"

    def _figure(self, criterion: Criterion) -> str:
        values = self.figures.get(criterion.figure)
        return criterion.tell(values) if values else "no figure measured"


def _list(name: str, entries: Iterable[str]) -> str:
    return f'"{name}": [\n' + ",\n".join(entries) + "\n]"


def verdict(proofs: Sequence[ScenarioResult]) -> str:
    """`met`, `NOT MET`, or `not run` when nothing that proves the criterion was run."""
    if not proofs:
        return "not run"
    return "met" if all(proof.status == "passed" for proof in proofs) else "NOT MET"


def _proofs(proofs: Iterable[ScenarioResult]) -> list[str]:
    """One line per feature: how many scenarios prove the criterion; one per scenario that does not."""
    by_feature: dict[str, list[ScenarioResult]] = {}
    for proof in proofs:
        by_feature.setdefault(proof.feature, []).append(proof)
    lines = []
    for feature, results in by_feature.items():
        failed = [result for result in results if result.status != "passed"]
        lines.append(f"{feature}: {len(results) - len(failed)} of {len(results)} scenarios")
        lines += [f"  {result.status}: {result.name} ({result.location})" for result in failed]
    return lines
