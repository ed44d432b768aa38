"""A task as ECS describes it: what it was started from, where it is in its life, and how it ended."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.host.processes import Process
from sandbox.settings import ACCOUNT, REGION

AVAILABILITY_ZONE = f"{REGION}a"
PLATFORM_VERSION = "1.4.0"
# What a Fargate task gets unless its definition asks for more (ECS guide, "Fargate task ephemeral storage").
EPHEMERAL_GIB = 20
STARTING = ("PROVISIONING", "PENDING", "ACTIVATING")
EXEC_AGENT = "ExecuteCommandAgent"

_order = itertools.count()


@dataclass(frozen=True)
class Definition:
    """One revision of a task definition. `container` is its first container definition, in boto3's spelling."""

    arn: str
    family: str
    revision: int
    cpu: str
    memory: str
    container: Mapping[str, Any]

    @property
    def container_name(self) -> str:
        """The name of the container that the task runs."""
        return str(self.container["name"])


@dataclass(frozen=True)
class Launch:
    """How a task is to be started: by whom, with which overrides (boto3's spelling), into which network."""

    definition: Definition
    cluster_arn: str
    group: str
    started_by: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    network_configuration: Mapping[str, Any] = field(default_factory=dict)
    load_balancers: tuple[Mapping[str, Any], ...] = ()
    enable_execute_command: bool = False
    tags: tuple[Mapping[str, str], ...] = ()

    def override(self) -> Mapping[str, Any]:
        """The container's override, empty when there is none."""
        for entry in self.overrides.get("containerOverrides", []):
            if entry.get("name") == self.definition.container_name:
                found: Mapping[str, Any] = entry
                return found
        return {}


class Task:
    """One task. Everything but the identity changes, and only under the scheduler's lock."""

    def __init__(self, launch: Launch) -> None:
        self.id = uuid.uuid4().hex
        self.order = next(_order)
        self.launch = launch
        cluster = launch.cluster_arn.rsplit("/", 1)[-1]
        self.arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{cluster}/{self.id}"
        self.container_arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:container/{cluster}/{self.id}/{uuid.uuid4()}"
        self.runtime_id = f"{self.id}-{uuid.uuid4().int % 10**10:010d}"
        self.attachment_id = str(uuid.uuid4())
        self.interface_id = f"eni-{uuid.uuid4().hex[:17]}"
        self.mac_address = f"0a:{uuid.uuid4().bytes[:5].hex(':')}"
        self.last_status = "PROVISIONING"
        self.desired_status = "RUNNING"
        self.container_status = "PENDING"
        self.agent_status = "PENDING"
        self.address: str | None = None
        self.process: Process | None = None
        self.exit_code: int | None = None
        self.stop_code: str | None = None
        self.stopped_reason: str | None = None
        self.times: dict[str, datetime] = {"createdAt": now()}
        self.protected_until: datetime | None = None
        self.version = 1
        self.counted = False
        self.wake = threading.Event()

    @property
    def alive(self) -> bool:
        """Whether its process runs at this very moment."""
        return self.process is not None and self.process.poll() is None

    @property
    def private_dns_name(self) -> str | None:
        """The name of its address within the VPC (VPC guide, "DNS attributes for your VPC")."""
        zone = "ec2" if REGION == "us-east-1" else f"{REGION}.compute"
        return f"ip-{self.address.replace('.', '-')}.{zone}.internal" if self.address else None

    @property
    def protected(self) -> bool:
        """Whether scale-in has to leave it alone now."""
        return self.protected_until is not None and self.protected_until > now()

    def move(self, status: str, *stamps: str) -> None:
        """Enter `status`, and note the present as each of the times named."""
        self.last_status = status
        self.version += 1
        for stamp in stamps:
            self.times.setdefault(stamp, now())

    def end(self, code: str, reason: str) -> bool:
        """Ask for its end. False, and nothing changes, if that was asked before: the first reason stays."""
        if self.desired_status == "STOPPED":
            return False
        self.desired_status = "STOPPED"
        self.stop_code, self.stopped_reason = code, reason
        self.times.setdefault("stoppingAt", now())
        self.version += 1
        self.wake.set()
        return True

    def protect(self, minutes: int | None) -> None:
        """Protect it from scale-in for so many minutes, or no longer (None)."""
        self.protected_until = None if minutes is None else now() + timedelta(minutes=minutes)

    def document(self) -> dict[str, Any]:
        """The task in the shape of boto3's DescribeTasks, without tags; times are aware datetimes in UTC."""
        launch = self.launch
        document: dict[str, Any] = {
            "taskArn": self.arn,
            "clusterArn": launch.cluster_arn,
            "taskDefinitionArn": launch.definition.arn,
            "group": launch.group,
            "launchType": "FARGATE",
            "platformVersion": PLATFORM_VERSION,
            "platformFamily": "Linux",
            "availabilityZone": AVAILABILITY_ZONE,
            "connectivity": "CONNECTED",
            "desiredStatus": self.desired_status,
            "lastStatus": self.last_status,
            "healthStatus": "UNKNOWN",
            "enableExecuteCommand": launch.enable_execute_command,
            "cpu": launch.definition.cpu,
            "memory": launch.definition.memory,
            "overrides": dict(launch.overrides) or {"containerOverrides": []},
            "version": self.version,
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "ephemeralStorage": {"sizeInGiB": EPHEMERAL_GIB},
            "inferenceAccelerators": [],
            "attachments": [self._attachment()] if self.address else [],
            "containers": [self._container()],
            **self.times,
        }
        optional = {
            "startedBy": launch.started_by or None,
            "stopCode": self.stop_code,
            "stoppedReason": self.stopped_reason,
        }
        return document | {key: value for key, value in optional.items() if value is not None}

    def _container(self) -> dict[str, Any]:
        definition = self.launch.definition
        document: dict[str, Any] = {
            "containerArn": self.container_arn,
            "taskArn": self.arn,
            "name": definition.container_name,
            "image": definition.container.get("image", ""),
            "runtimeId": self.runtime_id,
            "lastStatus": self.container_status,
            "networkBindings": [],
            "networkInterfaces": [
                {"attachmentId": self.attachment_id, "privateIpv4Address": self.address},
            ]
            if self.address
            else [],
            "healthStatus": "UNKNOWN",
            "cpu": str(definition.container.get("cpu", 0)),
        }
        if self.exit_code is not None:
            document["exitCode"] = self.exit_code
        if self.launch.enable_execute_command:
            agent: dict[str, Any] = {"name": EXEC_AGENT, "lastStatus": self.agent_status}
            if self.agent_status == "RUNNING":
                agent["lastStartedAt"] = self.times.get("startedAt")
            document["managedAgents"] = [agent]
        return document

    def _attachment(self) -> dict[str, Any]:
        subnets = self.launch.network_configuration.get("awsvpcConfiguration", {}).get("subnets", [])
        details = {
            "subnetId": subnets[0] if subnets else None,
            "networkInterfaceId": self.interface_id,
            "macAddress": self.mac_address,
            "privateDnsName": self.private_dns_name,
            "privateIPv4Address": self.address,
        }
        return {
            "id": self.attachment_id,
            "type": "ElasticNetworkInterface",
            "status": "DELETED" if self.last_status == "STOPPED" else "ATTACHED",
            "details": [{"name": name, "value": value} for name, value in details.items() if value],
        }


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)
