"""An open session as Hermes knows it: its record, its place, and what is still asked of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.services.hermes.capacity import Task
from sandbox.services.hermes.commands import Command
from sandbox.services.hermes.routes import Target
from sandbox.services.session_record import SessionRecord

_WAKING_AT_FULL_PACE = 3


@dataclass
class Session:
    """What Hermes knows of an open session. `due`: when to look at it next (monotonic seconds)."""

    record: SessionRecord
    task: Task | None = None
    opened_on: str | None = None
    target: Target | None = None
    serving: bool = False
    served_since: float = 0.0
    commands: deque[Command] = field(default_factory=deque)
    due: float = 0.0
    busy: bool = False
    again: bool = False
    failures: int = 0
    closing_since: float | None = None
    ended: bool = False

    @property
    def session_id(self) -> str:
        """Its id."""
        return self.record.session_id

    def look(self) -> None:
        """Have the next step now, or right after the one under way."""
        self.again = True
        self.due = 0.0

    def rest(self, seconds: float) -> None:
        """Have the next step after so long, unless `look` was called since the last began."""
        self.due = time.monotonic() + seconds
        if self.again:
            self.due = 0.0

    def reopen(self) -> None:
        """Forget that it was ever opened, as when its task is gone."""
        self.opened_on = None
        self.target = None
        self.serving = False


class Overtaken(Exception):
    """The record is not as it was read: another writer was first, and the session has to be looked at anew."""


def crowding(sessions: Mapping[str, Session], interval_s: float) -> float:
    """Seconds that a waking session waits longer for its next look when many wake at once.

    So many as `_WAKING_AT_FULL_PACE` are each looked at once per interval; more of them share those looks, as the calls
    would otherwise keep busy the very tasks that are waking.
    """
    waking = sum(not session.serving for session in list(sessions.values()))
    return max(0.0, waking / _WAKING_AT_FULL_PACE - 1.0) * interval_s
