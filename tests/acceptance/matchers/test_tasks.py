"""What is said about the services' tasks."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.ecs import Counts, Task
from acceptance.matchers.tasks import given_up_since, made_before_ran, none_counted, that_many
from acceptance.waiting.errors import NoData

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


def test_a_task_that_waited_for_another_to_run_is_told() -> None:
    hermes, edit = task("a"), task("b")
    assert hermes.started_at is not None
    assert made_before_ran(hermes).matches(edit)
    late = dataclasses.replace(edit, created_at=hermes.started_at + timedelta(seconds=1.5))
    assert not made_before_ran(hermes).matches(late)
    assert told(made_before_ran(hermes), late) == "edit task b RUNNING was made 1.5 s after it"  # type: ignore[arg-type]
    assert not made_before_ran(hermes).matches(dataclasses.replace(edit, created_at=None))
    with pytest.raises(NoData):
        made_before_ran(dataclasses.replace(hermes, started_at=None))


@pytest.mark.parametrize(
    ("seconds", "said"), [(1.5, "after 1.5 s"), (60, "after 60.0 s"), (None, "not at all")]
)
def test_a_task_given_up_too_early_or_too_late_is_told(seconds: float | None, said: str) -> None:
    hung_at = datetime(2026, 1, 1, tzinfo=UTC)

    def ended(after_s: float | None) -> Task:
        moment = None if after_s is None else hung_at + timedelta(seconds=after_s)
        return dataclasses.replace(task("a"), stopping_at=moment)

    claim = given_up_since(hung_at)
    assert claim.matches(ended(19.5))
    assert not claim.matches(ended(seconds))
    assert told(claim, ended(seconds)) == said  # type: ignore[arg-type]
