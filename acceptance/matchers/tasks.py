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


def were_left(*counts: int) -> Matcher[Sequence[int]]:
    """So many tasks after each of several ends."""
    return DescribedMatcher(
        f"{_in_turn(counts)} tasks",
        lambda left: tuple(left) == counts,
        lambda left: f"{_in_turn(left)} tasks",
    )


def _in_turn(counts: Sequence[int]) -> str:
    return ", then ".join(map(str, counts))


def none_queued() -> Matcher[Commands]:
    """No command waits or is being handled; those that were given up are nobody's any more."""
    return DescribedMatcher(
        "no command in the queue",
        lambda commands: not commands.waiting and not commands.in_flight,
        lambda commands: f"{commands.waiting} wait, {commands.in_flight} are being handled",
    )


def no_command() -> Matcher[Commands]:
    """No command waits, is being handled, or was given up."""
    return DescribedMatcher(
        "no command waiting, being handled or given up",
        lambda commands: commands == Commands(0, 0, 0),
        lambda c: f"{c.waiting} wait, {c.in_flight} are being handled, {c.dead} were given up",
    )


def that_many(count: int, role: str) -> Matcher[Sequence[Task]]:
    """So many tasks of a service."""
    return DescribedMatcher(
        f"exactly {count} {role} task{'' if count == 1 else 's'}",
        lambda tasks: len(tasks) == count,
        lambda tasks: f"{len(tasks)}: {'; '.join(map(str, tasks))}" if tasks else "none",
    )


def made_before_ran(other: Task) -> Matcher[Task]:
    """A task that was made before the other ran; NoData if ECS does not say when that was."""
    ran = other.started_at
    if ran is None:
        raise NoData(f"ECS does not say when {other} ran, so nothing can be said about what came before it")
    return DescribedMatcher(
        f"made before {other} ran",
        lambda task: task.created_at is not None and task.created_at <= ran,
        lambda task: (
            f"{task} was made {(task.created_at - ran).total_seconds():.1f} s after it"
            if task.created_at
            else f"{task} was made nobody knows when"
        ),
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


FIVE_PINGS = timedelta(seconds=12), timedelta(seconds=25)
"""How soon at the earliest and how late at the latest a task that hangs is given up: four times 3 s lie between five
pings; to the contract's 20 s comes what it took to make the task hang."""


def given_up_since(hung_at: datetime) -> Matcher[Task | None]:
    """A task that was told to stop, after five pings, in time."""
    first, last = FIVE_PINGS

    def took(task: Task | None) -> timedelta | None:
        return task.stopping_at - hung_at if task is not None and task.stopping_at is not None else None

    def tell(task: Task | None) -> str:
        found = took(task)
        return "not at all" if found is None else f"after {found.total_seconds():.1f} s"

    return DescribedMatcher(
        f"given up {first.total_seconds():g} to {last.total_seconds():g} s after it hung",
        lambda task: (found := took(task)) is not None and first <= found <= last,
        tell,
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
