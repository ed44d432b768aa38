"""What a worker or a whole run left on disk, read back: its results, and whether its messages are whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acceptance.results.criteria import Row, rows
from acceptance.results.ledger import Ledger, ScenarioResult, StepTime, TaskTrace

RESULTS = "results.json"
MESSAGES = "messages.ndjson"
REPORT = "report.html"
JUNIT = "junit.xml"


class BrokenRecord(ValueError):
    """A results.json that cannot be read; the text names the file and what is wrong."""


@dataclass(frozen=True)
class Result:
    """One scenario's entry of results.json, as far as the gate reads it."""

    feature: str
    rule: str | None
    name: str
    location: str
    status: str
    seconds: float
    tags: tuple[str, ...] = ()
    failed_step: str | None = None
    message: str | None = None
    started_at: float | None = None

    @property
    def file(self) -> str:
        """The feature file."""
        return self.location.rpartition(":")[0]

    @property
    def line(self) -> int:
        """The scenario's line in it; 0 when the location has none."""
        line = self.location.rpartition(":")[2]
        return int(line) if line.isdigit() else 0


@dataclass(frozen=True)
class Step:
    """How long one step took, in seconds, and in which scenario."""

    sentence: str
    scenario: str
    seconds: float


@dataclass(frozen=True)
class Record:
    """A results.json."""

    scenarios: tuple[Result, ...] = ()
    figures: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    left_behind: tuple[str, ...] = ()
    cleanup_errors: tuple[str, ...] = ()
    not_observed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    tasks: tuple[TaskTrace, ...] = ()
    ended: bool = False

    @classmethod
    def read(cls, folder: Path) -> Record | None:
        """The results in a folder; None when there are none. BrokenRecord when they cannot be read."""
        path = folder / RESULTS
        if not path.is_file():
            return None
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                scenarios=tuple(_result(entry) for entry in document["scenarios"]),
                figures={
                    name: [(float(value), float(limit)) for value, limit in values]
                    for name, values in document["figures"].items()
                },
                steps=tuple(
                    Step(entry["sentence"], entry["scenario"], float(entry["seconds"]))
                    for entry in document.get("steps", ())
                ),
                left_behind=tuple(map(str, document.get("left_behind", ()))),
                cleanup_errors=tuple(map(str, document.get("cleanup_errors", ()))),
                not_observed=tuple(map(str, document.get("not_observed", ()))),
                lost=tuple(map(str, document.get("lost", ()))),
                tasks=tuple(_task(entry) for entry in document.get("tasks", ())),
                ended=document.get("ended") is True,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BrokenRecord(
                f"expected a run's results in {path}, found {type(error).__name__}: {error}"
            ) from error

    def ledger(self) -> Ledger:
        """The results as the suite's own ledger, which knows the criteria and how figures are told; to be read only."""
        return Ledger(
            Path(RESULTS),
            scenarios=[
                ScenarioResult(
                    feature=result.feature,
                    name=result.name,
                    location=result.location,
                    tags=result.tags,
                    status=result.status,
                    seconds=result.seconds,
                    failed_step=result.failed_step,
                    message=result.message,
                )
                for result in self.scenarios
            ],
            steps=[StepTime(step.sentence, step.scenario, step.seconds) for step in self.steps],
            figures={name: list(values) for name, values in self.figures.items()},
            tasks={f"{task.worker} {task.task_id}": task for task in self.tasks},
        )

    def rows(self) -> tuple[Row, ...]:
        """What the run says of each criterion."""
        ledger = self.ledger()
        return rows(ledger.scenarios, ledger.figures, self.tasks)


def messages_end(path: Path) -> str | None:
    """What is wrong with a stream of messages: None when its last line is testRunFinished, else a sentence."""
    if not path.is_file():
        return f"expected the run's messages in {path}, found no such file"
    lines = path.read_bytes().splitlines()
    try:
        last = json.loads(lines[-1]) if lines else {}
    except ValueError:
        last = {}
    kind = next(iter(last), "nothing") if isinstance(last, dict) else "nothing"
    return None if kind == "testRunFinished" else f"expected {path} to end with testRunFinished, found {kind}"


def _task(entry: Mapping[str, Any]) -> TaskTrace:
    stopped = entry["stopped_at"]
    return TaskTrace(
        role=str(entry["role"]),
        task_id=str(entry["task_id"]),
        started_at=float(entry["started_at"]),
        stopped_at=float(stopped) if stopped is not None else None,
        worker=str(entry.get("worker", "")),
    )


def _result(entry: Mapping[str, Any]) -> Result:
    started = entry.get("started_at")
    return Result(
        feature=str(entry["feature"]),
        rule=entry.get("rule"),
        name=str(entry["name"]),
        location=str(entry["location"]),
        status=str(entry["status"]),
        seconds=float(entry["seconds"]),
        tags=tuple(map(str, entry["tags"])),
        failed_step=entry.get("failed_step"),
        message=entry.get("message"),
        started_at=float(started) if started is not None else None,
    )
