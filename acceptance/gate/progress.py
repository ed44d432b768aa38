"""How far one behave process has come, as its live events tell (acceptance/gate/event_formatter.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ended:
    """A scenario that has ended; `seconds` are its steps' together."""

    name: str
    location: str
    status: str
    seconds: float


@dataclass
class Progress:
    """Filled event by event. Times are seconds since the epoch; `scenario` is None between scenarios."""

    scenario: str | None = None
    location: str | None = None
    scenario_since: float = 0.0
    step: str = "starting"
    waiting_for: str | None = None
    waiting_since: float = 0.0
    putting_away: bool = False
    """Whether the scenario's steps are over, and it only puts away what it began."""
    ended: list[Ended] = field(default_factory=list)
    begun: bool = False
    """Whether the platform is there and the first feature has begun."""
    kept: str | None = None
    """What stays for a look until Ctrl-C, once all else is over."""
    closed: bool = False
    lost: bool = False
    """Whether nothing can be seen of its platform any more; why, its results say."""

    def see(self, event: dict[str, Any]) -> None:
        """Take note of one event; kinds that are not known change nothing."""
        match event["event"]:
            case "feature":
                self.begun = True
            case "scenario":
                self.scenario, self.location = event["name"], event["location"]
                self.scenario_since = event["at"]
            case "step":
                self.step, self.waiting_for, self.putting_away = event["text"], None, False
            case "steps_over":
                self.step, self.waiting_for = "putting away what the scenario began", None
                self.putting_away = True
            case "waiting":
                self.waiting_for, self.waiting_since = event["what"], event["since"] or event["at"]
            case "ended":
                self.ended.append(Ended(event["name"], event["location"], event["status"], event["seconds"]))
                self.scenario = self.location = self.waiting_for = None
                self.step, self.putting_away = "between scenarios", False
            case "feature_ended":
                self.step = "putting away the feature and its platform"
            case "lost":
                self.lost = True
            case "kept":
                self.kept = event["what"]
            case "closed":
                self.closed = True

    @property
    def over(self) -> int:
        """How many scenarios have run all their steps. The end of a feature's last one is heard of late: when its
        platform has fallen asleep."""
        return len(self.ended) + self.putting_away

    def now(self) -> str:
        """What goes on: the wait if there is one, else the step."""
        return f"waiting for {self.waiting_for}" if self.waiting_for else self.step


class EventFile:
    """A live.ndjson that grows; `new` gives each event once, and never half a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._part = b""

    def new(self) -> Iterator[dict[str, Any]]:
        """The events that have been written since the last call; none while there is no file."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                grown = file.read()
        except FileNotFoundError:
            return
        self._read += len(grown)
        *lines, self._part = (self._part + grown).split(b"\n")
        for line in lines:
            yield json.loads(line)
