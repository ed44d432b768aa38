"""The scheduler behind moto, with tiny programs in place of the services."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

from sandbox import aws_api
from sandbox.aws_access import Keys
from sandbox.aws_api.logs import put_log_events
from sandbox.aws_api.metrics import put_metric_data
from sandbox.aws_api.server import ControlPlane
from sandbox.ecs.addresses import Addresses
from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.task_run import Host
from sandbox.ecs.tasks import Task
from sandbox.host.processes import Processes
from sandbox.host.state import State
from sandbox.provision import make, network, template
from sandbox.settings import INSTANT, Images, Pace
from sandbox.template import Stack
from sandbox.weather.weather import Weather

PATIENCE_S = 15.0
CLUSTER = "live-preview"
QUICK = dataclasses.replace(INSTANT, stop_timeout_s=1.0, deregistration_delay_s=0.1)

# Serves on the address and port it was given, like a service: what it serves is its own environment.
SERVICE = """
import http.server, json, os, urllib.request
meta = json.load(urllib.request.urlopen(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + "/task"))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(json.dumps({"meta": meta, "environment": dict(os.environ)}).encode())
address = meta["Containers"][0]["Networks"][0]["IPv4Addresses"][0]
server = http.server.ThreadingHTTPServer((address, int(os.environ["PORT"])), Handler)
print("serving", flush=True)
server.serve_forever()
"""
SLEEPER = ["/bin/sleep", "600"]
CRASHER = ["/bin/sh", "-c", "exit 3"]


def service(script: str = SERVICE) -> Sequence[str]:
    """A command that runs a script."""
    return [sys.executable, "-c", script]


class RecordedTargets:
    """Target groups that remember what was asked of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str, int]] = []
        self.all_healthy = True

    def register(self, target_group: str, address: str, port: int) -> None:
        """Remember it."""
        self.calls.append(("register", target_group, address, port))

    def deregister(self, target_group: str, address: str, port: int) -> None:
        """Remember it."""
        self.calls.append(("deregister", target_group, address, port))

    def healthy(self, target_group: str, address: str, port: int) -> bool:
        """As set."""
        assert target_group and address and port
        return self.all_healthy


class Stand:
    """A control plane, its scheduler and a cluster with the families `hermes` and `edit`."""

    def __init__(self, images: Images, pace: Pace = QUICK, weather: Weather | None = None) -> None:
        self.state = State.create()
        self.control = ControlPlane(Keys.create(), before=(weather or Weather()).before)
        self.addresses = Addresses()
        self.processes = Processes(self.state)
        self.targets = RecordedTargets()
        host = Host(
            processes=self.processes,
            addresses=self.addresses,
            state=self.state,
            pace=pace,
            images=images,
            aws=self.control.access,
            targets=self.targets,
            put_log_events=put_log_events,
            put_metric_data=put_metric_data,
        )
        self.scheduler = Scheduler(host)
        self.opened: list[tuple[str, str, str]] = []
        self._remove = aws_api.install(scheduler=self.scheduler, pace=pace, open_session=self._open)
        self.scheduler.start()
        self.client: Callable[[str], Any] = self.control.access.client
        self.ecs = self.client("ecs")
        self.resources = Stack(
            template(), network(self.addresses.cidr), functools.partial(make, functools.cache(self.client))
        )
        self.network: dict[str, Any] = {
            "awsvpcConfiguration": {
                "subnets": [self.resources.made(name).ref for name in ("SubnetA", "SubnetB")],
                "securityGroups": [self.resources.made("TaskGroup").ref],
                "assignPublicIp": "DISABLED",
            }
        }
        self.cluster_arn: str = self.ecs.create_cluster(clusterName=CLUSTER)["cluster"]["clusterArn"]
        for family in ("hermes", "edit"):
            self.register(family)

    def register(self, family: str) -> str:
        """Register a revision of a family: its ARN."""
        arn: str = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": family,
                    "image": family,
                    "environment": [
                        {"name": "PORT", "value": str(self.addresses.container_port)},
                        {"name": "GREETING", "value": "hello"},
                    ],
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {"awslogs-group": f"/ecs/{family}", "awslogs-stream-prefix": "ecs"},
                    },
                }
            ],
        )["taskDefinition"]["taskDefinitionArn"]
        return arn

    def create_service(self, family: str, desired: int, **more: Any) -> None:
        """Create the family's service."""
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=family,
            taskDefinition=family,
            desiredCount=desired,
            launchType="FARGATE",
            enableExecuteCommand=True,
            networkConfiguration=self.network,
            **more,
        )

    def scale(self, family: str, desired: int, **more: Any) -> None:
        """Set the service's desired count."""
        self.ecs.update_service(cluster=CLUSTER, service=family, desiredCount=desired, **more)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a state of the scheduler; AssertionError with the tasks' states when it does not come."""
        if not self.scheduler.wait_for(condition, PATIENCE_S):
            seen = [(task.launch.group, task.last_status, task.stopped_reason) for task in self.all_tasks()]
            raise AssertionError(f"expected {what} within {PATIENCE_S} s; the tasks are {seen}")

    def until_running(self, family: str, count: int) -> list[Task]:
        """Wait until exactly so many tasks of a service run and none is on its way up or down; these tasks."""

        def settled() -> bool:
            tasks = [task for task in self.tasks(family) if task.last_status != "STOPPED"]
            return len(tasks) == count and all(task.last_status == "RUNNING" for task in tasks)

        self.until(settled, f"{count} running tasks of {family}")
        return [task for task in self.tasks(family) if task.last_status == "RUNNING"]

    def tasks(self, family: str) -> list[Task]:
        """All tasks of the family's service."""
        return [task for task in self.all_tasks() if task.launch.group == f"service:{family}"]

    def all_tasks(self) -> list[Task]:
        """All tasks of the cluster."""
        return self.scheduler.tasks(self.cluster_arn)

    def describe(self, family: str) -> dict[str, Any]:
        """The service, as the API tells it."""
        found: dict[str, Any] = self.ecs.describe_services(cluster=CLUSTER, services=[family])["services"][0]
        return found

    def close(self) -> None:
        """End everything."""
        self._remove()
        self.scheduler.close()
        self.processes.close(0.0)
        self.addresses.close()
        self.control.close()
        self.state.remove()

    def _open(self, task_arn: str, container: str, command: str) -> dict[str, Any]:
        self.opened.append((task_arn, container, command))
        return {"sessionId": "ecs-execute-command-1", "streamUrl": "ws://127.0.0.1:1/", "tokenValue": "t"}
