"""What a task writes: to its file at once, and as events to a CloudWatch log stream."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

CHUNK = 65_536

# (group, stream, events), each event as boto3's PutLogEvents has it: timestamp in milliseconds, message.
PutLogEvents = Callable[[str, str, Sequence[Mapping[str, Any]]], None]


class TaskLog:
    """One task's output: `descriptor` is what its process writes to."""

    def __init__(self, path: Path, stream: tuple[str, str] | None, put: PutLogEvents | None) -> None:
        """Append to `path`; `stream` is the log group and log stream, None for a container without `awslogs`."""
        path.parent.mkdir(exist_ok=True)
        self._path = path
        self._stream = stream
        self._put = put
        self._source, self.descriptor = os.pipe()
        self._reader = threading.Thread(target=self._read, name=f"log-{path.stem[:8]}", daemon=True)
        self._reader.start()

    def started(self) -> None:
        """To be called once the process has its own copy of the descriptor: closes ours."""
        os.close(self.descriptor)

    def finish(self, timeout_s: float) -> None:
        """Wait until everything written so far has arrived, if the process has ended; at most `timeout_s`."""
        self._reader.join(timeout_s)

    def _read(self) -> None:
        rest = b""
        with self._path.open("ab", buffering=0) as file:
            while chunk := os.read(self._source, CHUNK):
                file.write(chunk)
                *lines, rest = (rest + chunk).split(b"\n")
                self._ship(lines)
        os.close(self._source)
        self._ship([rest] if rest else [])

    def _ship(self, lines: Sequence[bytes]) -> None:
        if lines and self._stream and self._put:
            stamp = int(time.time() * 1000)
            events = [{"timestamp": stamp, "message": line.decode(errors="replace")} for line in lines]
            self._put(*self._stream, events)


def log_stream(container: Mapping[str, Any], task_id: str) -> tuple[str, str] | None:
    """Log group and stream `prefix/container/task` of a container definition, None unless its driver is awslogs.

    Source: Amazon ECS Developer Guide, "Using the awslogs log driver", awslogs-stream-prefix.
    """
    configuration = container.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    if configuration.get("logDriver") != "awslogs" or "awslogs-group" not in options:
        return None
    return options[
        "awslogs-group"
    ], f"{options.get('awslogs-stream-prefix', 'ecs')}/{container['name']}/{task_id}"
