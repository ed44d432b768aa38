"""What Hermes is told: its container's environment and the task metadata endpoint."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_NEEDED = (
    "TABLE_NAME",
    "CLAIMS_TABLE",
    "COMMAND_QUEUE_URL",
    "CLUSTER",
    "PREVIEW_ORIGIN",
    "IDLE_TIMEOUT_S",
    "RECORD_TTL_S",
    "PORT",
    "EDIT_SERVICE",
    "HERMES_SERVICE",
    "EDIT_PORT",
    "LISTENER_ARN",
    "VPC_ID",
    "MAIL_FROM",
    "RECONCILE_INTERVAL_S",
    "LEASE_S",
    "HEALTH_CHECK_INTERVAL_S",
    "DEREGISTRATION_DELAY_S",
    "SESSION_RULE_PRIORITIES",
)
_DEFAULT_OPENING_TIMEOUT_S = "900"


@dataclass(frozen=True)
class Config:
    """Hermes' settings; durations in seconds. `priorities`: the listener rule priorities that sessions may take."""

    table: str
    claims: str
    queue_url: str
    cluster: str
    idle_timeout_s: float
    record_ttl_s: float
    port: int
    edit_service: str
    hermes_service: str
    edit_port: int
    listener_arn: str
    vpc_id: str
    mail_from: str
    preview_origin: str
    reconcile_interval_s: float
    lease_s: float
    health_check_interval_s: float
    deregistration_delay_s: float
    priorities: range
    opening_timeout_s: float

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Config:
        """From the environment; ValueError names every variable that is missing."""
        if missing := [name for name in _NEEDED if not environment.get(name)]:
            raise ValueError(f"the environment lacks {', '.join(missing)}")
        first, last = environment["SESSION_RULE_PRIORITIES"].split("-")
        return cls(
            table=environment["TABLE_NAME"],
            claims=environment["CLAIMS_TABLE"],
            queue_url=environment["COMMAND_QUEUE_URL"],
            cluster=environment["CLUSTER"],
            idle_timeout_s=float(environment["IDLE_TIMEOUT_S"]),
            record_ttl_s=float(environment["RECORD_TTL_S"]),
            port=int(environment["PORT"]),
            edit_service=environment["EDIT_SERVICE"],
            hermes_service=environment["HERMES_SERVICE"],
            edit_port=int(environment["EDIT_PORT"]),
            listener_arn=environment["LISTENER_ARN"],
            vpc_id=environment["VPC_ID"],
            mail_from=environment["MAIL_FROM"],
            preview_origin=environment["PREVIEW_ORIGIN"],
            reconcile_interval_s=float(environment["RECONCILE_INTERVAL_S"]),
            lease_s=float(environment["LEASE_S"]),
            health_check_interval_s=float(environment["HEALTH_CHECK_INTERVAL_S"]),
            deregistration_delay_s=float(environment["DEREGISTRATION_DELAY_S"]),
            priorities=range(int(first), int(last) + 1),
            opening_timeout_s=float(environment.get("OPENING_TIMEOUT_S", _DEFAULT_OPENING_TIMEOUT_S)),
        )


@dataclass(frozen=True)
class OwnTask:
    """The ECS task that this process runs in."""

    arn: str
    address: str


def own_task(metadata_uri: str) -> OwnTask:
    """Ask the task metadata endpoint, version 4 (ECS guide); OSError when it does not answer with a task."""
    parts = urlsplit(metadata_uri)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", f"{parts.path}/task")
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise OSError(f"expected the task from {metadata_uri}/task, found status {response.status}")
    document = json.loads(body)
    return OwnTask(document["TaskARN"], document["Containers"][0]["Networks"][0]["IPv4Addresses"][0])
