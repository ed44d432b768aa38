"""How many tasks ran at each moment of a run, from what ECS said of each: what the report's picture draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from acceptance.results.run_results import TaskTrace

EDIT_TASKS_AT_MOST = 3
"""So many Edit tasks may run at any moment (the request's third criterion)."""


@dataclass(frozen=True)
class Peak:
    """The most tasks of a service that ran at once, on one platform, and since when (seconds since the epoch)."""

    count: int
    at: float
    tasks: tuple[str, ...]

    def __str__(self) -> str:
        moment = f"{datetime.fromtimestamp(self.at, UTC):%H:%M:%S}"
        named = ", ".join(task[:8] for task in self.tasks)
        return f"{self.count} Edit tasks ran at once at {moment} UTC, {EDIT_TASKS_AT_MOST} may: {named}"


def steps(tasks: Iterable[TaskTrace], end: float) -> tuple[list[float], list[int]]:
    """How many tasks ran from each instant on: (instants, counts), from the first start to `end`.

    A task that has not stopped runs until the end; at the very moment of another's stop a start does not overlap it.
    """
    changes: dict[float, int] = {}
    for task in tasks:
        changes[task.started_at] = changes.get(task.started_at, 0) + 1
        stopped_at = end if task.stopped_at is None else task.stopped_at
        changes[stopped_at] = changes.get(stopped_at, 0) - 1
    times, counts, running = [], [], 0
    for moment in sorted(changes):
        running += changes[moment]
        times.append(moment)
        counts.append(running)
    return times, counts


def busiest(tasks: Iterable[TaskTrace], role: str = "edit") -> Peak | None:
    """The first moment at which the most tasks of a service ran, over all platforms of a run; None if none ran."""
    by_platform: dict[str, list[TaskTrace]] = {}
    for task in tasks:
        if task.role == role:
            by_platform.setdefault(task.worker, []).append(task)
    peaks = []
    for those in by_platform.values():
        instants, counts = steps(those, float("inf"))
        at = instants[counts.index(max(counts))]
        there = [t for t in those if t.started_at <= at and (t.stopped_at is None or t.stopped_at > at)]
        peaks.append(Peak(max(counts), at, tuple(task.task_id for task in there)))
    return max(peaks, key=lambda peak: peak.count, default=None)
