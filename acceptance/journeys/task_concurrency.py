"""How many tasks there were at once, from what ECS says about each: no moment between two looks is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hamcrest.core.matcher import Matcher

from acceptance.drivers.ecs import Task
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher


@dataclass(frozen=True)
class Concurrency:
    """The tasks that were there at one moment."""

    at: datetime
    tasks: tuple[Task, ...]

    def __str__(self) -> str:
        return f"{len(self.tasks)} at {self.at:%H:%M:%S.%f}: {', '.join(task.task_id for task in self.tasks)}"


def busiest(tasks: Sequence[Task], *, since: datetime, running: bool = False) -> Concurrency:
    """The first moment since then at which the most tasks were there.

    A task is there from its creation, or with `running` from its start, to its stop; one that has not stopped is there
    still. At the very moment of another's end a task does not overlap with it.

    Raises:
        NoData: no task was there since then, so nothing can be said about how many there were.
    """
    spans: list[tuple[datetime, datetime | None, Task]] = []
    for task in tasks:
        begin = task.started_at if running else task.created_at
        if begin is not None and (task.stopped_at is None or task.stopped_at > since):
            spans.append((max(begin, since), task.stopped_at, task))
    if not spans:
        raise NoData(
            f"ECS knows no task since {since:%H:%M:%S}, so nothing can be said about how many there were"
        )
    moments = [
        Concurrency(
            at, tuple(task for begin, end, task in spans if begin <= at and (end is None or end > at))
        )
        for at in sorted({begin for begin, _, _ in spans})
    ]
    return max(moments, key=lambda moment: len(moment.tasks))


def ran_at_once(count: int, *, since: datetime) -> Matcher[Sequence[Task]]:
    """Tasks of which so many ran at one moment since then, and never more were there, from creation to stop."""

    def fits(tasks: Sequence[Task]) -> bool:
        running = busiest(tasks, since=since, running=True)
        return len(running.tasks) == count and not more_than(count, since=since).matches(tasks)

    return DescribedMatcher(
        f"{count} tasks running at the busiest moment, and never more there",
        fits,
        lambda tasks: str(busiest(tasks, since=since, running=True)),
    )


def more_than(count: int, *, since: datetime) -> Matcher[Sequence[Task]]:
    """For `fatal`: tasks of which at one moment since then more than so many were there, from creation to stop."""
    return DescribedMatcher(
        f"more than {count} tasks at once",
        lambda tasks: len(busiest(tasks, since=since).tasks) > count,
        lambda tasks: str(busiest(tasks, since=since)),
    )
