"""A deployment's profile: names, addresses, timings, and what may be touched. Read from TOML, typed and frozen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from acceptance.capabilities import Capability
from acceptance.config.timeouts import Patience
from acceptance.config.toml_reader import PLACEHOLDER, Reader
from acceptance.waiting.errors import ConfigurationError

INFO_KEYS = frozenset(
    "id started_by checkout info_url preview_url http_url api_url api_example mail_address mailbox ca_file ca_trust "  # noqa: SIM905
    "aws_endpoint region account access_key secret_key load_balancer cluster hermes_service edit_service table queue "
    "dead_letters file_system workspace_root logs timing idle_timeout_s fence".split()
)
"""Keys of the sandbox's info document, and so the placeholders a profile may use."""

CLIENT_ID_LENGTH = 63

COLD_START = timedelta(seconds=60)
"""What the features promise at most from a request to a live preview; a look must be longer to measure a late one."""


@dataclass(frozen=True)
class SandboxCommand:
    """The command that starts the deployment. A profile without it names one that is there already."""

    command: Annotated[tuple[str, ...], "`{ready}` becomes the ready file, `python` this interpreter"]
    ready_within: Annotated[timedelta, "from its start to its ready file"]


@dataclass(frozen=True)
class Supports:
    """What the deployment offers beyond the core (docs/contract.md, Capabilities); the rest is not judged."""

    extended: Annotated[tuple[Capability, ...], "capabilities by their names in the contract"]


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
    queue: Annotated[str, "the commands' queue"]
    dead_letters: Annotated[str, "the queue of commands that could not be carried out"]


@dataclass(frozen=True)
class Mail:
    """Where instructions are mailed to, who may send in a test, and where the customers' inbox is kept."""

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
    """What to run by ECS Exec, for all that runs in the task's container at once."""

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


@dataclass(frozen=True)
class Profile:
    """One deployment, complete: every placeholder filled, every value checked."""

    name: str
    source: Path
    supports: Supports
    suite: SuiteSettings
    addresses: Addresses
    aws: Aws
    names: Names
    mail: Mail
    workspace: WorkspaceAccess
    exec: Exec
    logs: Logs
    timing: Timing
    patience: Patience


@dataclass(frozen=True)
class Draft:
    """A profile read and checked, placeholders still open: enough to start its deployment."""

    source: Path
    tables: Mapping[str, object]
    command: SandboxCommand | None
    extended: frozenset[Capability]
    """What its deployment offers beyond the core."""

    @property
    def needs_info(self) -> bool:
        """Whether the profile has placeholders that only a running sandbox can fill."""
        return PLACEHOLDER.search(repr(self.tables)) is not None

    def fill(self, info: Mapping[str, object] | None = None) -> Profile:
        """The profile, with placeholders from the sandbox's info document.

        Raises:
            ConfigurationError: a placeholder stays open or a filled value is wrong; lists all of them.
        """
        profile, problems = _read(self.source, self.tables, info or {})
        if profile is None or problems:
            raise ConfigurationError(self.source, problems)
        return profile


def read(source: Path, overrides: Mapping[str, str] | None = None) -> Draft:
    """Read a profile file. `overrides` are `-D` settings: `section.key` replaces a value, `patience` the multiplier.

    Overrides without a dot other than `patience` belong to the caller and are left alone.

    Raises:
        ConfigurationError: the file is missing, is no TOML, or has wrong values; lists all problems.
    """
    try:
        tables: dict[str, object] = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as failure:
        raise ConfigurationError(
            source, [f"cannot be read ({failure.strerror}): name a profile that exists"]
        ) from failure
    except tomllib.TOMLDecodeError as failure:
        raise ConfigurationError(source, [f"is no TOML: {failure}"]) from failure
    problems = _override(tables, overrides or {})
    _, found = _read(source, tables, None)
    problems += found
    command = None
    if "sandbox" in tables:
        reader = Reader(source, INFO_KEYS, None)
        command = reader.section(SandboxCommand, tables["sandbox"], "sandbox")
        problems += reader.problems
        if command and not any("{ready}" in word for word in command.command):
            problems.append('sandbox.command names no ready file: add "--ready-file", "{ready}"')
    supports = Reader(source, INFO_KEYS, None).section(Supports, tables.get("supports"), "supports")
    if problems or supports is None:
        raise ConfigurationError(source, problems)
    return Draft(source, tables, command, frozenset(supports.extended))


def _override(tables: dict[str, object], overrides: Mapping[str, str]) -> list[str]:
    problems = []
    for name, value in overrides.items():
        section, _, key = ("timing", ".", "patience") if name == "patience" else name.partition(".")
        if not key:
            continue
        table = tables.get(section)
        if not isinstance(table, dict):
            problems.append(
                f"-D {name}: there is no section [{section}]: name one of {', '.join(sorted(tables))}"
            )
        else:
            table[key] = value.split(",") if isinstance(table.get(key), list) else value
    return problems


def _read(
    source: Path, tables: Mapping[str, object], info: Mapping[str, object] | None
) -> tuple[Profile | None, list[str]]:
    """The profile and what is wrong with it. Without `info` only what needs no sandbox is checked; no profile then."""
    reader = Reader(source, INFO_KEYS, info)
    name = tables.get("name")
    if not isinstance(name, str) or not name:
        reader.problems.append('name is missing: add name = "<a short name for reports>"')
    for extra in tables.keys() - {
        "name", "sandbox", "supports", "suite", "addresses", "aws", "names", "mail", "workspace", "exec", "logs",
        "timing", "patience",
    }:  # fmt: skip
        reader.problems.append(f"[{extra}] is no section: remove it")
    supports = reader.section(Supports, tables.get("supports"), "supports")
    suite = reader.section(SuiteSettings, tables.get("suite"), "suite")
    addresses = reader.section(Addresses, tables.get("addresses"), "addresses")
    aws = reader.section(Aws, tables.get("aws"), "aws")
    names = reader.section(Names, tables.get("names"), "names")
    mail = reader.section(Mail, tables.get("mail"), "mail")
    workspace = reader.section(WorkspaceAccess, tables.get("workspace"), "workspace")
    execution = reader.section(Exec, tables.get("exec"), "exec")
    logs = reader.section(Logs, tables.get("logs"), "logs")
    timing = reader.section(Timing, tables.get("timing"), "timing")
    patience = reader.section(Patience, tables.get("patience"), "patience")
    if suite:
        reader.problems += _prefix_problems(suite)
    if info is None:
        return None, reader.problems
    if addresses:
        reader.problems += _address_problems(addresses)
    if patience and patience.wake <= COLD_START:
        reader.problems.append(
            f"patience.wake_s = {patience.wake.total_seconds():g} is too short to measure a late start: "
            f"make it longer than the {COLD_START.total_seconds():g} s that are promised"
        )
    if not (supports and suite and addresses and aws and names and mail):
        return None, reader.problems
    if not (workspace and execution and logs and timing and patience):
        return None, reader.problems
    profile = Profile(
        str(name), source, supports, suite, addresses, aws, names, mail, workspace, execution, logs, timing,
        patience.times(timing.patience),
    )  # fmt: skip
    return profile, reader.problems


def _prefix_problems(suite: SuiteSettings) -> list[str]:
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,19}", suite.client_prefix):
        return []
    return [
        f"suite.client_prefix = {suite.client_prefix!r} is wrong: use at most 20 of a-z, 0-9 and '-', "
        f"a letter or digit first, so that a run's id still fits into the {CLIENT_ID_LENGTH} of a client id"
    ]


def _address_problems(addresses: Addresses) -> list[str]:
    problems = []
    for key, url, scheme in (
        ("preview_url", addresses.preview_url, "https"),
        ("http_url", addresses.http_url, "http"),
    ):
        parts = urlsplit(url)
        if parts.scheme != scheme or not parts.hostname or parts.path or parts.query:
            problems.append(
                f"addresses.{key} = {url!r} is wrong: expected {scheme}://host[:port], no slash at the end"
            )
    if addresses.ca_file and not addresses.ca_file.is_file():
        problems.append(
            f"addresses.ca_file = {str(addresses.ca_file)!r} is no file: name a PEM file or leave it out"
        )
    return problems
