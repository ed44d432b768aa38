"""CloudWatch Logs: where the tasks' log lines go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.logs.models import logs_backends
from moto.logs.responses import LogsResponse

from sandbox.aws_api.hooks import Hooks, without_nulls
from sandbox.settings import ACCOUNT, REGION

# moto's log streams are not made for two writers at a time.
_lock = threading.Lock()


def install() -> Callable[[], None]:
    """Have the last page of a log name no next one; returns the undoing function."""
    hooks = Hooks()
    hooks.replace(LogsResponse, "filter_log_events", without_nulls(LogsResponse.filter_log_events))
    return hooks.remove


def put_log_events(group: str, stream: str, events: Sequence[Mapping[str, Any]]) -> None:
    """Append events to a log stream; group and stream are created when missing, as with `awslogs-create-group`."""
    backend = logs_backends[ACCOUNT][REGION]
    with _lock:
        if group not in backend.groups:
            backend.create_log_group(group, {})
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        # CloudWatch has no event without text: Docker's log driver leaves empty lines out.
        backend.put_log_events(group, stream, [dict(event) for event in events if event["message"]])
