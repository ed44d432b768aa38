"""The services and tasks on ECS: what runs, what ran, and the few things that a test may do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from acceptance.config.mark import TAG, Mark
from acceptance.config.sections import Names
from acceptance.drivers.aws import Clients
from acceptance.drivers.ecs_state import Counts, EcsServicesState, Event, Task, counts_in, task_in
from acceptance.waiting.errors import UnexpectedAnswer
from acceptance.waiting.trace import TRACE, Lane

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_ecs.type_defs import RunTaskRequestTypeDef, ServiceTypeDef

__all__ = ["Counts", "EcsServices", "EcsServicesState", "Event", "Task"]

DESCRIBED_AT_ONCE = 100

ENDS = """(left={seconds}
while [ $left -gt 0 ] && kill -s 0 $$; do sleep 1; left=$((left - 1)); done
kill -s TERM $$ && sleep 30 && kill -s KILL $$) </dev/null >/dev/null 2>&1 &
exec "$@"
"""
"""A POSIX shell script that runs a command in its own place, and ends that after some seconds."""


class EcsServices:
    """Reads the cluster. Services are named by role: `hermes` or `edit`."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names
        # STOPPED is the end of a task (ECS developer guide, "Task lifecycle"): it needs no second look.
        self._stopped: dict[str, Task] = {}

    def counts(self, role: str) -> Counts:
        """The service's desired, running and pending counts."""
        return _told(role, counts_in(self._service(role)))

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
        hermes, edit = (counts_in(services[name]) for name in (self._names.hermes, self._names.edit))
        return _told("hermes", hermes), _told("edit", edit)

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
        return self._known_tasks(self._name(role))

    def marked(self, mark: Mark) -> tuple[Task, ...]:
        """Tasks outside the services that were started under a mark and are not STOPPED yet, oldest first."""
        return tuple(task for task in self._known_tasks() if mark.is_of(task.started_by) and not task.stopped)

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

    def capacity(self) -> int:
        """How many tasks of Edit Application Auto Scaling's target allows at most."""
        targets = self._clients.of("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[f"service/{self._names.cluster}/{self._names.edit}"]
        )["ScalableTargets"]
        if len(targets) != 1:
            raise UnexpectedAnswer(
                f"service {self._names.edit}: expected one scalable target, found {len(targets)}"
            )
        return int(targets[0]["MaxCapacity"])

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

    def start_task(
        self,
        role: str,
        *,
        started_by: str,
        command: Sequence[str] | None = None,
        lifetime: timedelta | None = None,
    ) -> Task:
        """Start one task of a service's definition, outside the service and with a shell to it.

        Args:
            started_by: the run's mark; it is the task's tag, too.
            command: what its container runs in place of the definition's own; None leaves that.
            lifetime: after which it ends by itself, whatever becomes of who started it.

        Raises:
            UnexpectedAnswer: ECS starts none; or it is to end by itself, and its definition names no command.
        """
        service = self._service(role)
        container = self._names.hermes_container if role == "hermes" else self._names.edit_container
        if lifetime is not None:
            command = _ending_after(
                lifetime, command or self._own_command(service["taskDefinition"], container)
            )
        wanted = _request(self._names.cluster, service, started_by, container, command)
        answer = self._ecs.run_task(**wanted)
        if not answer["tasks"]:
            reasons = ", ".join(str(failure.get("reason")) for failure in answer.get("failures", []))
            raise UnexpectedAnswer(f"ECS started no task of {role}: {reasons or 'no reason given'}")
        return task_in(answer["tasks"][0])

    def _own_command(self, definition: str, container: str) -> list[str]:
        found = self._ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        for one in found["containerDefinitions"]:
            if one["name"] == container and one.get("command"):
                return [str(word) for word in one["command"]]
        raise UnexpectedAnswer(f"container {container} has no `command` in its task definition {definition}")

    @property
    def _ecs(self) -> ECSClient:
        return self._clients.of("ecs")

    def _name(self, role: str) -> str:
        names: Mapping[str, str] = {"hermes": self._names.hermes, "edit": self._names.edit}
        if role.lower() not in names:
            raise ValueError(f"{role!r} is no service of the platform: say hermes or edit")
        return names[role.lower()]

    def _service(self, role: str) -> ServiceTypeDef:
        found = self._ecs.describe_services(cluster=self._names.cluster, services=[self._name(role)])
        if not found["services"]:
            raise UnexpectedAnswer(f"cluster {self._names.cluster} has no service {self._name(role)}")
        return found["services"][0]

    def _known_tasks(self, service: str = "") -> tuple[Task, ...]:
        """All tasks of the cluster that ECS still knows, or of one service, oldest first."""
        arns: list[str] = []
        narrowed: Any = {"serviceName": service} if service else {}
        states: tuple[DesiredStatusType, ...] = ("RUNNING", "STOPPED")
        pages = self._ecs.get_paginator("list_tasks")
        for desired in states:
            for page in pages.paginate(cluster=self._names.cluster, desiredStatus=desired, **narrowed):
                arns += page["taskArns"]
        return self._described(list(dict.fromkeys(arns)))

    def _described(self, arns: list[str]) -> tuple[Task, ...]:
        found = [self._stopped[arn] for arn in arns if arn in self._stopped]
        open_ended = [arn for arn in arns if arn not in self._stopped]
        for start in range(0, len(open_ended), DESCRIBED_AT_ONCE):
            part = open_ended[start : start + DESCRIBED_AT_ONCE]
            answer = self._ecs.describe_tasks(cluster=self._names.cluster, tasks=part)
            found += [task_in(task) for task in answer["tasks"]]
        self._stopped.update((task.arn, task) for task in found if task.stopped)
        return tuple(sorted(found, key=lambda task: (task.created_at is None, task.created_at, task.arn)))


def _told(role: str, counts: Counts) -> Counts:
    """The counts, and that they are so now for the scenario's time line."""
    TRACE.became(Lane.TASKS, role, str(counts))
    return counts


def _ending_after(lifetime: timedelta, command: Sequence[str]) -> list[str]:
    """A command that runs another in its own place, and ends it after a while."""
    return ["sh", "-c", ENDS.format(seconds=int(lifetime.total_seconds())), "sh", *command]


def _request(
    cluster: str, service: ServiceTypeDef, mark: str, container: str, command: Sequence[str] | None
) -> RunTaskRequestTypeDef:
    """One task as the service, which DescribeServices told, would start it; with a shell to it.

    Args:
        mark: its `startedBy` (at most 128 characters, ECS API reference), and its tag.
        container: whose command it is.
        command: what that runs in place of its definition's own; None leaves it.
    """
    wanted: RunTaskRequestTypeDef = {
        "cluster": cluster,
        "taskDefinition": service["taskDefinition"],
        "count": 1,
        "startedBy": mark,
        "tags": [{"key": TAG, "value": mark}],
        "enableExecuteCommand": True,
        "networkConfiguration": service["networkConfiguration"],
    }
    if command is not None:
        wanted["overrides"] = {"containerOverrides": [{"name": container, "command": list(command)}]}
    if service.get("capacityProviderStrategy"):
        wanted["capacityProviderStrategy"] = service["capacityProviderStrategy"]
    else:
        wanted["launchType"] = service.get("launchType", "FARGATE")
    return wanted
