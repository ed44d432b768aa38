"""What a scenario owns ends with it, what it borrows does not, and what no step has brought is told by its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.drivers.session_api import Activation
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.timeline import Timeline
from acceptance.run.world import World

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Run:
    """A run on a platform that knows no session; `did` is what was asked of it, in order."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.platform: Any = SimpleNamespace(
            attendance=SimpleNamespace(
                attend=lambda name: self.did.append(f"attend {name}"),
                leave=lambda name: self.did.append(f"leave {name}"),
            ),
            records=SimpleNamespace(all_of_client=self._all_of_client),
            profile=SimpleNamespace(
                offers=lambda _deactivate: True,
                patience=SimpleNamespace(session_end=NOON - NOON, poll=NOON - NOON),
            ),
        )

    def _all_of_client(self, client_id: str) -> list[object]:
        self.did.append(f"end all of {client_id}")
        return []

    def begin_scenario(self, name: str) -> None:
        self.did.append(f"begin {name}")

    def tell_of(self, session: CustomerSession) -> None:
        self.did.append(f"tell of {session.session_id}")


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
def cleanups() -> list[Callable[[], None]]:
    return []


@pytest.fixture
def world(run: Any, cleanups: list[Callable[[], None]]) -> World:
    return World(run, "a day at the shop", cleanups.append)


def session(name: str, run: Run, client: str = "acme") -> CustomerSession:
    answer = Activation(name, client, "anna@x", "t", "initializing", f"https://x/session/{name}/", NOON)
    return CustomerSession(Customer(client, "anna@x"), answer, NOON, Timeline(), ["Begin"], run.platform)


def test_what_is_owned_is_attended_told_of_and_ends_with_the_scenario(
    world: World, run: Run, cleanups: list[Callable[[], None]]
) -> None:
    first, second = session("s-1", run), session("s-2", run)
    assert world.own(first) is first
    world.own(second)
    assert (world.session, world.all_sessions) == (second, [first, second])
    assert len(cleanups) == 1, "one client, one end"
    cleanups[0]()
    assert run.did[1:5] == ["attend s-1", "tell of s-1", "attend s-2", "tell of s-2"]
    assert run.did[5:7] == ["leave s-1", "leave s-2"]
    assert set(run.did[7:]) == {"end all of acme"}


def test_nobody_of_the_scenario_is_kept_awake_while_one_end_after_the_other_is_waited_for(
    world: World, run: Run, cleanups: list[Callable[[], None]]
) -> None:
    world.own(session("s-1", run))
    world.own(session("s-2", run, "other"))
    world.borrow(session("shared", run, "everybody"))
    cleanups[1]()
    assert run.did.index("leave s-1") < run.did.index("end all of other")
    assert "leave shared" not in run.did


def test_what_is_borrowed_stays_and_its_browsers_are_the_scenarios_own(
    world: World, run: Run, cleanups: list[Callable[[], None]]
) -> None:
    shared, closed = session("s-1", run), []
    others: Any = SimpleNamespace(close=lambda: closed.append("the others' browser"))
    own: Any = SimpleNamespace(close=lambda: closed.append("its own browser"))
    shared.browsers.append(others)
    world.borrow(shared).browsers.append(own)
    assert world.session.session_id == "s-1"
    assert run.did[1:] == ["tell of s-1"]
    assert not cleanups
    world.close()
    assert closed == ["its own browser"]


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (lambda world: world.session, "session"),
        (lambda world: world.group.sessions, "group of customers"),
        (lambda world: world.asked.answer, "answer"),
    ],
)
def test_what_no_step_has_brought_is_told_by_its_name(
    world: World, read: Callable[[World], object], what: str
) -> None:
    with pytest.raises(LookupError, match=f"this scenario has no {what} yet"):
        read(world)
