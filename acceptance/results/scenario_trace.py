"""A scenario's time line on disk: `trace.ndjson` in the folder of its evidence."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from acceptance.results.atomic_write import write_whole
from acceptance.results.json_file import Unreadable, json_text
from acceptance.results.masking import masked
from acceptance.results.run_folder import TRACE_FILE
from acceptance.waiting.trace import LONGEST, TraceEvent

TOLD = LONGEST // 2
"""So many characters of a text are written."""


@dataclass(frozen=True)
class TraceHead:
    """The first line: whose time line it is, how the scenario ended, and how many events are not in it."""

    feature: str
    scenario: str
    location: str
    status: str
    left_out: int


@dataclass(frozen=True)
class ScenarioTrace:
    """All of it. `folder` is the name of the evidence's folder in the run's."""

    folder: str
    head: TraceHead
    events: tuple[TraceEvent, ...]


def write_trace(folder: Path, head: TraceHead, events: Sequence[TraceEvent]) -> None:
    """Write a line of JSON for the head and one for each event into an evidence's folder, secrets masked.

    OSError as usual.
    """
    lines = [masked(dataclasses.asdict(head)), *(_cut(masked(dataclasses.asdict(event))) for event in events)]
    write_whole(folder / TRACE_FILE, "".join(f"{json_text(line)}\n" for line in lines))


def _cut(event: dict[str, Any]) -> dict[str, Any]:
    """The event with its times in milliseconds and its texts shorter: what was cut before may end in half a secret."""
    return {
        name: round(value, 3)
        if isinstance(value, float)
        else value[:TOLD]
        if isinstance(value, str)
        else value
        for name, value in event.items()
    }


def read_traces(run: Path) -> Iterator[ScenarioTrace]:
    """The time lines in a run's folder, by the names of their folders; Unreadable for one that is none."""
    for path in sorted(run.glob(f"*/{TRACE_FILE}")):
        try:
            first, *rest = path.read_bytes().splitlines()
            head = msgspec.json.decode(first, type=TraceHead)
            events = tuple(msgspec.json.decode(line, type=TraceEvent) for line in rest)
        except (ValueError, OSError) as error:
            raise Unreadable(f"{path} cannot be read: {error}") from error
        yield ScenarioTrace(path.parent.name, head, events)
