"""What a run's sessions and tasks did and when, gathered for its report while the platform still knows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from acceptance.config.mark import Mark
from acceptance.drivers.ecs import EcsServices
from acceptance.drivers.session_table import SessionTable
from acceptance.journeys.timeline import Stage, Timeline
from acceptance.results.ledger import Ledger
from acceptance.results.run_results import SessionTrace, TaskTrace

ROLES = ("hermes", "edit")


class Traces:
    """Enters sessions and tasks into a run's ledger. `began_at` is the run's begin."""

    def __init__(self, ledger: Ledger, began_at: datetime) -> None:
        self._ledger = ledger
        self._began_at = began_at
        self._timelines: dict[str, Timeline] = {}

    def follow(self, session_id: str, client_id: str, scenario: str, timeline: Timeline) -> None:
        """Have a session's stages told from its timeline; the first scenario that says so is the session's."""
        if session_id not in self._timelines:
            self._timelines[session_id] = timeline
            asked_at = timeline.asked_at.timestamp()
            self._ledger.sessions[session_id] = SessionTrace(session_id, client_id, scenario, asked_at, {})

    def note_stages(self) -> None:
        """Enter what the timelines have seen so far."""
        for session_id, timeline in self._timelines.items():
            known, stages = self._ledger.sessions[session_id], _stages(timeline.seconds())
            if stages != known.stages:
                self._ledger.sessions[session_id] = dataclasses.replace(known, stages=stages)

    def note_sessions(self, records: SessionTable, mark: Mark) -> None:
        """Enter from the records when sessions ended, and those sessions of the run that nobody followed."""
        for record in records.marked(mark):
            created = record.created_at
            if created is None or created < self._began_at or record.planted:
                continue
            known = self._ledger.sessions.get(record.session_id) or SessionTrace(
                record.session_id,
                record.client_id or "",
                self._scenario_at(created.timestamp()),
                created.timestamp(),
                {},
            )
            ended_at = record.ended_at.timestamp() if record.ended_at else None
            self._ledger.sessions[record.session_id] = dataclasses.replace(known, ended_at=ended_at)

    def note_tasks(self, fleet: EcsServices) -> None:
        """Enter every task that ECS knows and that ran since the run began; ECS forgets stopped ones within hours."""
        for role in ROLES:
            for task in fleet.history(role):
                if task.started_at is None or (task.stopped_at and task.stopped_at < self._began_at):
                    continue
                ended_at = task.stopping_at or task.stopped_at
                stopped_at = ended_at.timestamp() if ended_at else None
                trace = TaskTrace(role, task.task_id, task.started_at.timestamp(), stopped_at)
                self._ledger.tasks[task.task_id] = trace

    def _scenario_at(self, moment: float) -> str:
        """The scenario that had begun last at a moment."""
        begun = [r for r in self._ledger.scenarios if r.started_at is not None and r.started_at <= moment]
        return begun[-1].name if begun else ""


def _stages(seconds: Mapping[str, float]) -> dict[str, float]:
    return {name: at for name, at in seconds.items() if name != Stage.ASKED}
