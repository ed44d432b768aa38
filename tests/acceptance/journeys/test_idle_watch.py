"""Customers who do one thing only: each sends its own kind, and a session that is not served shows in what was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.capabilities import Capability
from acceptance.journeys.idle_watch import SENT, OneThingEach, kinds_sent, watch_one_thing_each
from acceptance.waiting.errors import UnexpectedAnswer

IDLE = timedelta(milliseconds=80)


class Platform:
    """Sessions named after what their customers do; `status` says how each is at a look."""

    def __init__(self, status: Callable[[str], str]) -> None:
        self.offered = set(Capability)
        self.sent: Counter[tuple[str, str]] = Counter()
        self.refused = ""
        self.records = SimpleNamespace(get=lambda name: SimpleNamespace(status=status(name)))
        self.looks_at_health = 0
        self.preview = SimpleNamespace(
            get=lambda url: self._take(
                "views of another page" if url.endswith("about") else "page views", url
            ),
            health=lambda _url: self._look(),
        )
        self.sessions = SimpleNamespace(
            instruct=lambda name, _text: self._take("instructions", name),
            keepalive=lambda name: self._take("keepalives", name),
        )
        self.profile = SimpleNamespace(
            offers=lambda *wanted: set(wanted) <= self.offered,
            timing=SimpleNamespace(idle_timeout=IDLE),
            patience=SimpleNamespace(poll=timedelta(milliseconds=5), session_end=3 * IDLE),
        )

    def _look(self) -> None:
        self.looks_at_health += 1

    def _take(self, kind: str, name: str) -> None:
        if kind == self.refused:
            raise UnexpectedAnswer("410")
        self.sent[kind, name] += 1

    def watch(self) -> OneThingEach:
        browser = SimpleNamespace(is_open=True)
        here: Any = self
        sessions: Any = [
            SimpleNamespace(session_id=n, preview_url=n, browser=browser)
            for n in (*kinds_sent(here.profile), "tab")
        ]
        return watch_one_thing_each(here, sessions)


def test_everybody_sends_one_kind_several_times_and_the_last_one_nothing() -> None:
    platform = Platform(lambda name: "expired" if name == "tab" else "active")
    seen = platform.watch()
    pages = {"views of another page": "views of another pageabout"}
    assert set(platform.sent) == {(kind, pages.get(kind, kind)) for kind in SENT}
    assert min(platform.sent.values()) >= 4
    assert platform.looks_at_health >= len(seen.tab)
    assert {sample.value for kind in SENT for sample in seen.statuses[kind]} == {"active"}


def test_nothing_is_sent_that_the_deployment_does_not_take() -> None:
    platform = Platform(lambda name: "expired" if name == "tab" else "active")
    platform.offered -= {Capability.KEEPALIVE, Capability.INSTRUCTIONS}
    assert set(platform.watch().senders) == {"page views", "views of another page"}
    assert {kind for kind, _ in platform.sent} == {"page views", "views of another page"}


@pytest.mark.parametrize("kind", ["instructions", "keepalives"])
def test_what_is_not_taken_is_told(kind: str) -> None:
    platform = Platform(lambda name: "expired" if name == "tab" else "active")
    platform.refused = kind
    seen = platform.watch()
    told = {each: {sample.value for sample in seen.statuses[each]} for each in SENT}
    assert told.pop(kind) == {f"active, {kind} not taken: 410"}
    assert all(statuses == {"active"} for statuses in told.values())


def test_nothing_is_sent_to_a_session_that_has_ended() -> None:
    platform = Platform(lambda _name: "expired")
    seen = platform.watch()
    assert not platform.sent
    assert {sample.value for sample in seen.statuses["page views"]} == {"expired"}


def test_a_tab_whose_session_does_not_end_is_watched_for_as_long_as_it_might_take() -> None:
    ended, open_ended = (
        Platform(lambda name, tab=tab: tab if name == "tab" else "active").watch()  # type: ignore[misc]
        for tab in ("expired", "active")
    )
    assert ended.tab[-1].at_s >= 2 * IDLE.total_seconds()
    assert open_ended.tab[-1].at_s >= 4 * IDLE.total_seconds()
    assert {sample.value.status for sample in open_ended.tab} == {"active"}
