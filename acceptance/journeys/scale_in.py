"""Sessions that end one after the other, each with the others watched over."""

from __future__ import annotations

from collections.abc import Sequence

from hamcrest import has_length

from acceptance.drivers.platform import Platform
from acceptance.journeys.bystanders import BystanderWatches
from acceptance.journeys.customer_session import CustomerSession
from acceptance.waiting.waits import NotInTime, wait_until


def by_age_of_task(platform: Platform, sessions: Sequence[CustomerSession]) -> tuple[CustomerSession, ...]:
    """The sessions on the oldest tasks first: a scale-in that did not ask who is at work would stop the youngest."""
    tasks = {task.arn: task for task in platform.fleet.running("edit")}

    def birth(session: CustomerSession) -> tuple[str, str]:
        task = tasks[platform.records.get(session.session_id).task_arn or ""]
        return str(task.created_at), str(task.started_at)

    return tuple(sorted(sessions, key=birth))


def end_one_after_the_other(
    platform: Platform, sessions: Sequence[CustomerSession], watches: BystanderWatches
) -> tuple[int, ...]:
    """End each session in turn, and tell how many Edit tasks were left after each.

    `watches` watch over all but the first, each until its own turn.
    """
    left: list[int] = []
    for remaining, session in zip(range(len(sessions) - 1, -1, -1), sessions, strict=True):
        if session is not sessions[0]:
            watches.leave(session)
        platform.attendance.leave(session.session_id)
        for browser in session.browsers:
            browser.close()
        platform.sessions.deactivate(session.session_id)
        left.append(_tasks_left(platform, remaining))
    return tuple(left)


def _tasks_left(platform: Platform, expected: int) -> int:
    """How many Edit tasks are left, as soon as it is the number expected or the patience for an end is over."""
    patience = platform.profile.patience
    try:
        tasks = wait_until(
            lambda: platform.fleet.tasks("edit"),
            has_length(expected),
            what="Edit tasks after a session's end",
            within=patience.session_end,
            every=patience.poll,
        )
    except NotInTime:
        tasks = platform.fleet.tasks("edit")
    return len(tasks)
