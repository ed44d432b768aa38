"""The ECS API's calls on tasks, answered from the scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from sandbox.aws_api.ecs_lookup import cluster_arn, definition, parameters, service
from sandbox.aws_api.ecs_services import handler
from sandbox.aws_api.hooks import Hooks
from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.tasks import Launch, Task

# (task ARN, container name, command) -> the `session` of ExecuteCommand's answer: sessionId, streamUrl, tokenValue.
OpenSession = Callable[[str, str, str], dict[str, Any]]

MOST_AT_ONCE = 10
PROTECTION_MINUTES = 120
LONGEST_PROTECTION_MINUTES = 2880
NO_NETWORK = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
NO_AGENT = (
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn't running. Wait and try again or run a new task with execute command enabled and try again."
)


class Tasks:
    """Handlers of the calls; each takes moto's response object, which holds the call's parameters."""

    def __init__(self, scheduler: Scheduler, open_session: OpenSession) -> None:
        self._scheduler = scheduler
        self._open_session = open_session

    def install(self, hooks: Hooks) -> None:
        """Put the handlers in place."""
        for name in (
            "run_task",
            "stop_task",
            "list_tasks",
            "describe_tasks",
            "execute_command",
            "update_task_protection",
            "get_task_protection",
        ):
            hooks.replace(Response, name, handler(getattr(self, name)))

    def run_task(self, response: Response) -> ActionResult:
        """Start tasks that belong to no service."""
        given = parameters(response)
        wanted = definition(given.get("taskDefinition"))
        network = given.get("networkConfiguration")
        if not network:
            raise InvalidParameterException(NO_NETWORK)
        overrides = given.get("overrides") or {}
        for entry in overrides.get("containerOverrides") or []:
            if entry.get("name") != wanted.container_name:
                raise InvalidParameterException(
                    "Override for container named {name} is not a container in the TaskDefinition.".format(
                        name=entry.get("name")
                    )
                )
        launch = Launch(
            definition=wanted,
            cluster_arn=cluster_arn(given),
            group=given.get("group") or f"family:{wanted.family}",
            started_by=given.get("startedBy") or "",
            overrides=overrides,
            network_configuration=network,
            enable_execute_command=bool(given.get("enableExecuteCommand")),
            tags=tuple(given.get("tags") or ()),
        )
        count = int(given.get("count") or 1)
        if not 1 <= count <= MOST_AT_ONCE:
            raise InvalidParameterException("Count must be between 1 and 10.")
        started = [self._scheduler.run(launch) for _ in range(count)]
        return ActionResult({"tasks": self._documents(started), "failures": []})

    def stop_task(self, response: Response) -> ActionResult:
        """Ask for the task's end, as a person would."""
        given = parameters(response)
        found = self._find(cluster_arn(given), given["task"])
        if found is None:
            raise InvalidParameterException("The referenced task was not found.")
        self._scheduler.stop(found, "UserInitiated", given.get("reason") or "Task stopped by user")
        return ActionResult({"task": self._documents([found])[0]})

    def list_tasks(self, response: Response) -> ActionResult:
        """The tasks that match every filter; `desiredStatus` is RUNNING unless given (API reference, ListTasks)."""
        given = parameters(response)
        cluster = cluster_arn(given)
        name = given.get("serviceName")
        group = service(self._scheduler, cluster, name).group if name else None
        desired = given.get("desiredStatus") or "RUNNING"
        with self._scheduler.locked():
            found = [
                task.arn
                for task in self._scheduler.tasks(cluster)
                if task.desired_status == desired
                and group in (None, task.launch.group)
                and given.get("family") in (None, task.launch.definition.family)
                and given.get("startedBy") in (None, task.launch.started_by)
                and given.get("launchType") in (None, "FARGATE")
                and not given.get("containerInstance")
            ]
        return ActionResult({"taskArns": found})

    def describe_tasks(self, response: Response) -> ActionResult:
        """The tasks as they are; a failure MISSING for each that the cluster does not know."""
        given = parameters(response)
        cluster = cluster_arn(given)
        if not given.get("tasks"):
            raise InvalidParameterException("Tasks cannot be empty.")
        found, failures = self._split(cluster, given["tasks"])
        documents = self._documents(found, "TAGS" in (given.get("include") or []))
        return ActionResult({"tasks": documents, "failures": failures})

    def execute_command(self, response: Response) -> ActionResult:
        """Open a session with a command inside a running task (API reference, ExecuteCommand)."""
        given = parameters(response)
        if not given.get("interactive"):
            raise InvalidParameterException("Interactive is the only mode supported currently.")
        cluster = cluster_arn(given)
        task = self._find(cluster, given["task"])
        if task is None:
            raise InvalidParameterException("The task provided was not found.")
        container = task.launch.definition.container_name
        if given.get("container") not in (None, container):
            raise InvalidParameterException("The container provided was not found in the task.")
        with self._scheduler.locked():
            if not task.alive or not task.launch.enable_execute_command or task.agent_status != "RUNNING":
                raise InvalidParameterException(NO_AGENT)
        return ActionResult(
            {
                "clusterArn": cluster,
                "taskArn": task.arn,
                "containerArn": task.container_arn,
                "containerName": container,
                "interactive": True,
                "session": self._open_session(task.arn, container, given["command"]),
            }
        )

    def update_task_protection(self, response: Response) -> ActionResult:
        """Protect service tasks from scale-in for a while, or no longer."""
        given = parameters(response)
        minutes = given.get("expiresInMinutes") or PROTECTION_MINUTES
        if not 1 <= minutes <= LONGEST_PROTECTION_MINUTES:
            raise InvalidParameterException("expiresInMinutes must be between 1 and 2880.")
        found, failures = self._service_tasks(cluster_arn(given), given["tasks"])
        with self._scheduler.locked():
            for task in found:
                task.protect(minutes if given["protectionEnabled"] else None)
            self._scheduler.changed()
        return ActionResult({"protectedTasks": [_protection(task) for task in found], "failures": failures})

    def get_task_protection(self, response: Response) -> ActionResult:
        """Which tasks are protected; of all tasks of all services when none is named."""
        given = parameters(response)
        cluster = cluster_arn(given)
        named = given.get("tasks") or [
            task.arn
            for task in self._scheduler.tasks(cluster)
            if task.launch.group.startswith("service:") and task.last_status != "STOPPED"
        ]
        found, failures = self._service_tasks(cluster, named)
        return ActionResult({"protectedTasks": [_protection(task) for task in found], "failures": failures})

    def _find(self, cluster: str, arn_or_id: str) -> Task | None:
        try:
            task = self._scheduler.task(arn_or_id)
        except KeyError:
            return None
        return task if task.launch.cluster_arn == cluster and arn_or_id in (task.arn, task.id) else None

    def _split(self, cluster: str, named: Iterable[str]) -> tuple[list[Task], list[dict[str, str]]]:
        found, failures = [], []
        for name in named:
            task = self._find(cluster, name)
            if task is not None:
                found.append(task)
            else:
                arn = name if name.startswith("arn:") else f"{cluster.replace(':cluster/', ':task/')}/{name}"
                failures.append({"arn": arn, "reason": "MISSING"})
        return found, failures

    def _service_tasks(self, cluster: str, named: Iterable[str]) -> tuple[list[Task], list[dict[str, str]]]:
        found, failures = self._split(cluster, named)
        for task in found:
            if not task.launch.group.startswith("service:") or task.desired_status == "STOPPED":
                failures.append({"arn": task.arn, "reason": "TASK_NOT_VALID"})
        refused = {failure["arn"] for failure in failures}
        return [task for task in found if task.arn not in refused], failures

    def _documents(self, tasks: Iterable[Task], with_tags: bool = False) -> list[dict[str, Any]]:
        with self._scheduler.locked():
            return [
                task.document() | ({"tags": [dict(tag) for tag in task.launch.tags]} if with_tags else {})
                for task in tasks
            ]


def _protection(task: Task) -> dict[str, Any]:
    document: dict[str, Any] = {"taskArn": task.arn, "protectionEnabled": task.protected}
    return document | ({"expirationDate": task.protected_until} if task.protected else {})
