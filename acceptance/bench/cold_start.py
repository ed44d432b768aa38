"""Cold starts: from a platform asleep to a connected browser, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from acceptance.bench.spread import Spread, spreads
from acceptance.bench.stand import Stand
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.timeline import Stage


@dataclass(frozen=True)
class ColdStarts:
    """Seconds since the request.

    `stages` are those that the suite saw, so they include how late it noticed; `stamps` are the platform's own times.
    `wakes` has the stages of each wake.
    """

    stages: Mapping[str, Spread]
    stamps: Mapping[str, Spread]
    wakes: tuple[Mapping[str, float], ...]


def measure(stand: Stand) -> ColdStarts:
    """Wake the platform from zero so many times; it sleeps before each."""
    wakes: list[Mapping[str, float]] = []
    stamps: list[Mapping[str, float]] = []
    for number in range(1, stand.plan.wakes + 1):
        stand.say(f"cold start {number} of {stand.plan.wakes}")
        stand.sessions.put_to_sleep()
        session = stand.sessions.start(stand.customer(), 'Add a new page called "Test Page"')
        try:
            stand.sessions.until_live(session)
            wakes.append(session.timeline.seconds())
            stamps.append(stamps_of(stand, session))
        finally:
            stand.sessions.end([session])
    return ColdStarts(in_order(spreads(wakes)), spreads(stamps), tuple(wakes))


def in_order(stages: Mapping[str, Spread]) -> dict[str, Spread]:
    """The stages in the order in which they are expected, whichever of two close ones a wake happened to show first."""
    return {stage.value: stages[stage.value] for stage in Stage if stage.value in stages}


def stamps_of(stand: Stand, session: CustomerSession) -> dict[str, float]:
    """When the platform says that it reached each stage, in seconds since the request; stages not stamped are left out.

    On AWS this compares two clocks.
    """
    record = stand.platform.records.get(session.session_id)
    task = stand.platform.fleet.task(record.task_arn) if record.task_arn else None
    moments: dict[str, datetime | None] = {
        "record written": record.created_at,
        "task created": task.created_at if task else None,
        "task started": task.started_at if task else None,
        "session active": record.started_at,
    }
    return {
        stage: (moment - session.asked_at).total_seconds()
        for stage, moment in moments.items()
        if moment is not None
    }
