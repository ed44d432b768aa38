"""The timeline of a session: when each stage of its wake-up was first seen, from the moment it was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from acceptance.drivers.platform import Platform
from acceptance.waiting.errors import Unreachable
from acceptance.waiting.sampler import Recorder
from acceptance.waiting.waits import MONOTONIC, Clock


class Stage(StrEnum):
    """The stages, in the order in which they are expected."""

    ASKED = "asked"
    ON_RECORD = "on record"
    TASK_STARTED = "task started"
    TARGET_HEALTHY = "target healthy"
    FIRST_200 = "first 200"
    HMR_CONNECTED = "HMR connected"
    FIRST_UPDATE = "first update"


WAKING: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.ON_RECORD: "the session API",
        Stage.TASK_STARTED: "hermes",
        Stage.TARGET_HEALTHY: "edit",
        Stage.FIRST_200: "hermes",
        Stage.HMR_CONNECTED: "edit",
    }
)
"""The stages of a wake-up, in order, and which part brings each about."""


class Timeline:
    """Marks of one session. The first mark of a stage stands; safe to mark from threads."""

    def __init__(self, clock: Clock = MONOTONIC) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at: dict[Stage, float] = {}
        self._asked_at = datetime.now(UTC)

    @property
    def asked_at(self) -> datetime:
        """When the session was asked for, or, if nobody noted that, when the timeline was begun."""
        with self._lock:
            return self._asked_at

    def mark(self, stage: Stage, at: float | None = None, *, age: timedelta = timedelta()) -> None:
        """Note that a stage is reached, now, so long ago, or at an instant of the clock; only the first time counts."""
        with self._lock:
            if stage is Stage.ASKED and stage not in self._at:
                self._asked_at = datetime.now(UTC) - age
            self._at.setdefault(stage, self._clock.now() - age.total_seconds() if at is None else at)

    def reached(self, stage: Stage) -> bool:
        """Whether a stage has been marked."""
        with self._lock:
            return stage in self._at

    def since_asked(self, stage: Stage) -> timedelta:
        """From `asked` to a stage; KeyError, naming what is missing, if either was not seen."""
        with self._lock:
            for needed in (Stage.ASKED, stage):
                if needed not in self._at:
                    raise KeyError(f"{needed} was never seen; seen: {', '.join(self._at) or 'nothing'}")
            return timedelta(seconds=self._at[stage] - self._at[Stage.ASKED])

    def seconds(self) -> dict[str, float]:
        """Seconds since `asked` of every stage seen, in the order seen."""
        with self._lock:
            start = self._at.get(Stage.ASKED, min(self._at.values(), default=0.0))
            return {
                str(stage): round(at - start, 3) for stage, at in sorted(self._at.items(), key=lambda e: e[1])
            }

    def missing(self) -> Stage | None:
        """The first stage of a wake-up that was not seen; None if all were."""
        return next((stage for stage in WAKING if not self.reached(stage)), None)

    def __str__(self) -> str:
        seen = self.seconds()
        told = [f"{name} {at:.1f} s" for name, at in seen.items()]
        missing = [str(stage) for stage in Stage if stage.value not in seen]
        never = f"; never: {', '.join(missing)}" if missing else ""
        return f"asked at {self._asked_at:%H:%M:%S} UTC: {', '.join(told) or 'nothing seen'}{never}"


def follow(
    timeline: Timeline, session_id: str, platform: Platform, every: timedelta
) -> Recorder[tuple[Stage, ...]]:
    """A recorder that marks what the control plane shows of one session; start it and stop it around the wake-up."""
    records, fleet, balancer = platform.records, platform.fleet, platform.balancer
    looks: dict[Stage, Callable[[], bool]] = {
        Stage.ON_RECORD: lambda: records.find(session_id) is not None,
        Stage.TASK_STARTED: lambda: fleet.counts("edit").running > 0,
        Stage.TARGET_HEALTHY: lambda: any(t.state == "healthy" for t in balancer.targets_of(session_id)),
    }

    def look() -> tuple[Stage, ...]:
        for stage, seen in looks.items():
            if not timeline.reached(stage) and seen():
                timeline.mark(stage)
        return tuple(stage for stage in looks if timeline.reached(stage))

    return Recorder(look, what=f"stages of session {session_id}", every=every, transient=(Unreachable,))
