"""What the tests of the load balancer share: a control plane, an Envoy on it, and targets that tell what they saw."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from aiohttp import WSMsgType, web

from sandbox.alb.authority import Authority
from sandbox.alb.balancer import Balancer, Manner
from sandbox.aws_access import AwsAccess, Keys
from sandbox.aws_api import elbv2
from sandbox.aws_api.server import ControlPlane
from sandbox.host.processes import Processes
from sandbox.host.state import State
from sandbox.settings import INSTANT, REGION

KEYS = Keys("sandbox", "secret")


@contextmanager
def control_plane() -> Iterator[str]:
    """moto's server, empty; yields its URL."""
    server = ControlPlane(KEYS)
    try:
        yield server.access.endpoint
    finally:
        server.close()


def browser(ca: str) -> requests.Session:
    """An HTTP client that trusts that authority and nothing from the environment."""
    session = requests.Session()
    session.verify = ca
    # Otherwise a CA bundle named in the environment would win over the line above.
    session.trust_env = False
    return session


def client(url: str, service: str) -> Any:
    """A boto3 client of that control plane."""
    return AwsAccess(url, KEYS).client(service)


@dataclass
class Target:
    """An HTTP server on a loopback address that echoes requests as JSON and WebSocket messages as they are.

    `check_delays` are the seconds that it takes over its next health checks, one each.
    """

    address: str = "127.0.0.1"
    status: int = 200
    port: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, str]] = field(default_factory=list)
    check_delays: list[float] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread = field(default_factory=threading.Thread)

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        """Refuse connections from here on; again is no error."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _serve(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0)

        async def begin() -> None:
            await runner.setup()
            site = web.TCPSite(runner, self.address, self.port)
            await site.start()
            self.port = runner.addresses[0][1]
            ready.set()

        self._loop.run_until_complete(begin())
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        # Transports close their sockets one turn after they were told to.
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/health":
            self.checks.append(dict(request.headers))
            if self.check_delays:
                await asyncio.sleep(self.check_delays.pop(0))
            return web.Response(status=self.status)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await socket.send_str(message.data)
            return socket
        if request.path.endswith("/big-headers"):
            return web.Response(headers={f"x-{i}": "y" * 8000 for i in range(5)})
        if request.path.endswith("/hang-up") and request.transport:
            request.transport.abort()
        seen = {
            "method": request.method,
            "path": request.raw_path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "target": f"{self.address}:{self.port}",
        }
        self.seen.append(seen)
        return web.json_response(seen)


class Edge:
    """A load balancer behind a real ELBv2 API, with both listeners; the defaults answer as the platform's do."""

    def __init__(self, url: str, balancer: Balancer, processes: Processes, state: State) -> None:
        self.balancer = balancer
        self.processes = processes
        self.state = state
        self.elbv2 = client(url, "elbv2")
        ec2 = client(url, "ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"{REGION}{zone}")
            for i, zone in enumerate("ab")
        ]
        ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
        balancers = self.elbv2.create_load_balancer(Name="alb", Subnets=ids)
        self.arn = balancers["LoadBalancers"][0]["LoadBalancerArn"]
        to_https = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
        self.http = self._listener("HTTP", 80, {"Type": "redirect", "RedirectConfig": to_https})
        not_found = {"StatusCode": "404", "ContentType": "text/html", "MessageBody": "<p>nothing here</p>"}
        self.https = self._listener(
            "HTTPS", 443, {"Type": "fixed-response", "FixedResponseConfig": not_found}
        )
        balancer.settled(10)

    def _listener(self, protocol: str, port: int, action: dict[str, Any]) -> str:
        certificates = [{"CertificateArn": "arn:aws:iam::123456789012:server-certificate/alb"}]
        listener = self.elbv2.create_listener(
            LoadBalancerArn=self.arn,
            Protocol=protocol,
            Port=port,
            DefaultActions=[action],
            **({"Certificates": certificates} if protocol == "HTTPS" else {}),
        )
        return str(listener["Listeners"][0]["ListenerArn"])

    @property
    def url(self) -> str:
        return f"https://localhost:{self.balancer.https_port}"

    @property
    def ca(self) -> str:
        return str(self.state.ca_file)

    def group(self, name: str, **settings: Any) -> str:
        """A target group of type ip with health checks at /health."""
        fixed = {"Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc, "TargetType": "ip"}
        groups = self.elbv2.create_target_group(Name=name, HealthCheckPath="/health", **fixed | settings)
        return str(groups["TargetGroups"][0]["TargetGroupArn"])

    def function_group(self, name: str, function_arn: str) -> str:
        """A target group of type lambda with that function."""
        groups = self.elbv2.create_target_group(Name=name, TargetType="lambda")
        arn = str(groups["TargetGroups"][0]["TargetGroupArn"])
        self.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": function_arn}])
        return arn

    def register(self, group: str, *targets: Target) -> None:
        pairs = [{"Id": target.address, "Port": target.port} for target in targets]
        self.elbv2.register_targets(TargetGroupArn=group, Targets=pairs)

    def deregister(self, group: str, *targets: Target) -> None:
        pairs = [{"Id": target.address, "Port": target.port} for target in targets]
        self.elbv2.deregister_targets(TargetGroupArn=group, Targets=pairs)

    def rule(self, priority: int, paths: list[str], group: str) -> str:
        rules = self.elbv2.create_rule(
            ListenerArn=self.https,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": paths}}],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return str(rules["Rules"][0]["RuleArn"])

    def health(self, group: str) -> list[tuple[str, str | None]]:
        """State and reason of every target that DescribeTargetHealth lists."""
        found = self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [(item["TargetHealth"]["State"], item["TargetHealth"].get("Reason")) for item in found]


@contextmanager
def edge(manner: Manner | None = None) -> Iterator[Edge]:
    """A load balancer with its control plane, gone afterwards."""
    state = State.create()
    processes = Processes(state)
    balancer = Balancer(processes, state, INSTANT, Authority.create(state), manner=manner)
    try:
        with control_plane() as url:
            uninstall = elbv2.install(balancer, INSTANT)
            try:
                balancer.start()
                yield Edge(url, balancer, processes, state)
            finally:
                balancer.stop()
                uninstall()
    finally:
        processes.close()
        state.remove()


def eventually(probe: Any, wanted: Any, within_s: float) -> None:
    """Probe until it returns `wanted`; AssertionError with the last answer."""
    pause = threading.Event()
    waited = 0.0
    while (found := probe()) != wanted:
        assert waited < within_s, f"expected {wanted!r} within {within_s} s, found {found!r}"
        pause.wait(0.02)
        waited += 0.02
