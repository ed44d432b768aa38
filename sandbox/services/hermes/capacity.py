"""Edit's and Hermes' capacity: ECS services, their tasks, and the scalable target's maximum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.services.aws import Clients

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskTypeDef

PROTECTION_MIN = 120
"""Scale-in protection lapses by itself (ECS API, UpdateTaskProtection); it is renewed long before."""


@dataclass(frozen=True)
class Task:
    """A running Edit task."""

    arn: str
    ip: str


@dataclass(frozen=True)
class Fleet:
    """Edit's service: what is wanted, what runs and may take sessions, how many tasks are in any state at all."""

    desired: int
    tasks: Sequence[Task]
    present: int

    def task(self, arn: str | None) -> Task | None:
        """The running task of that ARN."""
        return next((task for task in self.tasks if task.arn == arn), None)


class Capacity:
    """Reads and sets the capacity of one cluster's services. Every method may raise AWS_ERRORS."""

    def __init__(self, clients: Clients, cluster: str, edit_service: str, hermes_service: str) -> None:
        self.clients = clients
        self.cluster = cluster
        self.edit_service = edit_service
        self.hermes_service = hermes_service

    def fleet(self) -> Fleet:
        """Edit's service and tasks, in three calls however many there are."""
        tasks = self._tasks()
        return Fleet(self._wanted(), running(tasks), len(tasks))

    def fleet_again(self, known: Fleet) -> Fleet:
        """The tasks of now beside the desired count as known: a call less for who waits for a task."""
        tasks = self._tasks()
        return Fleet(known.desired, running(tasks), len(tasks))

    def _tasks(self) -> list[TaskTypeDef]:
        ecs = self.clients.get("ecs")
        pages = ecs.get_paginator("list_tasks").paginate(cluster=self.cluster, serviceName=self.edit_service)
        arns = [arn for page in pages for arn in page["taskArns"]]
        return ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []

    def _wanted(self) -> int:
        found = self.clients.get("ecs").describe_services(cluster=self.cluster, services=[self.edit_service])
        return sum(int(one["desiredCount"]) for one in found["services"])

    def maximum(self) -> int:
        """The scalable target's maximum for Edit; LookupError when there is no such target."""
        resource = f"service/{self.cluster}/{self.edit_service}"
        targets = self.clients.get("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[resource], ScalableDimension="ecs:service:DesiredCount"
        )["ScalableTargets"]
        if not targets:
            raise LookupError(f"expected a scalable target for {resource}, found none")
        return int(targets[0]["MaxCapacity"])

    def set_edit(self, desired: int) -> None:
        """Have so many Edit tasks."""
        self._set(self.edit_service, desired)

    def set_hermes(self, desired: int) -> None:
        """Have Hermes run (1) or not (0)."""
        self._set(self.hermes_service, desired)

    def _set(self, service: str, desired: int) -> None:
        self.clients.get("ecs").update_service(cluster=self.cluster, service=service, desiredCount=desired)

    def protect(self, arns: Iterable[str]) -> set[str]:
        """Keep these tasks from being picked by a scale-in; returns those that now are safe."""
        return self._protect(arns, enabled=True)

    def unprotect(self, arns: Iterable[str]) -> set[str]:
        """Let a scale-in pick these tasks again."""
        return self._protect(arns, enabled=False)

    def protected(self, arns: Sequence[str]) -> set[str]:
        """Which of these tasks are protected."""
        if not arns:
            return set()
        answer = self.clients.get("ecs").get_task_protection(cluster=self.cluster, tasks=list(arns))
        return {task["taskArn"] for task in answer["protectedTasks"] if task["protectionEnabled"]}

    def stop_task(self, arn: str, reason: str) -> None:
        """Have a task stopped; its service starts another in its place."""
        self.clients.get("ecs").stop_task(cluster=self.cluster, task=arn, reason=reason)

    def _protect(self, arns: Iterable[str], *, enabled: bool) -> set[str]:
        wanted: dict[str, Any] = {"tasks": list(arns), "protectionEnabled": enabled}
        if not wanted["tasks"]:
            return set()
        if enabled:
            wanted["expiresInMinutes"] = PROTECTION_MIN
        answer = self.clients.get("ecs").update_task_protection(cluster=self.cluster, **wanted)
        return {task["taskArn"] for task in answer["protectedTasks"]}


def running(tasks: Iterable[TaskTypeDef]) -> list[Task]:
    """Those of DescribeTasks' tasks that run, are wanted, and have an address; oldest first."""
    usable = (t for t in tasks if t["lastStatus"] == "RUNNING" and t["desiredStatus"] == "RUNNING")
    found = [
        (str(task.get("startedAt", "")), Task(task["taskArn"], address_of(task) or "")) for task in usable
    ]
    return [task for _, task in sorted(found, key=lambda pair: pair[0]) if task.ip]


def address_of(task: TaskTypeDef) -> str | None:
    """A task's private IPv4 address, from its network interface attachment."""
    for attachment in task.get("attachments", []):
        for detail in attachment.get("details", []):
            if detail.get("name") == "privateIPv4Address":
                return str(detail["value"])
    return None
