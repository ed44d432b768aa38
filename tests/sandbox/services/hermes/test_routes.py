"""Hermes leads visitors to a preview only once the load balancer has found it healthy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sandbox.services.aws import Clients
from sandbox.services.hermes.orchestrator import frame_of
from sandbox.services.hermes.routes import Routes, Target, paths_of
from sandbox.services.session_record import new_session_id
from tests.aws_platform import aws
from tests.sandbox.services.hermes.hermes_stand import Stand

TARGET = Target("127.0.0.9", 4400)


def led_paths(stand: Stand) -> list[str]:
    """The paths of the one session rule."""
    (rule,) = stand.rules()
    values: list[str] = rule["Conditions"][0]["PathPatternConfig"]["Values"]
    return values


def hermes(stand: Stand) -> Routes:
    """The routes as a Hermes that has just started knows them."""
    return Routes(Clients(), frame_of(stand.config()))


@pytest.fixture
def stand() -> Iterator[Stand]:
    with aws():
        platform = Stand()
        yield platform
        platform.stop()


@pytest.fixture
def session() -> str:
    return new_session_id()


@pytest.fixture
def routes(stand: Stand) -> Routes:
    return hermes(stand)


def test_no_path_that_anybody_could_ask_for_leads_to_a_new_target(
    stand: Stand, routes: Routes, session: str
) -> None:
    routes.attach(session, TARGET)
    (path,) = led_paths(stand)
    assert re.fullmatch(f"/session/{session}/[0-9a-f]{{32}}", path)
    routes.detach(session)
    routes.attach(session, TARGET)
    assert led_paths(stand) != [path]


def test_visitors_are_led_once_it_is_published(stand: Stand, routes: Routes, session: str) -> None:
    routes.attach(session, TARGET)
    routes.publish(session)
    assert led_paths(stand) == paths_of(session)


def test_another_hermes_publishes_what_its_predecessor_attached(
    stand: Stand, routes: Routes, session: str
) -> None:
    routes.attach(session, TARGET)
    hermes(stand).publish(session)
    assert led_paths(stand) == paths_of(session)


def test_a_route_taken_away_begins_unpublished_again(stand: Stand, routes: Routes, session: str) -> None:
    routes.attach(session, TARGET)
    routes.publish(session)
    routes.detach(session)
    routes.attach(session, TARGET)
    assert not set(led_paths(stand)) & {*paths_of(session), f"/session/{session}/health"}
