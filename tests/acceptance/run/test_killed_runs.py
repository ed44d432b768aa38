"""A run that is killed, whatever it is at, leaves nothing that the sweep does not clear away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from acceptance.drivers.ecs import Task
from tests.killed_runs import Stage, kill_when, stage

COLD, AGAIN, SHARED, ROUTING = (
    f"features/{name}.feature"
    for name in ("1_cold_start", "2_session_persistence", "3_concurrent_sessions", "4_alb_routing")
)


@pytest.fixture(scope="module")
def made() -> Iterator[Stage]:
    with stage() as found:
        yield found


def _running(made: Stage, group: str) -> list[Task]:
    tasks = made.platform.fleet.marked(made.mark)
    return [task for task in tasks if task.group == group and task.last_status == "RUNNING"]


def _active(made: Stage) -> bool:
    return any(
        record.status == "active" and not record.planted for record in made.platform.records.marked(made.mark)
    )


MOMENTS: dict[str, tuple[str, str, Callable[[Stage], bool]]] = {
    "a maintenance task runs": (COLD, "The first request wakes", lambda made: bool(_running(made, "family:edit"))),
    "a session is open": (COLD, "An open page shows one edit", _active),
    "Edit is forced to zero": (
        AGAIN,
        "A new session resumes the workspace after Edit was forced",
        lambda made: _active(made) and made.platform.fleet.counts("edit").desired == 0,
    ),
    "a second Hermes runs": (SHARED, "Two Hermes tasks at once", lambda made: bool(_running(made, "family:hermes"))),
    "a planted record lies there": (
        ROUTING,
        "A session past its time to live",
        lambda made: any(record.planted for record in made.platform.records.marked(made.mark)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_a_moment_of_its_leaves_nothing_once_it_is_swept(made: Stage, moment: str) -> None:
    feature, scenario, come = MOMENTS[moment]
    kill_when(made.run(feature, "-n", scenario), lambda: come(made), within_s=120)
    assert made.left()
    made.sweep()
    assert made.left() == {}
