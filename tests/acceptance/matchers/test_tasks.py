"""What is said about the services' tasks."""

from __future__ import annotations

from datetime import UTC, datetime

from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.ecs import Counts, Task
from acceptance.matchers.tasks import none_counted, that_many

ZERO = Counts(0, 0, 0)


def task(name: str) -> Task:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Task(
        f"arn:aws:ecs:task/c/{name}",
        "service:edit",
        "RUNNING",
        "RUNNING",
        None,
        now,
        now,
        None,
        None,
        None,
        True,
    )


def told(matcher: Matcher[object], found: object) -> str:
    description = StringDescription()
    matcher.describe_mismatch(found, description)
    return str(description)


def test_a_task_counted_or_wanted_of_either_service_is_not_none() -> None:
    assert none_counted().matches((ZERO, ZERO))
    for counts in (Counts(1, 0, 0), Counts(0, 1, 0), Counts(0, 0, 1)):
        assert not none_counted().matches((counts, ZERO))
        assert not none_counted().matches((ZERO, counts))
    assert told(none_counted(), (ZERO, Counts(1, 2, 3))) == (  # type: ignore[arg-type]
        "hermes desired 0, running 0, pending 0; edit desired 1, running 2, pending 3"
    )


def test_too_many_tasks_are_told_by_name_and_state() -> None:
    one = that_many(1, "Edit")
    assert one.matches([task("a")])
    assert not one.matches([])
    assert told(one, []) == "none"  # type: ignore[arg-type]
    assert told(one, [task("a"), task("b")]) == "2: edit task a RUNNING; edit task b RUNNING"  # type: ignore[arg-type]
    assert str(one) == "exactly 1 Edit task"
