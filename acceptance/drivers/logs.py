"""What the services write into their logs, as CloudWatch keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from acceptance.drivers.aws import Clients

ERRORS = re.compile(r"\b(?:ERROR|CRITICAL|FATAL|\w+Error|\w+Exception)\b")
"""What makes a line of a log an error, whatever writes it."""


LAST_LINES = 200


class ServiceLogs:
    """Reads the log groups of one deployment."""

    def __init__(self, clients: Clients, groups: Sequence[str]) -> None:
        self.groups = groups
        self._clients = clients

    def last_error(self, service: str, since: datetime) -> str | None:
        """The last line of a service's log since then that tells of an error; None if none does, or none is read."""
        events = [event for group in self.groups if service in group for event in self._events(group, since)]
        said = [str(event["message"]).strip() for event in sorted(events, key=_at, reverse=True)]
        return next((line for line in said if ERRORS.search(line)), None)

    def tail(self, group: str, since: datetime) -> str:
        """The last lines of a log group since then, over all its streams, as `time stream: line`."""
        told = "\n".join(map(_line, sorted(self._events(group, since), key=_at)[-LAST_LINES:]))
        return told or f"no line in {group} since {since:%H:%M:%S}"

    def _events(self, group: str, since: datetime) -> list[Mapping[str, Any]]:
        pages = self._clients.of("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, startTime=int(since.timestamp() * 1000))
        return [{**event} for page in found for event in page["events"]]


def _at(event: Mapping[str, Any]) -> int:
    return int(event["timestamp"])


def _line(event: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return f"{at:%H:%M:%S.%f} {str(event.get('logStreamName', '')).rpartition('/')[2][:8]}: {event['message'].rstrip()}"
