"""How cluster and services are set up, as ECS and Application Auto Scaling describe it; what runs is `ecs`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acceptance.config.sections import Names
from acceptance.drivers.aws import Clients
from acceptance.waiting.errors import UnexpectedAnswer

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

STOP_TIMEOUT_S = 30
"""Seconds between SIGTERM and SIGKILL where a container names none (ECS API, ContainerDefinition, `stopTimeout`)."""


@dataclass(frozen=True)
class Container:
    """A container of a task definition, as far as ECS Exec and an orderly end depend on it."""

    name: str
    init_process: bool
    read_only_root: bool
    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    stop_timeout_s: int


@dataclass(frozen=True)
class ServiceSetup:
    """A service with the containers of the task definition that its next task is started from."""

    name: str
    status: str
    exec_enabled: bool
    platform_version: str
    containers: tuple[Container, ...]

    def container(self, name: str) -> Container | None:
        """The container of that name, if there is one."""
        return next((container for container in self.containers if container.name == name), None)


@dataclass(frozen=True)
class Bounds:
    """How few and how many tasks a scalable target allows."""

    least: int
    most: int


class ClusterSetup:
    """Reads the cluster that the profile names. Nothing here changes anything."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names

    def tags(self) -> Mapping[str, str]:
        """The cluster's tags. UnexpectedAnswer if there is no such cluster, or it is not ACTIVE."""
        found = self._ecs.describe_clusters(clusters=[self._names.cluster], include=["TAGS"])["clusters"]
        if not found or found[0].get("status") != "ACTIVE":
            state = found[0].get("status") if found else "none of this name"
            raise UnexpectedAnswer(f"expected an ACTIVE cluster {self._names.cluster}, found {state}")
        return {str(tag["key"]): str(tag["value"]) for tag in found[0].get("tags", [])}

    def service(self, name: str) -> ServiceSetup:
        """A service by its name. UnexpectedAnswer if the cluster has none of it."""
        found = self._ecs.describe_services(cluster=self._names.cluster, services=[name])["services"]
        if not found:
            raise UnexpectedAnswer(f"cluster {self._names.cluster} has no service {name}")
        service: Mapping[str, Any] = found[0]
        task = self._ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        return ServiceSetup(
            str(service["serviceName"]),
            str(service["status"]),
            bool(service.get("enableExecuteCommand")),
            str(service.get("platformVersion") or "LATEST"),
            tuple(_container(container) for container in task["containerDefinitions"]),
        )

    def bounds(self, service: str) -> Bounds:
        """The bounds of a service's scalable target. UnexpectedAnswer if it has none."""
        found = self._clients.of("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="ecs",
            ResourceIds=[f"service/{self._names.cluster}/{service}"],
            ScalableDimension="ecs:service:DesiredCount",
        )["ScalableTargets"]
        if len(found) != 1:
            raise UnexpectedAnswer(f"expected one scalable target of {service}, found {len(found)}")
        return Bounds(int(found[0]["MinCapacity"]), int(found[0]["MaxCapacity"]))

    @property
    def _ecs(self) -> ECSClient:
        return self._clients.of("ecs")


def _container(container: Mapping[str, Any]) -> Container:
    return Container(
        str(container["name"]),
        bool(container.get("linuxParameters", {}).get("initProcessEnabled")),
        bool(container.get("readonlyRootFilesystem")),
        tuple(container.get("entryPoint") or ()),
        tuple(container.get("command") or ()),
        int(container.get("stopTimeout") or STOP_TIMEOUT_S),
    )
