"""Sessions that end one after the other, each with the others watched over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hamcrest import has_length

from acceptance.drivers.platform import Platform
from acceptance.journeys.bystanders import Sights, Vigils
from acceptance.journeys.customer_sessions import Visit
from acceptance.waiting.waits import NotInTime, wait_until


@dataclass(frozen=True)
class Shrinking:
    """How many Edit tasks were left after each end, and what those saw who were still at work."""

    left: tuple[int, ...]
    sights: tuple[Sights, ...]


def by_age_of_task(platform: Platform, visits: Sequence[Visit]) -> tuple[Visit, ...]:
    """The sessions on the oldest tasks first: a scale-in that did not ask who is at work would stop the youngest."""
    tasks = {task.arn: task for task in platform.fleet.running("edit")}

    def birth(visit: Visit) -> tuple[str, str]:
        task = tasks[platform.records.get(visit.session_id).task_arn or ""]
        return str(task.created_at), str(task.started_at)

    return tuple(sorted(visits, key=birth))


def end_one_after_the_other(platform: Platform, visits: Sequence[Visit], vigils: Vigils) -> Shrinking:
    """End each session in turn; `vigils` watch over all but the first, each until its own turn."""
    left: list[int] = []
    sights: list[Sights] = []
    for remaining, visit in zip(range(len(visits) - 1, -1, -1), visits, strict=True):
        if visit is not visits[0]:
            sights.append(vigils.leave(visit))
        platform.attendance.leave(visit.session_id)
        for browser in visit.browsers:
            browser.close()
        platform.sessions.deactivate(visit.session_id)
        left.append(_tasks_left(platform, remaining))
    return Shrinking(tuple(left), tuple(sights))


def _tasks_left(platform: Platform, expected: int) -> int:
    """How many Edit tasks are left, as soon as it is the number expected or the patience for an end is over."""
    patience = platform.profile.patience
    try:
        tasks = wait_until(
            lambda: platform.fleet.tasks("edit"),
            has_length(expected),
            what="Edit tasks after a session's end",
            within=patience.end,
            every=patience.poll,
        )
    except NotInTime:
        tasks = platform.fleet.tasks("edit")
    return len(tasks)
