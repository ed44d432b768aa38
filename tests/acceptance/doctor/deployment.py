"""A deployment that nobody uses: the sandbox's control plane as it is provisioned, behind a front door of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import trustme
from aiohttp import web
from moto.core.base_backend import BackendDict

from acceptance.config.profile import read
from acceptance.doctor.checklist import checklist
from acceptance.doctor.examination import examine
from acceptance.doctor.finding import Finding
from acceptance.drivers.platform import Platform
from sandbox import aws_api
from sandbox.aws_access import AwsAccess, Keys
from sandbox.aws_api.metrics import put_metric_data
from sandbox.aws_api.server import ControlPlane
from sandbox.ecs.addresses import Addresses
from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.targets import TargetGroups
from sandbox.ecs.task_run import Host
from sandbox.host.processes import Processes
from sandbox.host.state import State
from sandbox.provision import Plan, Provisioned, provision
from sandbox.resources import Client
from sandbox.settings import ACCOUNT, INSTANT, REGION, Images, Names
from tests.fake_server import authority_file, serving

PROFILE = Path(__file__).resolve().parents[3] / "deployments" / "sandbox.toml"


class FrontDoor:
    """What the load balancer answers, on both listeners; a test changes it."""

    def __init__(self) -> None:
        self.https = self.http = ""
        self.reset()

    def reset(self) -> None:
        """Answer as the contract has it."""
        self.health_status, self.outside_status, self.redirect_status = 200, 404, 301
        self.headers = {"X-Service": "session-api"}
        self.health: object = {"request": {"method": "GET", "path": "/api/health", "headers": ["host"]}}
        self.redirect_to = self.https
        self.calls: set[str] = set()
        """What may be asked of a session by POST."""

    async def secure(self, request: web.Request) -> web.StreamResponse:
        """The HTTPS listener."""
        if request.path.rpartition("/")[2] in self.calls:
            return web.Response(status=405, headers={"Allow": "POST"})
        if request.path != "/api/health":
            return web.Response(status=self.outside_status)
        body = json.dumps(self.health)
        return web.Response(status=self.health_status, text=body, headers=self.headers)

    async def plain(self, request: web.Request) -> web.StreamResponse:
        """The HTTP listener."""
        to = {"Location": self.redirect_to + request.path}
        return web.Response(status=self.redirect_status, headers=to)


class Deployment:
    """What a test breaks: `client` changes the parts on AWS, `front` the answers, `settings` the profile."""

    def __init__(self, aws: AwsAccess, made: Provisioned, front: FrontDoor, ca_file: Path) -> None:
        self.client: Client = aws.client
        self.made = made
        self.front = front
        self.settings: dict[str, str] = {}
        self.denied: list[tuple[str, str]] = []
        """Calls that the credentials do not allow: boto3's name of the service, and the operation."""
        self._info = {
            "preview_url": front.https,
            "http_url": front.http,
            "ca_file": str(ca_file),
            "region": REGION,
            "aws_endpoint": aws.endpoint,
            "account": ACCOUNT,
            "access_key": aws.keys.id,
            "secret_key": aws.keys.secret,
            "workspace_root": "/workspace",
            "idle_timeout_s": 3.0,
        }

    def platform(self) -> Platform:
        """The suite's drivers of it."""
        platform = Platform.of(read(PROFILE, self.settings).fill(self._info))
        for service, operation in self.denied:
            clients: Any = platform.clients
            events = clients.of(service).meta.events
            events.register_first(f"before-send.{service}.{operation}", _denied)
        return platform

    def findings(self) -> tuple[Finding, ...]:
        """What the doctor says."""
        return examine(checklist(self.platform()))

    def container(self, family: str, **changes: Any) -> None:
        """Deploy a revision of the service whose container differs."""
        ecs = self.client("ecs")
        before = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        [container] = before["containerDefinitions"]
        arn = ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu=before["cpu"],
            memory=before["memory"],
            volumes=before.get("volumes", []),
            containerDefinitions=[{**container, **changes}],
        )["taskDefinition"]["taskDefinitionArn"]
        ecs.update_service(cluster="live-preview", service=family, taskDefinition=arn)


def _denied(**_: object) -> SimpleNamespace:
    """AWS's refusal, in JSON: as much of a response as botocore parses."""
    body = json.dumps({"__type": "AccessDeniedException", "message": "not authorized"})
    return SimpleNamespace(status_code=400, headers={}, content=body.encode())


@contextmanager
def house(folder: Path) -> Iterator[Callable[[ExitStack], Deployment]]:
    """What all deployments stand on, one at a time; yields what makes the next, sound, until its stack is closed."""
    authority, front, names, images = trustme.CA(), FrontDoor(), Names(), Images()
    with ExitStack() as stack:
        front.https = stack.enter_context(serving(front.secure, authority=authority))
        front.http = stack.enter_context(serving(front.plain))
        state = State.create()
        stack.callback(state.remove)
        control = ControlPlane(Keys.create())
        stack.callback(control.close)
        processes, addresses = Processes(state), Addresses()
        stack.callback(processes.close)
        stack.callback(addresses.close)
        ca_file = authority_file(authority, folder)

        def make(undo: ExitStack) -> Deployment:
            BackendDict.reset()
            front.reset()
            targets = TargetGroups(control.access)
            host = Host(
                processes, addresses, state, INSTANT, images, control.access, targets, None, put_metric_data
            )
            scheduler = Scheduler(host)
            undo.callback(scheduler.close)
            undo.callback(aws_api.install(scheduler=scheduler, pace=INSTANT, open_session=lambda *_: {}))
            cidr, port = addresses.cidr, addresses.container_port
            plan = Plan(control.access, names, INSTANT, front.https, cidr, port, folder, folder)
            return Deployment(control.access, provision(plan), front, ca_file)

        yield make
