"""What ECS tells of services and tasks, as the suite sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Counts:
    """A service's task counts as ECS reports them."""

    desired: int
    running: int
    pending: int

    def __str__(self) -> str:
        return f"desired {self.desired}, running {self.running}, pending {self.pending}"


@dataclass(frozen=True)
class Task:
    """One task. `ip` is None until it has an address; the instants are None until reached.

    From `stopping_at` on it is no longer RUNNING for ECS, which may start another in its place (DescribeTasks).
    """

    arn: str
    group: str
    last_status: str
    desired_status: str
    ip: str | None
    created_at: datetime | None
    started_at: datetime | None
    stopped_at: datetime | None
    stop_code: str | None
    stopped_reason: str | None
    exec_ready: bool
    stopping_at: datetime | None = None
    started_by: str | None = None

    @property
    def task_id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def stopped(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.last_status in ("STOPPED", "DELETED")

    def __str__(self) -> str:
        reason = f" ({self.stopped_reason})" if self.stopped_reason else ""
        return f"{self.group.removeprefix('service:')} task {self.task_id} {self.last_status}{reason}"


@dataclass(frozen=True)
class EcsServicesState:
    """Both services at one moment; `hermes_tasks` and `edit_tasks` are all tasks not yet STOPPED."""

    hermes: Counts
    edit: Counts
    hermes_tasks: tuple[Task, ...]
    edit_tasks: tuple[Task, ...]

    @property
    def asleep(self) -> bool:
        """Desired, running and pending are 0 for both services and not a single task is left."""
        zero = Counts(0, 0, 0)
        return self.hermes == zero == self.edit and not self.hermes_tasks and not self.edit_tasks

    def __str__(self) -> str:
        tasks = ", ".join(str(task) for task in (*self.hermes_tasks, *self.edit_tasks)) or "no task"
        return f"hermes {self.hermes}; edit {self.edit}; {tasks}"


@dataclass(frozen=True)
class Event:
    """A service event as ECS words it."""

    at: datetime
    message: str


def counts_in(service: Mapping[str, Any]) -> Counts:
    return Counts(int(service["desiredCount"]), int(service["runningCount"]), int(service["pendingCount"]))


def task_in(task: Mapping[str, Any]) -> Task:
    containers = task.get("containers", [])
    addresses = [
        str(interface["privateIpv4Address"])
        for container in containers
        for interface in container.get("networkInterfaces", [])
        if interface.get("privateIpv4Address")
    ]
    agents = [
        agent.get("lastStatus")
        for container in containers
        for agent in container.get("managedAgents", [])
        if agent.get("name") == "ExecuteCommandAgent"
    ]
    return Task(
        arn=str(task["taskArn"]),
        group=str(task.get("group", "")),
        last_status=str(task["lastStatus"]),
        desired_status=str(task["desiredStatus"]),
        ip=addresses[0] if addresses else None,
        created_at=task.get("createdAt"),
        started_at=task.get("startedAt"),
        stopped_at=task.get("stoppedAt"),
        stop_code=task.get("stopCode"),
        stopped_reason=task.get("stoppedReason"),
        exec_ready="RUNNING" in agents,
        stopping_at=task.get("stoppingAt"),
        started_by=task.get("startedBy"),
    )
