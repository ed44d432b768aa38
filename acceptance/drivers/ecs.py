"""The services and tasks on ECS: what runs, what ran, and the few things that a test may do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from acceptance.config.sections import Names
from acceptance.drivers.aws import Clients
from acceptance.waiting.errors import UnexpectedAnswer
from acceptance.waiting.sampler import Recorder

DESCRIBED_AT_ONCE = 100


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


@dataclass(frozen=True)
class Capacity:
    """How many tasks Application Auto Scaling's target allows at most."""

    maximum: int


class EcsServices:
    """Reads the cluster. Services are named by role: `hermes` or `edit`."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names
        # STOPPED is the end of a task (ECS developer guide, "Task lifecycle"): it needs no second look.
        self._stopped: dict[str, Task] = {}

    def counts(self, role: str) -> Counts:
        """The service's desired, running and pending counts."""
        return _counts(self._service(role))

    def all_counts(self) -> tuple[Counts, Counts]:
        """The counts of Hermes and of Edit, in one call."""
        found = self._ecs.describe_services(
            cluster=self._names.cluster, services=[self._names.hermes, self._names.edit]
        )
        services = {service["serviceName"]: service for service in found["services"]}
        missing = {self._names.hermes, self._names.edit} - services.keys()
        if missing:
            raise UnexpectedAnswer(
                f"cluster {self._names.cluster} has no service {', '.join(sorted(missing))}"
            )
        return _counts(services[self._names.hermes]), _counts(services[self._names.edit])

    def state(self) -> EcsServicesState:
        """Counts and unfinished tasks of both services. Three or four calls: a moment, not an instant."""
        hermes, edit = self.all_counts()
        unfinished = [task for task in self._known_tasks() if not task.stopped]
        return EcsServicesState(
            hermes,
            edit,
            tuple(task for task in unfinished if task.group == f"service:{self._names.hermes}"),
            tuple(task for task in unfinished if task.group == f"service:{self._names.edit}"),
        )

    def tasks(self, role: str) -> tuple[Task, ...]:
        """The service's tasks that are not STOPPED yet, those on their way out included, oldest first."""
        return tuple(task for task in self.history(role) if not task.stopped)

    def running(self, role: str) -> tuple[Task, ...]:
        """The service's tasks that run and are meant to."""
        return tuple(
            t for t in self.tasks(role) if t.last_status == "RUNNING" and t.desired_status == "RUNNING"
        )

    def protected(self, tasks: Sequence[Task]) -> frozenset[str]:
        """The ARNs of those tasks that no scale-in stops (ECS API, GetTaskProtection: at most 100 at once)."""
        found = self._ecs.get_task_protection(
            cluster=self._names.cluster, tasks=[task.arn for task in tasks[:DESCRIBED_AT_ONCE]]
        )
        return frozenset(task["taskArn"] for task in found["protectedTasks"] if task["protectionEnabled"])

    def history(self, role: str) -> tuple[Task, ...]:
        """All tasks of the service that ECS still knows, stopped ones included (at least an hour), oldest first."""
        return self._known_tasks(serviceName=self._name(role))

    def task(self, arn: str) -> Task | None:
        """One task by its ARN; None if ECS does not know it (any more)."""
        found = self._described([arn])
        return found[0] if found else None

    def events(self, role: str, *, since: datetime | None = None) -> tuple[Event, ...]:
        """The service's events, oldest first; ECS keeps 100."""
        events = [
            Event(event["createdAt"], str(event["message"]))
            for event in self._service(role).get("events", [])
        ]
        return tuple(event for event in reversed(events) if since is None or event.at >= since)

    def capacity(self, role: str = "edit") -> Capacity:
        """The bound of the service's scalable target."""
        targets = self._clients.of("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[f"service/{self._names.cluster}/{self._name(role)}"]
        )["ScalableTargets"]
        if len(targets) != 1:
            raise UnexpectedAnswer(
                f"service {self._name(role)}: expected one scalable target, found {len(targets)}"
            )
        return Capacity(int(targets[0]["MaxCapacity"]))

    def stop_task(self, arn: str, reason: str) -> None:
        """Stop one task, as an operator or a failing host would."""
        self._ecs.stop_task(cluster=self._names.cluster, task=arn, reason=reason)

    def scale(self, role: str, desired: int) -> None:
        """Set a service's desired count by hand: to force it to zero, never a help to scale up."""
        self._ecs.update_service(cluster=self._names.cluster, service=self._name(role), desiredCount=desired)

    def redeploy(self, role: str) -> None:
        """Replace the service's tasks by new ones of the same definition."""
        self._ecs.update_service(
            cluster=self._names.cluster, service=self._name(role), forceNewDeployment=True
        )

    def start_task(self, role: str, *, started_by: str, command: Sequence[str] | None = None) -> Task:
        """Start one task of a service's definition, outside the service and with a shell to it.

        Args:
            command: what its container runs in place of the image's own; None leaves it.
        """
        service = self._service(role)
        wanted: dict[str, Any] = {
            "cluster": self._names.cluster,
            "taskDefinition": service["taskDefinition"],
            "count": 1,
            "startedBy": started_by[:36],
            "enableExecuteCommand": True,
            "networkConfiguration": service["networkConfiguration"],
        }
        if command is not None:
            override = {"name": self._names.edit_container, "command": list(command)}
            wanted["overrides"] = {"containerOverrides": [override]}
        if service.get("capacityProviderStrategy"):
            wanted["capacityProviderStrategy"] = service["capacityProviderStrategy"]
        else:
            wanted["launchType"] = service.get("launchType", "FARGATE")
        answer = self._ecs.run_task(**wanted)
        if not answer["tasks"]:
            reasons = ", ".join(str(failure.get("reason")) for failure in answer.get("failures", []))
            raise UnexpectedAnswer(f"ECS started no task of {role}: {reasons or 'no reason given'}")
        return _task(answer["tasks"][0])

    def recorder(self, every: timedelta) -> Recorder[EcsServicesState]:
        """A recorder of `state`, for what must hold at every moment."""
        return Recorder(self.state, what="tasks of hermes and edit", every=every)

    @property
    def _ecs(self) -> Any:
        return self._clients.of("ecs")

    def _name(self, role: str) -> str:
        names: Mapping[str, str] = {"hermes": self._names.hermes, "edit": self._names.edit}
        if role.lower() not in names:
            raise ValueError(f"{role!r} is no service of the platform: say hermes or edit")
        return names[role.lower()]

    def _service(self, role: str) -> dict[str, Any]:
        found = self._ecs.describe_services(cluster=self._names.cluster, services=[self._name(role)])[
            "services"
        ]
        if not found:
            raise UnexpectedAnswer(f"cluster {self._names.cluster} has no service {self._name(role)}")
        service: dict[str, Any] = found[0]
        return service

    def _known_tasks(self, **narrowed: str) -> tuple[Task, ...]:
        """All tasks of the cluster that ECS still knows, or of one service, oldest first."""
        arns: list[str] = []
        for desired in ("RUNNING", "STOPPED"):
            for page in self._ecs.get_paginator("list_tasks").paginate(
                cluster=self._names.cluster, desiredStatus=desired, **narrowed
            ):
                arns += page["taskArns"]
        return self._described(list(dict.fromkeys(arns)))

    def _described(self, arns: list[str]) -> tuple[Task, ...]:
        found = [self._stopped[arn] for arn in arns if arn in self._stopped]
        open_ended = [arn for arn in arns if arn not in self._stopped]
        for start in range(0, len(open_ended), DESCRIBED_AT_ONCE):
            part = open_ended[start : start + DESCRIBED_AT_ONCE]
            answer = self._ecs.describe_tasks(cluster=self._names.cluster, tasks=part)
            found += [_task(task) for task in answer["tasks"]]
        self._stopped.update((task.arn, task) for task in found if task.stopped)
        return tuple(sorted(found, key=lambda task: (task.created_at is None, task.created_at, task.arn)))


def _counts(service: Mapping[str, Any]) -> Counts:
    return Counts(int(service["desiredCount"]), int(service["runningCount"]), int(service["pendingCount"]))


def _task(task: Mapping[str, Any]) -> Task:
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
    )
