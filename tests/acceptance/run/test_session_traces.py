"""What a run's sessions and tasks did: the run's own, each under the scenario that had to do with it first."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.config.mark import Mark
from acceptance.drivers.ecs import Task
from acceptance.drivers.session_table import SessionRecord
from acceptance.journeys.timeline import Stage, Timeline
from acceptance.results.ledger import Ledger
from acceptance.results.run_results import ScenarioResult, SessionTrace
from acceptance.run.session_traces import Traces

BEGAN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def record(
    session_id: str, client_id: str, created: datetime | None, ended: datetime | None = None
) -> SessionRecord:
    nothing: Any = dict.fromkeys(field.name for field in dataclasses.fields(SessionRecord))
    known: dict[str, Any] = {
        "session_id": session_id,
        "client_id": client_id,
        "created_at": created,
        "ended_at": ended,
        "raw": {},
    }
    return SessionRecord(**{**nothing, **known})


def task(name: str, started: datetime | None, stopped: datetime | None = None) -> Task:
    return Task(
        f"arn:task/{name}", "g", "RUNNING", "RUNNING", None, BEGAN, started, stopped, None, None, True
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "results.json")


@pytest.fixture
def traces(ledger: Ledger) -> Traces:
    return Traces(ledger, BEGAN)


def test_a_session_belongs_to_the_scenario_that_had_it_first_and_tells_its_stages(
    ledger: Ledger, traces: Traces
) -> None:
    timeline = Timeline()
    timeline.mark(Stage.ASKED, 10.0)
    traces.follow("s", "own-1", "first", timeline)
    traces.follow("s", "own-1", "second", timeline)
    timeline.mark(Stage.FIRST_200, 12.5)
    assert ledger.sessions["s"].stages == {}
    traces.note_stages()
    assert ledger.sessions["s"] == SessionTrace(
        "s", "own-1", "first", timeline.asked_at.timestamp(), {"first 200": 2.5}
    )


def test_the_runs_own_sessions_are_told_from_the_records_too(ledger: Ledger, traces: Traces) -> None:
    for name, begun in (("before", 1.0), ("at work", 5.0), ("later", 9.0)):
        ledger.scenarios.append(
            ScenarioResult("F", name, "f:1", (), "passed", 1.0, started_at=after(begun).timestamp())
        )
    traces.follow("known", "own-1", "x", Timeline())
    found = [
        record("known", "own-1", after(2), after(3)),
        record("unknown", "own-2", after(6), None),
        record("older", "own-3", after(-1)),
        record("planted", "own-4", None),
    ]
    records: Any = SimpleNamespace(marked=lambda _: found)
    traces.note_sessions(records, Mark("own"))
    assert set(ledger.sessions) == {"known", "unknown"}
    assert ledger.sessions["known"].ended_at == after(3).timestamp()
    assert ledger.sessions["unknown"] == SessionTrace("unknown", "own-2", "at work", after(6).timestamp(), {})


def test_tasks_that_ran_since_the_run_began_are_told_as_they_are_known_last(
    ledger: Ledger, traces: Traces
) -> None:
    known = {
        "edit": [task("e", after(1)), task("never ran", None), task("gone before", after(-9), after(-1))],
        "hermes": [task("from before", after(-9), after(1))],
    }
    fleet: Any = SimpleNamespace(history=lambda role: known[role])
    traces.note_tasks(fleet)
    assert set(ledger.tasks) == {"e", "from before"}
    known["edit"] = [task("e", after(1), after(4))]
    traces.note_tasks(fleet)
    assert (ledger.tasks["e"].role, ledger.tasks["e"].stopped_at) == ("edit", after(4).timestamp())


def test_a_task_counts_until_it_is_told_to_stop(traces: Traces, ledger: Ledger) -> None:
    leaving = dataclasses.replace(task("e", after(1), after(9)), stopping_at=after(4))
    fleet: Any = SimpleNamespace(history=lambda role: [leaving] if role == "edit" else [])
    traces.note_tasks(fleet)
    assert ledger.tasks["e"].stopped_at == after(4).timestamp()
