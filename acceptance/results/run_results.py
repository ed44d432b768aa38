"""results.json: what a run showed, as it lies on disk; read, written and merged here and nowhere else."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from acceptance.results.atomic_write import write_whole
from acceptance.results.json_file import Unreadable, json_text, read_json
from acceptance.results.masking import masked
from acceptance.results.run_folder import RESULTS

NOT_OBSERVED = "not observed"
"""The status of a scenario of which nobody saw whether its promise was kept."""

COULD_NOT_BEGIN = "could not begin"
"""The status of a scenario whose Given failed: the platform is broken, and nobody saw whether this promise is."""

NOT_SUPPORTED = "not supported"
"""The status of a scenario that is not judged: it needs what the deployment does not offer."""

FINE = frozenset({"passed", "skipped", NOT_SUPPORTED})
"""The statuses of scenarios that speak against nothing."""

NOT_RUN = frozenset({"skipped", "untested", NOT_SUPPORTED})
"""The statuses of scenarios that prove nothing, since nothing was done."""


def status_of(ended: str, *, failed_in: str | None, unseen: bool) -> str:
    """behave's word for how a scenario ended, or ours where it says more.

    Args:
        ended: behave's word.
        failed_in: the type of the step that failed: given, when or then; None if none did.
        unseen: whether the suite's own way of looking failed.
    """
    if unseen:
        return NOT_OBSERVED
    return COULD_NOT_BEGIN if (ended, failed_in) == ("failed", "given") else ended


Figure = tuple[float, float]
"""A value, and the limit or total that it is judged against."""


@dataclass(frozen=True)
class ScenarioResult:
    """One scenario (an outline row counts by itself).

    `step_type` is the failed step's: given, when or then; `rule` the name of the rule that it is an example of;
    `started_at` seconds since the epoch; `worker` names the one of several runs side by side that ran it; `lacking` the
    capabilities for want of which it was not judged; `repetition` which time it was (`2 of 5`) where it ran several
    times.
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
    lacking: tuple[str, ...] = ()
    repetition: str = ""

    @property
    def which(self) -> str:
        """Its name, and which time it was."""
        return f"{self.name} (time {self.repetition})" if self.repetition else self.name

    @property
    def file(self) -> str:
        """The feature file."""
        return self.location.rpartition(":")[0]

    @property
    def line(self) -> int:
        """The scenario's line in it; 0 when the location has none."""
        line = self.location.rpartition(":")[2]
        return int(line) if line.isdigit() else 0

    @property
    def passed(self) -> bool:
        """Whether it did what it says."""
        return self.status == "passed"

    @property
    def unseen(self) -> bool:
        """Whether nobody saw if its promise was kept."""
        return self.status == NOT_OBSERVED

    @property
    def groundless(self) -> bool:
        """Whether it could not begin: that speaks against the platform, and not of its own promise."""
        return self.status == COULD_NOT_BEGIN

    @property
    def unsupported(self) -> bool:
        """Whether it was not judged, since the deployment does not offer what it needs."""
        return self.status == NOT_SUPPORTED

    @property
    def broken(self) -> bool:
        """Whether it speaks against the platform, or against the suite."""
        return self.status not in FINE and not self.unseen


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

OfAWorker = TypeVar("OfAWorker", ScenarioResult, SessionTrace, TaskTrace)


def encoded(entry: Entry) -> str:
    """An entry as JSON, secrets masked."""
    return json_text(masked(dataclasses.asdict(entry)))


@dataclass(frozen=True)
class Results:
    """What a run showed, or several of them as one.

    `left_behind`, `cleanup_errors` and `not_observed` (what could not be seen outside the scenarios) hold a sentence
    each; `lost` says why nothing could be seen any more; `ended` that the run came to its own end.
    """

    scenarios: tuple[ScenarioResult, ...]
    steps: tuple[StepTime, ...] = ()
    sessions: tuple[SessionTrace, ...] = ()
    tasks: tuple[TaskTrace, ...] = ()
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
    left_behind: tuple[str, ...] = ()
    cleanup_errors: tuple[str, ...] = ()
    not_observed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    ended: bool = False

    @classmethod
    def read(cls, folder: Path) -> Results | None:
        """The results in a run's folder, None when it left none; Unreadable when they are not such."""
        return read_json(folder / RESULTS, cls)

    @property
    def statuses(self) -> str:
        """How many scenarios ended how: `1 failed, 2 passed`."""
        counts = Counter(scenario.status for scenario in self.scenarios)
        return ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"

    def write(self, path: Path, encode: Callable[[Entry], str] = encoded) -> None:
        """Write them as JSON, fields by their names, one entry a line, secrets masked."""
        entries: dict[str, Sequence[Entry]] = {
            "scenarios": self.scenarios,
            "steps": self.steps,
            "sessions": self.sessions,
            "tasks": self.tasks,
        }
        parts = [f'"{name}": [\n' + ",\n".join(map(encode, found)) + "\n]" for name, found in entries.items()]
        rest = [each.name for each in dataclasses.fields(self) if each.name not in entries]
        parts += [f'"{name}": {json_text(masked(getattr(self, name)))}' for name in rest]
        write_whole(path, "{\n" + ",\n".join(parts) + "\n}\n")

    def of_worker(self, name: str, repetition: str = "") -> Results:
        """The same, each scenario, session and task marked as that worker's; its own workers stay told apart.

        With `repetition`, the scenarios also say which time it was.
        """
        return dataclasses.replace(
            self,
            scenarios=tuple(
                dataclasses.replace(_marked(entry, name), repetition=repetition or entry.repetition)
                for entry in self.scenarios
            ),
            sessions=tuple(_marked(entry, name) for entry in self.sessions),
            tasks=tuple(_marked(entry, name) for entry in self.tasks),
        )


def merge(
    folders: Sequence[Path],
    target: Path,
    *,
    beside: Sequence[ScenarioResult] = (),
    repetitions: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Write the results of several runs to `target` as those of one: scenarios by feature file and line.

    `beside` are scenarios that were left out of all of them; `repetitions` says by a folder's name which time it was.

    Each scenario, session and task says by `worker` (the name of its run's folder) which run it is of. The merged run
    has ended only if each has: one that left no results, or none that can be read, has not.

    Returns:
        What could not be read, as sentences.
    """
    parts, unreadable = list[Results](), list[str]()
    for folder in folders:
        try:
            results = Results.read(folder)
        except Unreadable as error:
            unreadable.append(str(error))
        else:
            parts += [results.of_worker(folder.name, repetitions.get(folder.name, ""))] if results else []
    joined: dict[str, Any] = {
        each.name: tuple(entry for part in parts for entry in getattr(part, each.name))
        for each in dataclasses.fields(Results)
        if each.name not in ("figures", "ended")
    }
    joined["scenarios"] = tuple(
        sorted((*joined["scenarios"], *beside), key=lambda each: (each.file, each.line))
    )
    figures: dict[str, list[Figure]] = {}
    for part in parts:
        for name, values in part.figures.items():
            figures.setdefault(name, []).extend(values)
    ended = len(parts) == len(folders) > 0 and all(part.ended for part in parts)
    Results(**joined, figures=figures, ended=ended).write(target)
    return unreadable


def _marked(entry: OfAWorker, worker: str) -> OfAWorker:
    return dataclasses.replace(entry, worker=f"{worker}/{entry.worker}" if entry.worker else worker)
