"""What every ECS call needs: its parameters, and moto's cluster and task definition behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ecs.exceptions import InvalidParameterException, ServiceNotFoundException
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.service_state import Service
from sandbox.ecs.tasks import Definition
from sandbox.settings import ACCOUNT, REGION


def backend() -> EC2ContainerServiceBackend:
    """moto's ECS state: clusters, task definitions, tags."""
    return ecs_backends[ACCOUNT][REGION]


def parameters(response: EC2ContainerServiceResponse) -> Mapping[str, Any]:
    """The call's parameters, in boto3's spelling."""
    given: Mapping[str, Any] = response.params
    return given


def cluster_arn(given: Mapping[str, Any]) -> str:
    """The ARN of the call's cluster; ClusterNotFoundException."""
    return str(backend()._get_cluster(given.get("cluster") or "default").arn)


def service(scheduler: Scheduler, cluster: str, name_or_arn: str) -> Service:
    """A service by name or ARN; ServiceNotFoundException."""
    try:
        return scheduler.service(cluster, name_or_arn.rsplit("/", 1)[-1])
    except KeyError:
        raise ServiceNotFoundException from None


def definition(name: str | None) -> Definition:
    """A task definition by family, `family:revision` or ARN; ClientException when there is none such."""
    if not name:
        raise InvalidParameterException("TaskDefinition can not be blank.")
    found = backend().describe_task_definition(name)
    return Definition(
        arn=found.arn,
        family=found.family,
        revision=found.revision,
        cpu=str(found.cpu or 256),
        memory=str(found.memory or 512),
        container=found.container_definitions[0],
    )
