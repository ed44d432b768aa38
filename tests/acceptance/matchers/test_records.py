"""The matchers about what is told and on record of sessions, each shown failing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.http import Answer
from acceptance.drivers.mailbox import Received
from acceptance.drivers.open_page import Frame
from acceptance.drivers.session_api import ListedSession
from acceptance.drivers.session_table import Redrive, SessionRecord, _record
from acceptance.matchers.preview import has_update_since
from acceptance.matchers.sessions import (
    ended_as,
    gives_up_to,
    lists,
    mentions_once,
    prolongs,
    shows_one_of,
    tells_of,
)
from acceptance.matchers.tasks import comes_after
from acceptance.waiting.errors import NoData

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
    assert complaint(tells_of(record()), answer({**TOLD, "ttl": 1})).startswith("ttl is told as 1, and ")
    assert complaint(tells_of(record()), answer({"sessionId": "s"})).startswith(
        "status is not told, and active on record"
    )
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


def test_what_stays_for_an_idle_time_after_the_end_does_not_leave_before_nor_much_later() -> None:
    claim = comes_after(record(endedAt="2026-01-01T12:00:00.000Z"), timedelta(seconds=3))
    assert claim.matches(NOON + timedelta(seconds=3))
    assert complaint(claim, NOON + timedelta(seconds=2)) == "2.0 s after it"
    assert complaint(claim, NOON + timedelta(seconds=9)) == "9.0 s after it"
    with pytest.raises(NoData):
        comes_after(record(), timedelta(seconds=3))


def test_a_queue_gives_up_to_its_dead_letters() -> None:
    assert gives_up_to("dead").matches(Redrive("dead", 3))
    assert complaint(gives_up_to("dead"), Redrive(None, None)) == "to no queue, ever"
    assert complaint(gives_up_to("dead"), Redrive("other", 3)) == "to other after 3 times"


class Browser:
    """An open page of which only the frames matter."""

    is_open = True

    def __init__(self, *kinds: str) -> None:
        self._frames = [Frame(0.0, kind, MappingProxyType({})) for kind in kinds]

    def frames(self, since: int = 0) -> tuple[Frame, ...]:
        return tuple(self._frames[since:])

    def updates(self, since: int = 0) -> tuple[Frame, ...]:
        return tuple(frame for frame in self.frames(since) if frame.kind == "update")


def test_an_edit_that_the_page_was_not_told_of_is_told_by_its_number() -> None:
    page: Any = Browser("connected", "update", "custom", "update", "custom")
    assert has_update_since(0).matches(page)
    assert has_update_since(0, 2).matches(page)
    assert complaint(has_update_since(4), page) == "custom {}"
    assert complaint(has_update_since(0, 1, 2, 4), page).startswith("no news of [1, 4] of 4; connected {}, ")
    with pytest.raises(NoData):
        has_update_since()


def test_an_end_is_of_the_kind_and_for_the_reason_that_was_promised() -> None:
    failed = record(status="failed", failure="there is no page of that name")
    assert ended_as("failed", "No page").matches(failed)
    assert ended_as("inactive").matches(record(status="inactive"))
    assert complaint(ended_as("failed", "workspace"), failed) == "failed, for 'there is no page of that name'"
    assert complaint(ended_as("inactive"), failed).startswith("failed, ")


def mail(text: str) -> Received:
    """A message of which only the text matters."""
    return Received("k", "hermes@x", ("anna@x",), "Your site", text, "<1>", None, (), NOON)


def test_news_that_come_twice_or_among_others_are_told() -> None:
    said, other = mail("There is\nno page."), mail("It is live.")
    assert mentions_once("no page").matches([said, other])
    assert mentions_once("no page", alone=True).matches([said])
    assert complaint(mentions_once("no page"), [other]).startswith("mail 'Your site'")
    assert complaint(mentions_once("no page"), ()) == "no message"
    assert complaint(mentions_once("no page"), [said, said]).count("no page") == 2
    assert "It is live" in complaint(mentions_once("no page", alone=True), [said, other])
