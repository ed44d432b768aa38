"""Evidence of a failed scenario: a folder that tells what the platform looked like, secrets masked.

Collecting never hides the failure it documents: a source that cannot be read leaves its error in its file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from drivers.aws import Clients, reaching
from drivers.balancer import Balancer
from drivers.errors import DriverError
from drivers.fleet import Fleet
from drivers.hmr import HmrSocket
from drivers.profile import Logs
from drivers.records import Records
from drivers.timeline import Timeline

MASK = "***"
LAST_FRAMES = 50
LAST_LINES = 200
LATEST = "latest"

_SECRETS = (
    re.compile(r"(?i)([?&]token=)[^&\s\"']+"),
    re.compile(r"(?i)((?:ws|session)?token(?:value)?[\"']?\s*[:=]\s*[\"']?)[A-Za-z0-9+/=_.-]{6,}"),
    re.compile(
        r"(?i)((?:secret|password|authorization)[a-z_-]*[\"']?\s*[:=]\s*[\"']?(?:bearer )?)[^\s\"',}]{4,}"
    ),
    re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{12}\b"),
)


class Evidence:
    """Writes `reports/<run>/<scenario>/` and keeps `reports/latest` pointing at the run."""

    def __init__(
        self,
        reports: Path,
        run_id: str,
        *,
        clients: Clients,
        records: Records,
        fleet: Fleet,
        balancer: Balancer,
        logs: Logs,
    ) -> None:
        self._reports = reports
        self._run = reports / run_id
        self._clients = clients
        self._records = records
        self._fleet = fleet
        self._balancer = balancer
        self._logs = logs

    def folder(self, scenario: str) -> Path:
        """Where a scenario's evidence would lie; nothing is created."""
        return self._run / slug(scenario)

    def collect(
        self,
        scenario: str,
        *,
        since: datetime,
        message: str,
        sessions: Mapping[str, Timeline],
        sockets: Iterable[HmrSocket] = (),
        extra: Mapping[str, object] | None = None,
    ) -> Path:
        """Write everything known about a failed scenario and return its folder.

        Args:
            since: when the scenario began; older events and log lines are left out.
            sessions: the scenario's sessions and their timelines.
            extra: further things to write down, by file name without ending.
        """
        folder = self.folder(scenario)
        folder.mkdir(parents=True, exist_ok=True)
        self._point_latest()
        sources: dict[str, Callable[[], object]] = {
            "failure": lambda: message,
            "timelines": lambda: {name: str(timeline) for name, timeline in sessions.items()},
            "fleet": self._fleet.state,
            "routing": self._balancer.routing,
        }
        for role in ("hermes", "edit"):
            sources[f"{role}-events"] = partial(self._fleet.events, role, since=since)
            sources[f"{role}-tasks"] = partial(self._fleet.history, role)
        for name in sessions:
            sources[f"record-{slug(name)}"] = partial(self._raw_record, name)
            sources[f"targets-{slug(name)}"] = partial(self._balancer.targets_of, name)
        for number, socket in enumerate(sockets, 1):
            sources[f"hmr-{number}"] = partial(_socket, socket)
        for group in self._logs.groups:
            sources[f"log-{slug(group)}"] = partial(self.log_tail, group, since)
        for name, value in (extra or {}).items():
            sources[slug(name)] = partial(_plain, value)
        for name, source in sources.items():
            (folder / f"{name}.txt").write_text(mask(_told(source)), encoding="utf-8")
        return folder

    def log_tail(self, group: str, since: datetime) -> str:
        """The last lines of a CloudWatch log group, over all its streams, as `time stream: line`."""
        with reaching("CloudWatch Logs"):
            pages = (
                self._clients.of("logs")
                .get_paginator("filter_log_events")
                .paginate(logGroupName=group, startTime=int(since.timestamp() * 1000))
            )
            events = [event for page in pages for event in page["events"]]
        events.sort(key=lambda event: event["timestamp"])
        return (
            "\n".join(_line(event) for event in events[-LAST_LINES:])
            or f"no line in {group} since {since:%H:%M:%S}"
        )

    def _raw_record(self, session_id: str) -> Mapping[str, object]:
        return self._records.get(session_id).raw

    def _point_latest(self) -> None:
        latest = self._reports / LATEST
        incoming = self._reports / f".{LATEST}-{self._run.name}"
        incoming.unlink(missing_ok=True)
        incoming.symlink_to(self._run.name)
        incoming.replace(latest)


def mask(text: str) -> str:
    """The text with tokens, passwords and keys replaced by `***`."""
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def slug(name: str) -> str:
    """A file name for a scenario: lower case, words joined by `_`, at most 80 characters."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:80] or "unnamed"


def _told(source: Callable[[], object]) -> str:
    try:
        value = source()
    except (DriverError, ClientError, BotoCoreError, OSError) as failure:
        return f"could not be read: {type(failure).__name__}: {failure}\n"
    return f"{value}\n" if isinstance(value, str) else f"{json.dumps(_plain(value), indent=2, default=str)}\n"


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(inner) for key, inner in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _socket(socket: HmrSocket) -> object:
    frames = socket.frames()[-LAST_FRAMES:]
    return {
        "socket": socket.client.socket_url,
        "open": socket.is_open,
        "closed because": socket.closed_because,
        "last frames": [f"{frame.at - frames[0].at:8.3f} s {frame}" for frame in frames],
    }


def _line(event: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return f"{at:%H:%M:%S.%f} {str(event.get('logStreamName', '')).rpartition('/')[2][:8]}: {event['message'].rstrip()}"
