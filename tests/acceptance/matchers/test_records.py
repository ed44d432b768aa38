"""The matchers about what is told and on record of sessions, each shown failing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.hmr import Frame
from acceptance.drivers.http import Answer
from acceptance.drivers.session_api import ListedSession
from acceptance.drivers.session_table import Redrive, SessionRecord, _record
from acceptance.journeys.further_edits import Edit, all_reached_the_page
from acceptance.matchers.sessions import (
    ended_no_sooner_than,
    gives_up_to,
    lists,
    never_set_back,
    prolongs,
    shows_one_of,
    tells_of,
)
from acceptance.matchers.tasks import stayed_for
from acceptance.waiting.errors import NoData
from acceptance.waiting.sampler import Sample

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOLD = {
    "sessionId": "s",
    "status": "active",
    "previewUrl": "https://x/session/s/",
    "lastActivityAt": "2026-01-01T12:00:00.500Z",
    "ttl": int(NOON.timestamp()) + 86_400,
    "lastCommit": "c1",
}


def record(**changes: object) -> SessionRecord:
    """A record as DynamoDB has it, active at half a second past noon."""
    item = {**TOLD, "userId": "u", **changes}
    wire = {k: {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in item.items() if v is not None}
    return _record(wire)


def answer(body: object, status: int = 200) -> Answer:
    """An answer of the session API."""
    told = MappingProxyType({"content-type": "application/json"})
    return Answer("GET", "https://x/", status, told, json.dumps(body).encode())


def complaint(matcher: Matcher[Any], item: object) -> str:
    """What a matcher says of an item that it must not accept."""
    assert not matcher.matches(item)
    said = StringDescription()
    matcher.describe_mismatch(item, said)
    return str(said)


def listed(*ids: str) -> tuple[ListedSession, ...]:
    """A client's list."""
    return tuple(ListedSession(name, "active", {}) for name in ids)


def test_a_list_has_its_order_and_nobody_elses_session() -> None:
    assert lists(["b", "a"]).matches(listed("b", "a"))
    assert complaint(lists(["b", "a"]), listed("a", "b")) == "a, b"
    assert complaint(lists(["b"]), ()) == "an empty list"
    assert shows_one_of(["x"]).matches(listed("b", "x"))
    assert not shows_one_of(["x"]).matches(listed("b", "a"))


def test_the_status_call_tells_what_is_on_record() -> None:
    assert tells_of(record()).matches(answer(TOLD))
    assert complaint(tells_of(record()), answer({**TOLD, "ttl": 1})).startswith("ttl 1 for ")
    assert complaint(tells_of(record()), answer({"sessionId": "s"})).startswith("status None for active")
    assert complaint(tells_of(record()), answer({}, 404)).startswith("404")
    with pytest.raises(NoData):
        tells_of(record(lastCommit=None))


@pytest.mark.parametrize(
    ("changes", "body", "told"),
    [
        ({"lastActivityAt": "2026-01-01T11:59:58.000Z"}, TOLD, "the last activity of before"),
        ({"ttl": TOLD["ttl"] - 82_800}, TOLD, "kept for 3600 s"),  # type: ignore[operator]
        ({}, {"ttl": 7}, "ttl 1767355200, but the answer was 200"),
    ],
)
def test_a_keepalive_that_prolongs_nothing_is_told(
    changes: dict[str, object], body: dict[str, object], told: str
) -> None:
    before = record(lastActivityAt="2026-01-01T11:59:58.000Z")
    assert prolongs(before, answer(TOLD)).matches(record())
    assert told in complaint(prolongs(before, answer(body)), record(**changes))


def states(*names: str) -> Sequence[Sample[str]]:
    """Looks at a session, a second apart."""
    return [Sample(float(at), name) for at, name in enumerate(names)]


def test_states_only_go_forward() -> None:
    assert never_set_back().matches(states("active", "active", "draining", "inactive"))
    said = complaint(never_set_back(), states("active", "initializing", "active"))
    assert said == "active, and initializing at 1.0 s"
    with pytest.raises(NoData):
        never_set_back().matches(states("initializing"))


def test_an_end_has_waited_for_the_idle_time() -> None:
    idle = timedelta(seconds=3)
    assert ended_no_sooner_than(idle).matches(record(endedAt="2026-01-01T12:00:03.500Z"))
    assert "0:00:02" in complaint(ended_no_sooner_than(idle), record(endedAt="2026-01-01T12:00:02.500Z"))
    assert complaint(ended_no_sooner_than(idle), record()).endswith("end None: None")
    assert complaint(stayed_for(idle), timedelta(seconds=2)) == "2.0 s"


def test_a_queue_gives_up_to_its_dead_letters() -> None:
    assert gives_up_to("dead").matches(Redrive("dead", 3))
    assert complaint(gives_up_to("dead"), Redrive(None, None)) == "to no queue after None times"
    assert complaint(gives_up_to("dead"), Redrive("other", 3)) == "to other after 3 times"


def test_an_edit_that_the_page_was_not_told_of_is_named() -> None:
    heard = Edit("one", (Frame(0.0, "update", MappingProxyType({})),))
    assert all_reached_the_page().matches([heard])
    assert complaint(all_reached_the_page(), [heard, Edit("two", ())]) == "of 2 edits no news of: two"
    with pytest.raises(NoData):
        all_reached_the_page().matches([])
