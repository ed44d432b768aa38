"""What a service's tasks need next: which to start, which to stop. Pure decisions, no waiting."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sandbox.ecs.service_state import Service
from sandbox.ecs.tasks import Task

# Seconds before the next start, by the number of tasks in a row that ended early; the last one holds from there on.
BACKOFF_S = (0.0, 0.0, 0.5, 1.0, 2.0, 4.0)
# A task that lived this long does not count as a crash at start.
SETTLED_S = 5.0


@dataclass(frozen=True)
class Plan:
    """So many tasks to start, and these to stop."""

    start: int
    stop: tuple[Task, ...]


def wanted(service: Service) -> int:
    """How many tasks the service is to have now."""
    return service.desired_count if service.status == "ACTIVE" else 0


def plan(service: Service, tasks: Iterable[Task], settled: Collection[Task]) -> Plan:
    """The next moves of a rolling update between `minimumHealthyPercent` and `maximumPercent`.

    `tasks` are the service's own; `settled` those that may take over from an older one: running, and healthy behind
    their load balancer. Scale-in takes the newest first and spares protected tasks, which go on counting
    (Amazon ECS Developer Guide, "Task scale-in protection").
    """
    living = [task for task in tasks if task.desired_status == "RUNNING"]
    new = [task for task in living if task.launch.started_by == service.primary.id]
    old = [task for task in living if task not in new]
    count = wanted(service)
    most = count * service.rolling["maximumPercent"] // 100 if old else count
    start = max(0, min(count - len(new), most - len(living)))
    fewest = math.ceil(count * service.rolling["minimumHealthyPercent"] / 100)
    ready = sum(task in settled for task in new)
    return Plan(start, (*newest(new, len(new) - count), *newest(old, len(old) + ready - fewest)))


def newest(tasks: Iterable[Task], count: int) -> list[Task]:
    """Up to `count` unprotected tasks, the newest first."""
    candidates = sorted((task for task in tasks if not task.protected), key=lambda task: -task.order)
    return candidates[: max(0, count)]


def backoff_s(crashes: int) -> float:
    """Seconds to wait before the next start after so many early ends in a row."""
    return BACKOFF_S[min(crashes, len(BACKOFF_S) - 1)]
