"""An ECS service: what it wants, its deployments, and its diary of events."""

from __future__ import annotations

import random
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.ecs.tasks import PLATFORM_VERSION, STARTING, Definition, Launch, Task, now
from sandbox.settings import ACCOUNT, REGION

EVENTS_KEPT = 100
ROLLING = {"maximumPercent": 200, "minimumHealthyPercent": 100}


@dataclass
class Deployment:
    """One roll-out of one revision. Its id is the `startedBy` of its tasks."""

    definition: Definition
    status: str = "PRIMARY"
    rollout_state: str = "IN_PROGRESS"
    failed_tasks: int = 0
    id: str = field(default_factory=lambda: f"ecs-svc/{random.randint(10**18, 10**19 - 1)}")
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)


class Service:
    """One service. Changes only under the scheduler's lock."""

    def __init__(
        self,
        name: str,
        cluster_arn: str,
        definition: Definition,
        desired_count: int,
        *,
        load_balancers: Iterable[Mapping[str, Any]] = (),
        network_configuration: Mapping[str, Any] | None = None,
        enable_execute_command: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """`settings` are further members of boto3's CreateService, shown as given by DescribeServices."""
        self.name = name
        self.cluster_arn = cluster_arn
        self.arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{cluster_arn.rsplit('/', 1)[-1]}/{name}"
        self.group = f"service:{name}"
        self.status = "ACTIVE"
        self.definition = definition
        self.desired_count = desired_count
        self.load_balancers = tuple(load_balancers)
        self.network_configuration = dict(network_configuration or {})
        self.enable_execute_command = enable_execute_command
        self.settings = dict(settings or {})
        self.created_at = now()
        self.deployments = [Deployment(definition)]
        self.steady = False
        # Tasks in a row that ended by themselves soon after their start, and until when (monotonic) no next one starts.
        self.crashes = 0
        self.not_before = 0.0
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS_KEPT)

    @property
    def primary(self) -> Deployment:
        """The deployment that new tasks belong to."""
        return self.deployments[0]

    @property
    def rolling(self) -> Mapping[str, int]:
        """`maximumPercent` and `minimumHealthyPercent` of deployments."""
        given = self.settings.get("deploymentConfiguration") or {}
        return {key: int(given.get(key, value)) for key, value in ROLLING.items()}

    def launch(self) -> Launch:
        """How the next task of the primary deployment is started."""
        return Launch(
            definition=self.primary.definition,
            cluster_arn=self.cluster_arn,
            group=self.group,
            started_by=self.primary.id,
            network_configuration=self.network_configuration,
            load_balancers=self.load_balancers,
            enable_execute_command=self.enable_execute_command,
        )

    def deploy(self, definition: Definition) -> None:
        """Begin a new deployment; the tasks of the others are replaced one by one."""
        for deployment in self.deployments:
            deployment.status = "ACTIVE"
        self.definition = definition
        self.deployments.insert(0, Deployment(definition))
        self.crashes, self.not_before = 0, 0.0
        self.steady = False

    def tell(self, message: str) -> None:
        """Write an event: `message` comes after `(service NAME)`. The newest comes first."""
        entry = {"id": str(uuid.uuid4()), "createdAt": now(), "message": f"(service {self.name}) {message}"}
        self._events.appendleft(entry)

    def document(self, tasks: Iterable[Task]) -> dict[str, Any]:
        """The service in the shape of boto3's DescribeServices, without tags. `tasks` are the service's own."""
        tasks = list(tasks)
        return {
            "launchType": "FARGATE",
            "platformVersion": PLATFORM_VERSION,
            "platformFamily": "Linux",
            "schedulingStrategy": "REPLICA",
            "propagateTags": "NONE",
            "enableECSManagedTags": False,
            "deploymentController": {"type": "ECS"},
            "healthCheckGracePeriodSeconds": 0,
            "placementConstraints": [],
            "placementStrategy": [],
            "serviceRegistries": [],
            **self.settings,
            "deploymentConfiguration": {
                **(self.settings.get("deploymentConfiguration") or {}),
                **self.rolling,
            },
            "serviceArn": self.arn,
            "serviceName": self.name,
            "clusterArn": self.cluster_arn,
            "status": self.status,
            "desiredCount": self.desired_count,
            **_counts(tasks),
            "taskDefinition": self.definition.arn,
            "loadBalancers": [dict(balancer) for balancer in self.load_balancers],
            "networkConfiguration": self.network_configuration,
            "enableExecuteCommand": self.enable_execute_command,
            "createdAt": self.created_at,
            "deployments": [self._deployment(deployment, tasks) for deployment in self.deployments],
            "events": [dict(event) for event in self._events],
        }

    def _deployment(self, deployment: Deployment, tasks: list[Task]) -> dict[str, Any]:
        own = [task for task in tasks if task.launch.started_by == deployment.id]
        finished = deployment.rollout_state == "COMPLETED"
        return {
            "id": deployment.id,
            "status": deployment.status,
            "taskDefinition": deployment.definition.arn,
            "desiredCount": self.desired_count if deployment is self.primary else 0,
            **_counts(own),
            "failedTasks": deployment.failed_tasks,
            "createdAt": deployment.created_at,
            "updatedAt": deployment.updated_at,
            "launchType": "FARGATE",
            "platformVersion": PLATFORM_VERSION,
            "platformFamily": "Linux",
            "networkConfiguration": self.network_configuration,
            "rolloutState": deployment.rollout_state,
            "rolloutStateReason": f"ECS deployment {deployment.id} {'completed' if finished else 'in progress'}.",
        }


def _counts(tasks: list[Task]) -> dict[str, int]:
    return {
        "runningCount": sum(task.last_status == "RUNNING" for task in tasks),
        "pendingCount": sum(task.last_status in STARTING for task in tasks),
    }
