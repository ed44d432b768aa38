"""What the sandbox is called and how fast it moves: names, pace, images."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

REGION = "us-east-1"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Names:
    """The contract's default names; a deployment on AWS may have others, with the same meaning."""

    load_balancer: str = "live-preview-alb"
    cluster: str = "live-preview"
    hermes: str = "hermes"
    edit: str = "edit"
    session_api: str = "session-api"
    table: str = "edit-sessions"
    claims: str = "edit-session-claims"
    client_index: str = "clientId-status-index"
    activity_index: str = "status-lastActivityAt-index"
    queue: str = "session-commands.fifo"
    dead_letters: str = "session-commands-dead.fifo"
    topic: str = "inbound-mail"
    mail_domain: str = "edit.preview.example"
    mail_sender: str = "edit@edit.preview.example"
    customer_domains: tuple[str, ...] = ("example.com", "example.org", "customers.example")
    customer_bucket: str = "customer-mail"
    customer_prefix: str = "inbox/"
    file_system: str = "workspaces"


@dataclass(frozen=True)
class Pace:
    """How long the platform takes over what AWS takes its time for. All values in seconds.

    `instant` is as fast as the machine; `fargate` uses delays measured on AWS: 53-62 s from create to start
    for a 413 MB image, deregistration and health checks as in the usual templates.
    """

    name: str
    provisioning_s: float
    pending_s: float
    deprovisioning_s: float
    exec_agent_s: float
    stop_timeout_s: float
    deregistration_delay_s: float
    health_check_interval_s: float
    health_check_timeout_s: float
    idle_timeout_s: float
    record_ttl_s: float
    ttl_sweep_s: float
    reconcile_interval_s: float
    lease_s: float
    visibility_timeout_s: float


INSTANT = Pace(
    name="instant",
    provisioning_s=0.0,
    pending_s=0.0,
    deprovisioning_s=0.0,
    exec_agent_s=0.0,
    stop_timeout_s=5.0,
    deregistration_delay_s=0.2,
    health_check_interval_s=0.2,
    health_check_timeout_s=2.0,
    idle_timeout_s=3.0,
    record_ttl_s=86_400.0,
    ttl_sweep_s=30.0,
    reconcile_interval_s=0.1,
    lease_s=3.0,
    visibility_timeout_s=5.0,
)

FARGATE = Pace(
    name="fargate",
    provisioning_s=8.0,
    pending_s=12.0,
    deprovisioning_s=5.0,
    exec_agent_s=3.0,
    stop_timeout_s=30.0,
    deregistration_delay_s=15.0,
    health_check_interval_s=5.0,
    health_check_timeout_s=4.0,
    idle_timeout_s=300.0,
    record_ttl_s=86_400.0,
    ttl_sweep_s=600.0,
    reconcile_interval_s=1.0,
    lease_s=10.0,
    visibility_timeout_s=30.0,
)

PACES: Mapping[str, Pace] = MappingProxyType({pace.name: pace for pace in (INSTANT, FARGATE)})


@dataclass(frozen=True)
class Images:
    """What runs in place of each container image: an argument vector per part of the platform."""

    hermes: Sequence[str] = (sys.executable, "-m", "sandbox.services.hermes")
    edit: Sequence[str] = (sys.executable, "-m", "sandbox.services.edit")
    session_api: Sequence[str] = (
        sys.executable,
        "-m",
        "sandbox.lambda_.host",
        "sandbox.services.session_api.handler:handle",
    )

    def command(self, family: str) -> Sequence[str]:
        """The argument vector for a task definition family (`hermes` or `edit`); KeyError for another."""
        return {"hermes": self.hermes, "edit": self.edit}[family]


IMAGES = Images()
