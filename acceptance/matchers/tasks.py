"""Matchers about the services' tasks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hamcrest.core.matcher import Matcher

from acceptance.drivers.ecs import Counts, Task
from acceptance.drivers.session_table import Commands, SessionRecord
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher


def none_counted() -> Matcher[tuple[Counts, Counts]]:
    """Hermes and Edit count no task and want none."""
    zero = Counts(0, 0, 0)
    return DescribedMatcher(
        "asleep: no task of Hermes or Edit, none wanted",
        lambda counts: counts == (zero, zero),
        lambda counts: f"hermes {counts[0]}; edit {counts[1]}",
    )


def counts_none(role: str) -> Matcher[Counts]:
    """A service counts no task and wants none."""
    return DescribedMatcher(f"no {role} task, none wanted", lambda counts: counts == Counts(0, 0, 0), str)


def none_queued() -> Matcher[Commands]:
    """No command waits or is being handled; those that were given up are nobody's any more."""
    return DescribedMatcher(
        "no command in the queue",
        lambda commands: not commands.waiting and not commands.in_flight,
        lambda commands: f"{commands.waiting} wait, {commands.in_flight} are being handled",
    )


def that_many(count: int, role: str) -> Matcher[Sequence[Task]]:
    """So many tasks of a service."""
    return DescribedMatcher(
        f"exactly {count} {role} task{'' if count == 1 else 's'}",
        lambda tasks: len(tasks) == count,
        lambda tasks: f"{len(tasks)}: {'; '.join(map(str, tasks))}" if tasks else "none",
    )


def is_another_than(other: Task) -> Matcher[Task]:
    """A task that is not the other one."""
    return DescribedMatcher(f"another task than {other.task_id}", lambda task: task.arn != other.arn, str)


def is_left_running() -> Matcher[Task | None]:
    """A task that runs, and that nobody has told to stop."""
    return DescribedMatcher(
        "a running task that nobody has told to stop",
        lambda task: task is not None and (task.last_status, task.desired_status) == ("RUNNING", "RUNNING"),
        lambda task: f"{task}, wanted {task.desired_status}" if task else "no such task",
    )


LONGEST_STAY = 2.5
"""So many idle times are too long: what stops must still be told so, and needs its time to end."""


def comes_after(ended: SessionRecord, idle: timedelta) -> Matcher[datetime]:
    """The moment of a service's end: an idle time after the session's, and not much later; NoData if that is not on
    record.
    """
    if ended.ended_at is None:
        raise NoData(
            "the record does not say when the session ended, so nothing can be said about what came after it"
        )
    end = ended.ended_at
    return DescribedMatcher(
        f"{idle.total_seconds():g} s after the session's end, and less than {LONGEST_STAY * idle.total_seconds():g} s",
        lambda gone: idle <= gone - end < LONGEST_STAY * idle,
        lambda gone: f"{(gone - end).total_seconds():.1f} s after it",
    )
