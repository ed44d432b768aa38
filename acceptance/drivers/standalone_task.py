"""A task of a service's definition outside the service: a way into the workspaces, or a second Hermes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from acceptance.drivers.ecs import EcsServices, Task
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import wait_until

LAG = timedelta(seconds=60)
"""How long ECS may not know a task that it has just started: what RunTask answers "might not be immediately visible"
to the calls after it (ECS API reference, RunTask, on eventual consistency)."""


class StandaloneTask:
    """One task at a time. `started_by` is what ECS shows as its starter; `clock` gives monotonic seconds."""

    def __init__(
        self,
        fleet: EcsServices,
        role: str,
        *,
        started_by: str,
        command: Sequence[str] | None = None,
        lifetime: timedelta | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fleet = fleet
        self._role = role
        self._started_by = started_by
        self._command = command
        self._lifetime = lifetime
        self._clock = clock
        self._told: Task | None = None
        self._told_at = 0.0
        self._seen = False

    def start(self) -> Task:
        """Start it, as RunTask tells it. UnexpectedAnswer if ECS starts none."""
        self._told = self._fleet.start_task(
            self._role, started_by=self._started_by, command=self._command, lifetime=self._lifetime
        )
        self._told_at, self._seen = self._clock(), False
        return self._told

    def look(self) -> Task | None:
        """The task as it is now; None if none was started.

        One that ECS does not know yet is as RunTask told it; one that ECS has forgotten, or never knew in `LAG`, is
        stopped.
        """
        if self._told is None:
            return None
        found = self._fleet.task(self._told.arn)
        if found is not None:
            self._seen = True
            return found
        if not self._seen and self._clock() - self._told_at < LAG.total_seconds():
            return self._told
        return replace(self._told, last_status="STOPPED", desired_status="STOPPED", exec_ready=False)

    def end(self, within: timedelta) -> None:
        """Stop it and wait until it is gone; none started is no error. NotInTime if it stays."""
        task = self.look()
        if task is None or task.stopped:
            return
        self._fleet.stop_task(task.arn, "the suite is done with it")
        wait_until(self.look, stopped(), what=f"{self._started_by}'s task {task.task_id}", within=within)
        self._told = None


def stopped() -> DescribedMatcher[Task | None]:
    """A task that has ended."""
    return DescribedMatcher("stopped", lambda seen: seen is None or seen.stopped, str)
