"""The sections of a deployment's profile, as it has them (acceptance/config/profile.py reads them)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from acceptance.capabilities import Capability


@dataclass(frozen=True)
class SandboxCommand:
    """The command that starts the deployment. A profile without it names one that is there already."""

    command: Annotated[tuple[str, ...], "`{ready}` becomes the ready file, `python` this interpreter"]
    ready_within: Annotated[timedelta, "from its start to its ready file"]


@dataclass(frozen=True)
class Supports:
    """What the deployment offers beyond the core (docs/contract.md, Capabilities); the rest is not judged."""

    extended: Annotated[
        tuple[Capability, ...], "capabilities by their names in the contract; `[]` is the core alone"
    ]


@dataclass(frozen=True)
class SuiteSettings:
    """What the suite may touch."""

    client_prefix: Annotated[str, "client ids that begin with it are the suite's own; at most 20 characters"]


@dataclass(frozen=True)
class Addresses:
    """Where the load balancer answers. URLs end in no slash."""

    preview_url: Annotated[str, "its HTTPS listener"]
    http_url: Annotated[str, "its HTTP listener, which leads to the other"]
    ca_file: Annotated[Path | None, "the PEM of its own authority; none: public ones vouch"] = None


@dataclass(frozen=True)
class Aws:
    """The AWS API. Keys are for stand-ins only; without them boto3's own chain finds credentials."""

    region: Annotated[str, "the region of all parts"]
    endpoint: Annotated[str | None, "where a stand-in answers; none: AWS"] = None
    access_key: Annotated[str | None, "the stand-in's key"] = None
    secret_key: Annotated[str | None, "and its secret"] = None
    account: Annotated[str | None, "the only account that a run works in; none: any"] = None


@dataclass(frozen=True)
class Names:
    """What the deployment calls the parts of the contract."""

    load_balancer: Annotated[str, "the load balancer"]
    cluster: Annotated[str, "the ECS cluster of both services"]
    hermes: Annotated[str, "Hermes' service"]
    edit: Annotated[str, "Edit's service"]
    hermes_container: Annotated[str, "Hermes' container in its task definition"]
    edit_container: Annotated[str, "Edit's: the one that mounts the workspaces"]
    table: Annotated[str, "the session table"]
    client_index: Annotated[str, "its index by client and status"]
    queue: Annotated[str | None, "the commands' queue, for `queue-depth` and `dead-letters`"] = None
    dead_letters: Annotated[
        str | None, "that of commands that could not be carried out, for `dead-letters`"
    ] = None


@dataclass(frozen=True)
class Mail:
    """Where instructions are mailed to, who may send in a test, and where the customers' inbox is kept; for `mail`."""

    domain: Annotated[str, "the domain that SES receives instructions for"]
    local_part: Annotated[str, "what stands before `+{clientId}@`"]
    customer_domain: Annotated[
        str, "the domain of the test's customers, which SES sends from and receives for"
    ]
    inbox_bucket: Annotated[str, "the S3 bucket that their mail is received into"]
    inbox_prefix: Annotated[str, "what its keys begin with"]


@dataclass(frozen=True)
class WorkspaceAccess:
    """The customers' workspaces."""

    root: Annotated[str, "their folder as an Edit task sees it"]
    mounted_at: Annotated[Path | None, "where this machine mounts it; none: ECS Exec is used"] = None


@dataclass(frozen=True)
class Exec:
    """What to run by ECS Exec, for all that runs in the task's container at once; for `task-kill`."""

    kill: Annotated[str, "ends it, as SIGKILL does"]
    hang: Annotated[str, "stops it without an end, as SIGSTOP does"]


@dataclass(frozen=True)
class Logs:
    """What the platform's parts log."""

    groups: Annotated[tuple[str, ...], "CloudWatch log groups; their tails are evidence of a failure"]


@dataclass(frozen=True)
class Timing:
    """The deployment's pace."""

    idle_timeout: Annotated[timedelta, "how long a session may be without activity"]
    patience: Annotated[float, "multiplies every look of [patience] but `poll_s`, never a promise"] = 1.0
