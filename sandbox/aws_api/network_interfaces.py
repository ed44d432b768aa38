"""EC2's network interfaces of what AWS runs for its customer: those of tasks exist while the tasks have an address.

Sources: ECS guide, "Allocate a network interface for an Amazon ECS task"; EC2 API, NetworkInterface.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend

from sandbox.aws_api.ecs_lookup import backend
from sandbox.aws_api.hooks import Hooks
from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.tasks import Task
from sandbox.settings import ACCOUNT, REGION


@dataclass(frozen=True)
class Machine:
    """What an interface is attached to: a machine of AWS's own, of which its customer learns the owner only."""

    owner_id: str = "amazon-aws"
    id: None = None
    security_groups: tuple[()] = ()


def install(scheduler: Scheduler) -> Callable[[], None]:
    """Show the interfaces of the tasks that the scheduler runs; returns the undoing function."""
    hooks = Hooks()
    describe: Callable[..., list[NetworkInterface]] = NetworkInterfaceBackend.get_all_network_interfaces
    lock = threading.Lock()
    shown: set[str] = set()

    def get_all_network_interfaces(self: EC2Backend, *given: Any, **named: Any) -> list[NetworkInterface]:
        with lock, scheduler.locked():
            connected = {task.interface_id: task for task in connected_tasks(scheduler)}
            for gone in shown - connected.keys():
                self.enis.pop(gone, None)
            for new in connected.keys() - shown:
                show(self, connected[new])
            shown.clear()
            shown.update(connected)
            return describe(self, *given, **named)

    hooks.replace(NetworkInterfaceBackend, "get_all_network_interfaces", get_all_network_interfaces)
    return hooks.remove


def connected_tasks(scheduler: Scheduler) -> Iterable[Task]:
    """The tasks of all clusters that have an address and are not STOPPED."""
    for cluster in backend().clusters.values():
        for task in scheduler.tasks(cluster.arn):
            if task.address is not None and task.last_status != "STOPPED":
                yield task


def show(ec2: EC2Backend, task: Task) -> None:
    """Give EC2 a task's interface, with the ids and addresses that the task itself tells."""
    network = task.launch.network_configuration["awsvpcConfiguration"]
    interface = ec2.create_network_interface(
        network["subnets"][0], task.address or [], group_ids=network.get("securityGroups") or []
    )
    del ec2.enis[interface.id]
    interface.id, interface.mac_address = task.interface_id, task.mac_address
    ec2.enis[interface.id] = interface
    attach(interface, f"arn:aws:ecs:{REGION}:{ACCOUNT}:attachment/{task.attachment_id}")


def attach(interface: NetworkInterface, description: str) -> None:
    """Put an interface in use by a service of AWS, which made it and alone may take it away."""
    vars(interface).update(
        status="in-use",
        description=description,
        requester_managed=True,
        instance=Machine(),
        attachment_id=f"eni-attach-{secrets.token_hex(9)[:17]}",
        attach_time=datetime.now(UTC),
        device_index=1,
    )
