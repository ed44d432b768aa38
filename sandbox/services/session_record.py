"""A session's record: the contract's "Session record", its states, and its form in DynamoDB."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from typing import Any

INITIALIZING = "initializing"
ACTIVE = "active"
DRAINING = "draining"
INACTIVE = "inactive"
EXPIRED = "expired"
FAILED = "failed"

LIVE = (INITIALIZING, ACTIVE)
"""The session takes instructions and keepalives."""
OPEN = (INITIALIZING, ACTIVE, DRAINING)
"""The session is not ended: it holds capacity."""


@dataclass(frozen=True)
class SessionRecord:
    """One session. Times are ISO 8601 UTC with milliseconds, `ttl` is epoch seconds, None is an absent attribute.

    Beyond the contract: `instruction_id` (of the first instruction), `port` of the preview server, `mail` (`messageId`,
    `references`, `subject` of what asked for it), `ending` (the status to come), `end_requested_at`, `answered_at`,
    `failure_answered_at` (when the customer was told), `telling_since` (someone is about to), `refused_instruction_id`.
    """

    session_id: str
    user_id: str
    client_id: str
    thread_id: str
    status: str
    preview_url: str
    instruction: str
    instruction_id: str
    created_at: str
    last_activity_at: str
    ttl: int
    branch: str | None = None
    last_commit: str | None = None
    task_arn: str | None = None
    container_ip: str | None = None
    port: int | None = None
    started_at: str | None = None
    ended_at: str | None = None
    failure: str | None = None
    mail: Mapping[str, str] | None = None
    ending: str | None = None
    end_requested_at: str | None = None
    answered_at: str | None = None
    failure_answered_at: str | None = None
    telling_since: str | None = None
    refused_instruction_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the session is not ended."""
        return self.status in OPEN

    def item(self) -> dict[str, Any]:
        """The record as a DynamoDB item in wire form."""
        values = {attribute_of(field.name): getattr(self, field.name) for field in fields(self)}
        return {name: to_wire(value) for name, value in values.items() if value is not None}

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> SessionRecord:
        """The record of a DynamoDB item in wire form; ValueError names the attributes that a record cannot lack."""
        values: dict[str, Any] = {}
        missing = []
        for field in fields(cls):
            name = attribute_of(field.name)
            if name in item:
                values[field.name] = from_wire(item[name])
            elif field.default is MISSING:
                missing.append(name)
        if missing:
            raise ValueError(f"session item {item.get('sessionId')} lacks {', '.join(missing)}")
        return cls(**values)


def new_session_id() -> str:
    """128 random bits in hex: unguessable, safe in a URL."""
    return secrets.token_hex(16)


def stamp(moment: float | None = None) -> str:
    """ISO 8601 UTC with milliseconds, of epoch seconds or of now: `2026-11-22T21:15:00.123Z`."""
    when = datetime.fromtimestamp(time.time() if moment is None else moment, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(text: str) -> float:
    """Epoch seconds of a `stamp`."""
    return datetime.fromisoformat(text).timestamp()


def to_wire(value: Any) -> dict[str, Any]:
    """A str, int or map of str in DynamoDB's JSON form; TypeError for anything else."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: to_wire(inner) for name, inner in value.items()}}
    raise TypeError(f"expected str, int or a map of them, found {type(value).__name__}")


def from_wire(value: Mapping[str, Any]) -> Any:
    """The Python value of DynamoDB's JSON form; TypeError for types that no record holds."""
    ((kind, inner),) = value.items()
    if kind == "S":
        return str(inner)
    if kind == "N":
        return int(float(inner))
    if kind == "M":
        return {name: from_wire(member) for name, member in inner.items()}
    raise TypeError(f"expected a DynamoDB S, N or M, found {kind}")


def attribute_of(name: str) -> str:
    """The DynamoDB attribute of a field: `session_id` -> `sessionId`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
