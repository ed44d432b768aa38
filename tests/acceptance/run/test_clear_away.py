"""What carries a run's mark is put away, and nothing that is other people's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.config.mark import Mark
from acceptance.drivers.ecs import Counts, EcsServicesState, Task
from acceptance.drivers.session_table import Commands, SessionRecord
from acceptance.run.clear_away import clear_away
from acceptance.waiting.errors import UnexpectedAnswer
from acceptance.waiting.waits import NotInTime

NOW = datetime(2026, 1, 1, tzinfo=UTC)
R1, R2 = "1125-130000-aaaa", "1125-140000-bbbb"
ZERO, ONE = Counts(0, 0, 0), Counts(1, 1, 0)


def record(session: str, status: str, client: str = f"acc-{R1}-1", **raw: object) -> SessionRecord:
    """A record; its id is its time."""
    item: Mapping[str, object] = {"sessionId": session, "status": status, "createdAt": session, **raw}
    return SessionRecord(
        session, "a@x.org", client, None, status, None, None, None, None, None, None, None, None, None, None, None,
        None, item,
    )  # fmt: skip


def task(name: str, started_by: str | None) -> Task:
    """A task that runs."""
    seen = Task(name, "family:edit", "RUNNING", "RUNNING", None, NOW, NOW, None, None, None, True)
    return replace(seen, started_by=started_by)


class Records:
    """The session table and the session API: a deactivated session ends at once, and says so, unless it is stubborn."""

    def __init__(self, did: list[str], records: Sequence[SessionRecord], stubborn: bool) -> None:
        self.did, self.table, self.stubborn = did, {one.session_id: one for one in records}, stubborn

    def marked(self, mark: Mark) -> tuple[SessionRecord, ...]:
        return tuple(one for one in self.table.values() if mark.owns_client(one.client_id))

    def open(self) -> tuple[SessionRecord, ...]:
        return tuple(one for one in self.table.values() if not one.ended)

    def commands(self) -> Commands:
        return Commands(0, 0, 0)

    def uproot(self, planted: SessionRecord) -> None:
        self.did.append(f"uproot {planted.session_id}")
        del self.table[planted.session_id]

    def deactivate(self, session_id: str) -> None:
        self.did.append(f"deactivate {session_id}")
        if not self.stubborn:
            self.table[session_id] = replace(self.table[session_id], status="inactive")
            raise UnexpectedAnswer("410")


class Fleet:
    """Services and tasks; Edit goes to zero only by force."""

    def __init__(self, did: list[str], tasks: Sequence[Task], counts: Counts) -> None:
        self.did, self.tasks, self.now = did, list(tasks), counts

    def marked(self, mark: Mark) -> tuple[Task, ...]:
        return tuple(one for one in self.tasks if mark.is_of(one.started_by))

    def stop_task(self, arn: str, _reason: str) -> None:
        self.did.append(f"stop {arn}")
        self.tasks = [one for one in self.tasks if one.arn != arn]

    def counts(self, _role: str) -> Counts:
        return self.now

    def all_counts(self) -> tuple[Counts, Counts]:
        return self.now, self.now

    def state(self) -> EcsServicesState:
        return EcsServicesState(self.now, self.now, (), ())

    def shut_down(self, role: str) -> None:
        self.did.append(f"force {role} to zero")
        self.now = ZERO


class Workspaces:
    """The workspaces of the suite's clients and of others'."""

    def __init__(self, did: list[str]) -> None:
        self.did = did

    def clients(self) -> tuple[str, ...]:
        return ("acc-lab", f"acc-{R1}-1", f"acc-{R2}-7-shop", "accounting", "acme", "test-client")

    def put_away(self, *clients: str) -> None:
        self.did.append(f"put away {' '.join(clients)}")

    def close(self) -> None:
        self.did.append("close")


def platform(
    records: Sequence[SessionRecord] = (),
    tasks: Sequence[Task] = (),
    counts: Counts = ZERO,
    *,
    stubborn: bool = False,
) -> tuple[Any, list[str]]:
    """A platform, and what is done to it in order."""
    did = list[str]()
    soon, short = timedelta(seconds=0.1), timedelta(milliseconds=10)
    patience = SimpleNamespace(wake=soon, session_end=soon, scale_to_zero=soon, poll=short)
    table, fleet = Records(did, records, stubborn), Fleet(did, tasks, counts)

    def mails(mark: Mark) -> int:
        did.append(f"mail of {mark}")
        return 2

    made = SimpleNamespace(
        profile=SimpleNamespace(
            patience=patience, timing=SimpleNamespace(idle_timeout=soon), offers=lambda _capability: True
        ),
        records=table,
        sessions=table,
        fleet=fleet,
        accidents=fleet,
        workspaces=Workspaces(did),
        mailbox=SimpleNamespace(clear_away=mails),
    )
    return made, did


def test_all_that_is_marked_goes_in_order_and_nothing_else() -> None:
    made, did = platform(
        [
            record("s-2", "active"), record("s-1", "initializing"), record("s-3", "expired"),
            record("s-4", "active", "acme"), record("s-5", "active", f"acc-{R2}-1"),
            record("s-6", "active", "accounting"), record("s-7", "active", "test-client"),
            record("s-8", "active", plantedByTheSuite=True),
        ],
        [task("t-1", f"acc-{R1}"), task("t-2", "acc"), task("t-3", None), task("t-4", "ecs-svc/1")],
    )  # fmt: skip
    told = clear_away(made, Mark("acc", R1), lambda _line: None)
    assert did == [
        "stop t-1", "uproot s-8", "deactivate s-1", "deactivate s-2", "deactivate s-7",
        f"put away acc-{R1}-1 test-client", f"mail of acc-{R1}", "close",
    ]  # fmt: skip
    assert str(told) == (
        "cleared away: 1 tasks, 1 planted records, 3 open sessions, 2 clients' workspaces, 2 mails"
    )
    did.clear()
    clear_away(made, Mark("acc"), lambda _line: None)
    assert did[0] == "deactivate s-5"
    assert did[1] == f"put away acc-{R1}-1 acc-{R2}-7-shop test-client"


def test_what_could_not_be_ended_is_told_and_what_was_started_for_it_goes() -> None:
    made, did = platform([record("s-1", "active")], stubborn=True)
    with pytest.raises(NotInTime, match="s-1 active"):
        clear_away(made, Mark("acc"), lambda _line: None)
    assert did[-1] == "close"


def test_services_that_do_not_go_by_themselves_are_forced_to_zero() -> None:
    made, did = platform(counts=ONE)
    told = clear_away(made, Mark("acc"), lambda _line: None)
    assert did[:2] == ["force edit to zero", "force hermes to zero"]
    assert told.counts["services awake"] == 1


def test_services_that_others_use_are_left_as_they_are() -> None:
    made, did = platform([record("s-1", "active", "acme")], counts=ONE)
    said = list[str]()
    clear_away(made, Mark("acc"), said.append)
    assert not any("force" in one for one in did)
    assert "services are left as they are: open sessions of acme" in said
