"""What the services write into their logs, as CloudWatch keeps them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from acceptance.drivers.aws import Clients

ERRORS = re.compile(r"\b(?:ERROR|CRITICAL|FATAL|\w+Error|\w+Exception)\b")
"""What makes a line of a log an error, whatever writes it."""


class ServiceLogs:
    """Reads the log groups of one deployment."""

    def __init__(self, clients: Clients, groups: Sequence[str]) -> None:
        self._clients = clients
        self._groups = groups

    def last_error(self, service: str, since: datetime) -> str | None:
        """The last line of a service's log since then that tells of an error; None if none does, or none is read."""
        lines = [
            (int(event["timestamp"]), str(event["message"]).strip())
            for group in self._groups
            if service in group
            for page in self._clients.of("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, startTime=int(since.timestamp() * 1000))
            for event in page["events"]
        ]
        return next((line for _, line in sorted(lines, reverse=True) if ERRORS.search(line)), None)
