"""Evidence of a failed scenario: a folder that tells what the platform looked like, secrets masked.

Collecting never hides the failure it documents: a source that cannot be read leaves its error in its file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from acceptance.drivers.aws import AWS_ERRORS
from acceptance.drivers.browser.page import BrowserPage
from acceptance.drivers.ecs import Task
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.platform import Platform
from acceptance.journeys.timeline import Timeline
from acceptance.results.masking import mask, masked
from acceptance.results.run_folder import slug
from acceptance.waiting.errors import DriverError

LAST_FRAMES = 50
SHOWN = 20_000
"""So many characters of an exhibit are shown in the report; the file has all of it."""

ROOM = 4_000_000
"""So many characters of evidence a report has room for: when everything fails, the page must still open."""

LEAST = 1_000
"""So many characters of an exhibit are shown once there is no room left."""


@dataclass(frozen=True)
class Exhibit:
    """One piece of evidence: its title in words, the file that has it, and its text, secrets masked."""

    title: str
    file: Path
    text: str

    def shown(self, at_most: int = SHOWN) -> str:
        """The text for a report: of a long one the end, where the failure is, and where the rest lies."""
        if len(self.text) <= at_most:
            return self.text
        where = f"{self.file.parent.name}/{self.file.name}"
        return f"... {len(self.text) - at_most} characters before this are in {where}\n{self.text[-at_most:]}"


class Evidence:
    """Writes `reports/<run>/<scenario>/`."""

    def __init__(self, run: Path, platform: Platform) -> None:
        """`run` is the run's folder."""
        self._run = run
        self._platform = platform
        self._room = ROOM

    def shown(self, exhibit: Exhibit) -> str:
        """As much of an exhibit as the report has room for."""
        text = exhibit.shown(SHOWN if self._room > 0 else LEAST)
        self._room -= len(text)
        return text

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
        sockets: Iterable[OpenPage] = (),
    ) -> tuple[Exhibit, ...]:
        """Write everything known about a failed scenario into its folder, and return what there is besides `message`.

        Args:
            since: when the scenario began; older events and log lines are left out.
            sessions: the scenario's sessions and their timelines.
        """
        folder, platform = self.folder(scenario), self._platform
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "failure.txt").write_text(_told(lambda: message), encoding="utf-8")
        sources: dict[str, tuple[str, Callable[[], object]]] = {
            "timelines": ("Timelines of the sessions", lambda: {k: str(v) for k, v in sessions.items()}),
            "records": ("Records of the sessions", lambda: _each(sessions, self._raw_record)),
            "fleet": ("Services and tasks on ECS", platform.fleet.state),
        }
        for role in ("hermes", "edit"):
            name = role.capitalize()
            sources[f"{role}-events"] = (
                f"ECS events of {name}",
                partial(platform.fleet.events, role, since=since),
            )
            sources[f"{role}-tasks"] = (
                f"Tasks of {name}, with stopped reasons",
                partial(self._tasks, role, since),
            )
        sources["routing"] = ("Listener rules and target groups", platform.balancer.routing)
        sources["targets"] = (
            "Targets of the sessions, with health",
            lambda: _each(sessions, platform.balancer.targets_of),
        )
        sources["hmr"] = ("Last messages to open browsers", lambda: [_socket(socket) for socket in sockets])
        for group in platform.logs.groups:
            sources[f"log-{slug(group)}"] = (
                f"Last lines of the log {group}",
                partial(platform.logs.tail, group, since),
            )
        exhibits = []
        for name, (title, source) in sources.items():
            exhibit = Exhibit(title, folder / f"{name}.txt", _told(source))
            exhibit.file.write_text(exhibit.text, encoding="utf-8")
            exhibits.append(exhibit)
        return tuple(exhibits)

    def screenshots(self, scenario: str, sockets: Iterable[OpenPage]) -> Iterator[tuple[str, bytes]]:
        """Take a picture of each real browser's page into the scenario's folder; yields its title, and it as PNG."""
        pages = (page for page in sockets if isinstance(page, BrowserPage))
        for number, page in enumerate(pages, 1):
            taken, file = _asked(page.picture), self.folder(scenario) / f"page-{number}.png"
            if isinstance(taken, bytes):
                file.write_bytes(taken)
                yield f"The page {page.address}", taken
            else:
                file.with_suffix(".txt").write_text(mask(f"{taken}\n"), encoding="utf-8")

    def _raw_record(self, session_id: str) -> Mapping[str, object]:
        return self._platform.records.get(session_id).raw

    def _tasks(self, role: str, since: datetime) -> list[Task]:
        """The service's tasks that had not stopped when the scenario began."""
        return [
            t for t in self._platform.fleet.history(role) if t.stopped_at is None or t.stopped_at >= since
        ]


def _each(names: Iterable[str], source: Callable[[str], object]) -> dict[str, object]:
    """What a source says of each; one that it cannot be asked about does not hide the others."""
    return {name: _asked(partial(source, name)) for name in names}


def _asked(source: Callable[[], object]) -> object:
    try:
        return source()
    except (DriverError, *AWS_ERRORS, OSError) as failure:
        return f"could not be read: {type(failure).__name__}: {failure}"


def _told(source: Callable[[], object]) -> str:
    """What a source says as text: masked before it becomes JSON, whose escapes could hide a secret's form."""
    value = masked(_plain(_asked(source)))
    return f"{value}\n" if isinstance(value, str) else f"{json.dumps(value, indent=2, ensure_ascii=False)}\n"


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(inner) for key, inner in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _socket(socket: OpenPage) -> object:
    frames = socket.frames()[-LAST_FRAMES:]
    return {
        "address": socket.address,
        "open": socket.is_open,
        "closed because": socket.closed_because,
        "last frames": [f"{frame.at - frames[0].at:8.3f} s {frame}" for frame in frames],
    }
