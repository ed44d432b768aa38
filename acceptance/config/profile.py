"""A deployment's profile: names, addresses, timings, and what may be touched. Read from TOML, typed and frozen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from acceptance.capabilities import Capability
from acceptance.config.sections import (
    Addresses,
    Aws,
    Exec,
    Logs,
    Mail,
    Names,
    SandboxCommand,
    SuiteSettings,
    Supports,
    Timing,
    WorkspaceAccess,
)
from acceptance.config.timeouts import Patience
from acceptance.config.toml_reader import PLACEHOLDER, Reader
from acceptance.waiting.errors import ConfigurationError

INFO_KEYS = frozenset(
    "id started_by checkout info_url preview_url http_url api_url api_example mail_address mailbox ca_file ca_trust "  # noqa: SIM905
    "aws_endpoint region account access_key secret_key load_balancer cluster hermes_service edit_service table queue "
    "dead_letters file_system workspace_root logs timing idle_timeout_s fence".split()
)
"""Keys of the sandbox's info document, and so the placeholders a profile may use."""

PROFILE = "deployments/sandbox.toml"
"""The profile of a run for which nobody names another."""

CLIENT_ID_LENGTH = 63

COLD_START = timedelta(seconds=60)
"""What the features promise at most from a request to a live preview; a look must be longer to measure a late one."""


@dataclass(frozen=True)
class Profile:
    """One deployment, complete: every placeholder filled, every value checked.

    What it tells of a capability that it does not claim is left out, so that nobody uses that by accident.
    """

    name: str
    source: Path
    supports: Supports
    suite: SuiteSettings
    addresses: Addresses
    aws: Aws
    names: Names
    mail: Mail | None
    workspace: WorkspaceAccess
    exec: Exec | None
    logs: Logs
    timing: Timing
    patience: Patience

    def offers(self, *capabilities: Capability) -> bool:
        """Whether the deployment offers all of these."""
        return set(capabilities) <= set(self.supports.extended)


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
    offered = frozenset(supports.extended if supports else ())
    mail = reader.section(Mail, tables.get("mail"), "mail") if Capability.MAIL in offered else None
    workspace = reader.section(WorkspaceAccess, tables.get("workspace"), "workspace")
    execution = reader.section(Exec, tables.get("exec"), "exec") if Capability.TASK_KILL in offered else None
    logs = reader.section(Logs, tables.get("logs"), "logs")
    timing = reader.section(Timing, tables.get("timing"), "timing")
    patience = reader.section(Patience, tables.get("patience"), "patience")
    if suite:
        reader.problems += _prefix_problems(suite)
    if names:
        names, missing = _named(names, offered)
        reader.problems += missing
    if info is None:
        return None, reader.problems
    if addresses:
        reader.problems += _address_problems(addresses)
    if patience and patience.wake <= COLD_START:
        reader.problems.append(
            f"patience.wake_s = {patience.wake.total_seconds():g} is too short to measure a late start: "
            f"make it longer than the {COLD_START.total_seconds():g} s that are promised"
        )
    if not (supports and suite and addresses and aws and names):
        return None, reader.problems
    if not (workspace and logs and timing and patience):
        return None, reader.problems
    profile = Profile(
        str(name), source, supports, suite, addresses, aws, names, mail, workspace, execution, logs, timing,
        patience.times(timing.patience),
    )  # fmt: skip
    return profile, reader.problems


_NAMES: Mapping[str, frozenset[Capability]] = MappingProxyType(
    {
        "queue": frozenset({Capability.QUEUE_DEPTH, Capability.DEAD_LETTERS}),
        "dead_letters": frozenset({Capability.DEAD_LETTERS}),
    }
)
"""Keys of [names] that are for some capabilities only."""


def _named(names: Names, offered: frozenset[Capability]) -> tuple[Names, list[str]]:
    """The names without those of what is not offered, and what is wrong with the others."""
    unused: dict[str, Any] = {key: None for key, wanted in _NAMES.items() if not wanted & offered}
    missing = [
        f'names.{key} is missing: add {key} = "<text>", or take {", ".join(sorted(wanted & offered))} out of '
        "supports.extended"
        for key, wanted in _NAMES.items()
        if wanted & offered and getattr(names, key) is None
    ]
    return replace(names, **unused), missing


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
