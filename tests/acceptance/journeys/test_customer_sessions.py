"""How a platform is put to sleep for what begins from there: Hermes is stopped, and only when nobody needs it."""

from __future__ import annotations

from collections.abc import Sequence
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


def sessions(fleet: Fleet, commands: Commands | None, still_open: Sequence[str] = ()) -> CustomerSessions:
    """On a platform of which only this is known; without commands, on one whose queue nobody may look into."""
    records: Any = SimpleNamespace(
        open=lambda: [SimpleNamespace(session_id=name, status="active", ended=False) for name in still_open]
    )
    if commands is not None:
        records.commands = lambda: commands
    platform: Any = SimpleNamespace(
        fleet=fleet,
        records=records,
        profile=SimpleNamespace(
            offers=lambda _queue_depth: commands is not None,
            timing=SimpleNamespace(idle_timeout=SOON),
            patience=SimpleNamespace(scale_to_zero=SOON, poll=timedelta(milliseconds=1)),
        ),
    )
    return CustomerSessions(platform)


def test_hermes_is_stopped_once_edit_has_gone_by_itself() -> None:
    fleet = Fleet([ONE, ONE, NONE])
    assert sessions(fleet, Commands(0, 0, 0)).put_to_sleep().asleep
    assert fleet.scaled == [("hermes", 0)]


def test_where_nobody_may_look_into_the_queue_no_session_may_be_open() -> None:
    fleet = Fleet([NONE])
    assert sessions(fleet, None).put_to_sleep().asleep
    with pytest.raises(NotInTime, match=r"the sessions .* expected no open session; saw s-1 active"):
        sessions(Fleet([NONE]), None, ["s-1"]).put_to_sleep()


@pytest.mark.parametrize("told", [True, False])
def test_sessions_are_told_to_end_where_the_platform_takes_that_and_left_alone_where_not(told: bool) -> None:
    """In any case nobody keeps one of them awake before the first is waited for."""
    kept, asked = {"a", "b"}, []

    def of_client(client: str) -> list[Any]:
        assert not kept, f"{kept} are kept awake while the end of {client} is waited for"
        return [
            SimpleNamespace(
                session_id=client, client_id=client, status="expired", ended=False, planted=False, user_id="u"
            )
        ]

    def request(_method: str, path: str) -> None:
        asked.append(path)

    platform: Any = SimpleNamespace(
        attendance=SimpleNamespace(leave=kept.discard),
        records=SimpleNamespace(all_of_client=of_client),
        sessions=SimpleNamespace(request=request),
        profile=SimpleNamespace(
            offers=lambda _deactivate: told,
            timing=SimpleNamespace(idle_timeout=SOON),
            patience=SimpleNamespace(session_end=SOON, wake=SOON, poll=timedelta(milliseconds=1)),
        ),
    )
    ending: Any = [
        SimpleNamespace(session_id=name, customer=SimpleNamespace(client_id=name), browsers=[])
        for name in "ab"
    ]
    with pytest.raises(NotInTime) as late:
        CustomerSessions(platform).end(ending)
    assert asked == (["/api/sessions/a/deactivate"] if told else [])
    assert f"not within {0.02 if told else 0.06:g} s" in str(late.value)


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


def test_a_session_that_the_index_does_not_have_yet_is_ended_and_left_alone() -> None:
    """The index may be seconds behind the table; whoever reads it alone ends nothing, and keeps the session awake."""
    record = SimpleNamespace(
        session_id="young", client_id="acme", status="active", ended=False, planted=False
    )
    left, asked = list[str](), list[str]()

    def request(_method: str, path: str) -> None:
        asked.append(path)
        record.status, record.ended = "inactive", True

    platform: Any = SimpleNamespace(
        attendance=SimpleNamespace(leave=left.append),
        records=SimpleNamespace(of_client=lambda _: (), all_of_client=lambda _: (record,)),
        sessions=SimpleNamespace(request=request),
        profile=SimpleNamespace(
            offers=lambda _deactivate: True,
            timing=SimpleNamespace(idle_timeout=SOON),
            patience=SimpleNamespace(session_end=SOON, wake=SOON, poll=timedelta(milliseconds=1)),
        ),
    )
    CustomerSessions(platform).end_all_of("acme")
    assert (left, asked) == (["young"], ["/api/sessions/young/deactivate"])
