"""How a platform is put to sleep for what begins from there: Hermes is stopped, and only when nobody needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.drivers.ecs import Counts, EcsServicesState
from acceptance.drivers.session_table import Commands
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.timeline import Stage, Timeline
from acceptance.waiting.waits import NotInTime

NONE, ONE = Counts(0, 0, 0), Counts(1, 1, 0)
SOON = timedelta(milliseconds=20)


@dataclass
class Fleet:
    """Edit's counts look by look, the last one for ever; Hermes obeys at once."""

    edit: list[Counts]
    hermes: Counts = ONE
    scaled: list[tuple[str, int]] = field(default_factory=list)

    def counts(self, role: str) -> Counts:
        if role == "hermes":
            return self.hermes
        return self.edit.pop(0) if len(self.edit) > 1 else self.edit[0]

    def all_counts(self) -> tuple[Counts, Counts]:
        return self.hermes, self.edit[0]

    def state(self) -> EcsServicesState:
        return EcsServicesState(self.hermes, self.edit[0], (), ())

    def scale(self, role: str, desired: int) -> None:
        assert self.edit == [NONE], "Edit still had something to do"
        self.scaled.append((role, desired))
        self.hermes = Counts(desired, desired, 0)


def sessions(fleet: Fleet, commands: Commands) -> CustomerSessions:
    """On a platform of which only this is known."""
    platform: Any = SimpleNamespace(
        fleet=fleet,
        records=SimpleNamespace(commands=lambda: commands),
        profile=SimpleNamespace(
            timing=SimpleNamespace(idle_timeout=SOON),
            patience=SimpleNamespace(scale_to_zero=SOON, poll=timedelta(milliseconds=1)),
        ),
    )
    return CustomerSessions(platform)


def test_hermes_is_stopped_once_edit_has_gone_by_itself() -> None:
    fleet = Fleet([ONE, ONE, NONE])
    assert sessions(fleet, Commands(0, 0, 0)).put_to_sleep().asleep
    assert fleet.scaled == [("hermes", 0)]


def test_a_platform_that_sleeps_is_left_alone() -> None:
    fleet = Fleet([NONE], hermes=NONE)
    sessions(fleet, Commands(0, 0, 0)).put_to_sleep()
    assert fleet.scaled == []


@pytest.mark.parametrize(
    ("edit", "commands", "told"),
    [
        (ONE, Commands(0, 0, 0), "service edit .* saw desired 1, running 1, pending 0"),
        (NONE, Commands(1, 0, 0), "1 wait, 0 are being handled"),
        (NONE, Commands(0, 2, 0), "0 wait, 2 are being handled"),
    ],
)
def test_a_platform_with_something_to_do_is_not_put_to_sleep(
    edit: Counts, commands: Commands, told: str
) -> None:
    fleet = Fleet([edit])
    with pytest.raises(NotInTime, match=told):
        sessions(fleet, commands).put_to_sleep()
    assert fleet.scaled == []


def test_commands_given_up_long_ago_are_nothing_to_do() -> None:
    fleet = Fleet([NONE])
    sessions(fleet, Commands(0, 0, 7)).put_to_sleep()
    assert fleet.scaled == [("hermes", 0)]


def test_a_stalled_wake_up_names_the_stage_and_what_its_part_said_last() -> None:
    timeline = Timeline()
    for stage in (Stage.ASKED, Stage.ON_RECORD, Stage.TASK_STARTED):
        timeline.mark(stage)
    logs = SimpleNamespace(last_error=lambda part, _since: f"ERROR of {part}")
    platform: Any = SimpleNamespace(logs=logs)
    session: Any = SimpleNamespace(timeline=timeline, asked_at=timeline.asked_at)
    told = CustomerSessions(platform)._stalled(session)
    assert (
        "missing: target healthy, which is the part of edit; the last error in its log: ERROR of edit" in told
    )
    assert "never: target healthy, first 200" in told
    for stage in Stage:
        timeline.mark(stage)
    assert CustomerSessions(platform)._stalled(session) == ""
