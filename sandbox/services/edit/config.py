"""What an Edit task is told by its environment and by ECS."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_METADATA_LIMIT_S = 10.0


class ConfigError(ValueError):
    """The environment lacks something; the text lists every variable and what is wrong with it."""


@dataclass(frozen=True)
class Config:
    """An Edit task's environment, as the task definition sets it.

    `remote_root` is the prefix of the sites' remotes: a folder of bare repositories, or a git URL. `preview_origin`
    is `https://host[:port]` as browsers see it. `record_ttl_s` is in seconds, `forks` a socket of
    `preview_forks.mjs`, if there is one.
    """

    port: int
    table: str
    record_ttl_s: float
    preview_origin: str
    workspace_root: Path
    remote_root: str
    starter: Path
    node: Path
    node_modules: Path
    metadata_uri: str
    forks: Path | None = None


@dataclass(frozen=True)
class Identity:
    """Which task this is: its ARN and its own IPv4 address."""

    task_arn: str
    address: str


def read_config(environment: Mapping[str, str]) -> Config:
    """The configuration in `environment`. Raises ConfigError naming everything that is missing or no number."""
    wrong: list[str] = []

    def text(name: str) -> str:
        value = environment.get(name, "")
        if not value:
            wrong.append(f"{name}: expected a value, found none")
        return value

    def number(name: str) -> float:
        value = text(name)
        try:
            return float(value) if value else 0.0
        except ValueError:
            wrong.append(f"{name}: expected a number, found {value!r}")
            return 0.0

    config = Config(
        port=int(number("PORT")),
        table=text("TABLE_NAME"),
        record_ttl_s=number("RECORD_TTL_S"),
        preview_origin=text("PREVIEW_ORIGIN"),
        workspace_root=Path(text("WORKSPACE_ROOT")),
        remote_root=text("SITE_REMOTE_ROOT"),
        starter=Path(text("STARTER_SITE")),
        node=Path(text("NODE")),
        node_modules=Path(text("NODE_MODULES")),
        metadata_uri=text("ECS_CONTAINER_METADATA_URI_V4"),
        forks=Path(forks) if (forks := environment.get("PREVIEW_FORKS")) else None,
    )
    if wrong:
        raise ConfigError(
            "this task's environment (its task definition) is incomplete:\n  " + "\n  ".join(wrong)
        )
    return config


def read_identity(metadata_uri: str) -> Identity:
    """This task's identity, from `/task` of the ECS task metadata endpoint, version 4 (ECS developer guide).

    Raises OSError when the endpoint does not answer, ConfigError when its document has no address.
    """
    with urllib.request.urlopen(f"{metadata_uri}/task", timeout=_METADATA_LIMIT_S) as response:
        document = json.load(response)
    try:
        return Identity(document["TaskARN"], document["Containers"][0]["Networks"][0]["IPv4Addresses"][0])
    except (KeyError, IndexError) as error:
        raise ConfigError(
            f"expected TaskARN and an IPv4 address at {metadata_uri}/task, found {document}"
        ) from error
