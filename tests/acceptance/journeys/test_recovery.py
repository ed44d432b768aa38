"""What the journeys of recovery wait for."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.journeys.recovery import until_begun
from acceptance.waiting.waits import NotInTime


def session(*tasks: str, wanted: int) -> Any:
    """A session on a platform that has Edit tasks with these desired states, and tells of so many wanted."""
    fleet = SimpleNamespace(
        tasks=lambda _: tuple(SimpleNamespace(desired_status=desired) for desired in tasks),
        counts=lambda _: SimpleNamespace(desired=wanted),
    )
    patience = SimpleNamespace(wake=timedelta(milliseconds=1))
    return SimpleNamespace(platform=SimpleNamespace(fleet=fleet, profile=SimpleNamespace(patience=patience)))


@pytest.mark.parametrize(("tasks", "wanted"), [((), 1), (("RUNNING",), 0), (("STOPPED", "RUNNING"), 1)])
def test_a_wake_up_has_begun_once_ecs_tells_of_either(tasks: tuple[str, ...], wanted: int) -> None:
    until_begun(session(*tasks, wanted=wanted))


@pytest.mark.parametrize("tasks", [(), ("STOPPED",)])
def test_a_task_that_goes_begins_nothing(tasks: tuple[str, ...]) -> None:
    with pytest.raises(NotInTime, match="0 there, 0 wanted"):
        until_begun(session(*tasks, wanted=0))
