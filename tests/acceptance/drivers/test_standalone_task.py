"""A standalone task is known from the moment it is started until ECS has forgotten it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from acceptance.drivers.ecs import EcsServices, Task
from acceptance.drivers.standalone_task import LAG, StandaloneTask

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOLD = Task(
    "arn:task/two", "family:hermes", "PROVISIONING", "RUNNING", None, NOW, None, None, None, None, False
)


class FakeEcs:
    """Knows of the task what it is told to know."""

    def __init__(self) -> None:
        self.known: Task | None = None
        self.stopped: list[str] = []

    def start_task(
        self, role: str, *, started_by: str, command: Sequence[str] | None, lifetime: timedelta | None
    ) -> Task:
        assert (role, started_by, command, lifetime) == ("hermes", "acc", None, LAG)
        return TOLD

    def task(self, arn: str) -> Task | None:
        assert arn == TOLD.arn
        return self.known

    def stop_task(self, arn: str, reason: str) -> None:
        assert reason
        self.stopped.append(arn)
        self.known = None


def made(ecs: FakeEcs, now: list[float]) -> StandaloneTask:
    """A second Hermes on a fake."""
    return StandaloneTask(
        cast(EcsServices, ecs), "hermes", started_by="acc", lifetime=LAG, clock=lambda: now[0]
    )


def test_until_ecs_knows_it_it_is_as_it_was_told() -> None:
    now, ecs = [0.0], FakeEcs()
    task = made(ecs, now)
    assert task.look() is None
    task.start()
    assert task.look() == TOLD
    ecs.known = replace(TOLD, last_status="RUNNING")
    assert task.look() == ecs.known


def test_one_that_ecs_never_came_to_know_is_no_more() -> None:
    now, ecs = [0.0], FakeEcs()
    task = made(ecs, now)
    task.start()
    now[0] = LAG.total_seconds()
    seen = task.look()
    assert seen is not None and seen.stopped


def test_one_that_ecs_has_forgotten_is_no_more() -> None:
    now, ecs = [0.0], FakeEcs()
    task = made(ecs, now)
    task.start()
    ecs.known = TOLD
    task.look()
    ecs.known = None
    seen = task.look()
    assert seen is not None and seen.stopped


def test_the_end_stops_what_was_started_once() -> None:
    ecs = FakeEcs()
    task = made(ecs, [0.0])
    task.end(timedelta(seconds=1))
    task.start()
    ecs.known = TOLD
    task.end(timedelta(seconds=1))
    task.end(timedelta(seconds=1))
    assert ecs.stopped == [TOLD.arn]
