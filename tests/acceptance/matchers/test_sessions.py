"""The matchers that scenarios about sessions and previews use, each shown failing."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.http import Answer
from acceptance.drivers.load_balancer import Routing, Rule, TargetGroup
from acceptance.journeys.idle_watch import OneThingEach, OpenTab, expired_while_connected
from acceptance.matchers.preview import waiting_then_live
from acceptance.matchers.sessions import mentions, nothing_of
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.sampler import Sample

WAITING = '<meta http-equiv="refresh" content="1"> starting'


def page(status: int, text: str = "the site", **headers: str) -> Answer:
    """An HTML answer."""
    told = {"content-type": "text/html", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Answer("GET", "https://x/", status, MappingProxyType(told), text.encode())


def sessions(*answers: Answer) -> list[Sample[Answer]]:
    """Visits, a second apart."""
    return [Sample(float(at), answer) for at, answer in enumerate(answers)]


def mismatch(matcher: object, item: object) -> str:
    """What a matcher says of an item that it must not accept."""
    assert isinstance(matcher, DescribedMatcher)
    assert not matcher.matches(item)
    text = StringDescription()
    matcher.describe_mismatch(item, text)
    return str(text)


WAIT = page(503, WAITING, retry_after="1")


def test_visitors_wait_and_then_see_the_site() -> None:
    assert waiting_then_live().matches(sessions(WAIT, WAIT, page(200)))


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([page(200, WAITING), page(200)], "200 at the very first visit (0.0 s)"),
        (
            [WAIT, page(503, "is starting", retry_after="1"), page(200)],
            "at 1.0 s 503: 'is starting' without a refresh in the page",
        ),
        ([WAIT, page(404, "no such preview"), page(200)], "at 1.0 s 404: 'no such preview'"),
        ([WAIT, page(200), WAIT], "at 2.0 s 503 after the site"),
        ([WAIT, WAIT], "the site at none of 2 visits"),
    ],
)
def test_anything_else_is_told_with_its_moment(seen: list[Answer], told: str) -> None:
    assert told in mismatch(waiting_then_live(), sessions(*seen))


def test_no_visit_proves_nothing() -> None:
    with pytest.raises(NoData):
        waiting_then_live().matches([])


def test_a_leftover_rule_and_an_orphaned_target_group_are_named() -> None:
    rule = Rule("arn:rule", 1000, ("/session/s1", "/session/s1/*"), ("arn:used",))
    groups = (TargetGroup("arn:used", "s-s1", "ip", 80), TargetGroup("arn:old", "s-old", "ip", 80))
    told = mismatch(nothing_of("s1"), Routing((rule,), groups))
    assert told == "rule /session/s1 /session/s1/*, s-old"
    assert nothing_of("s2").matches(Routing((rule,), groups[:1]))


def test_words_are_found_in_any_case() -> None:
    assert mentions("understand").matches("We did not UNDERSTAND that.")
    assert mismatch(mentions("workspace"), "no idea") == "'no idea'"


BUSY: tuple[Sample[str | None], ...] = tuple(Sample(at / 4, "active") for at in range(20))
"""Looks at one who sent something four times a second; the idle time is a second."""


def looks(*tabs: OpenTab, sender: tuple[Sample[str | None], ...] = BUSY) -> OneThingEach:
    """Looks at a forgotten browser tab, a second apart, beside one who sends and one who has come to nothing."""
    session: Any = SimpleNamespace()
    return OneThingEach(
        senders={},
        statuses={"keepalives": sender, "page views": (Sample(0.0, "expired"),)},
        forgotten=session,
        tab=tuple(Sample(float(at), tab) for at, tab in enumerate(tabs)),
        idle_timeout=timedelta(seconds=1),
    )


ACTIVE, DRAINING, EXPIRED = OpenTab(True, "active"), OpenTab(False, "draining"), OpenTab(False, "expired")


@pytest.mark.parametrize("end", [(EXPIRED,), (DRAINING, EXPIRED), (OpenTab(True, "expired"),)])
def test_a_tab_that_was_connected_until_its_session_expired(end: tuple[OpenTab, ...]) -> None:
    assert expired_while_connected().matches(looks(ACTIVE, ACTIVE, *end))


@pytest.mark.parametrize(
    ("tabs", "told"),
    [
        ((ACTIVE, ACTIVE), "at 1.0 s still active, browser connected"),
        ((ACTIVE, DRAINING), "at 1.0 s still draining, browser not connected"),
        ((ACTIVE, OpenTab(False, "inactive")), "at 1.0 s still inactive, browser not connected"),
        ((ACTIVE, OpenTab(False, "active"), EXPIRED), "at 1.0 s active, browser not connected"),
    ],
)
def test_a_session_that_stays_or_ends_otherwise_and_a_lost_connection_are_told(
    tabs: tuple[OpenTab, ...], told: str
) -> None:
    assert mismatch(expired_while_connected(), looks(*tabs)) == told


def test_a_tab_never_seen_active_is_no_proof() -> None:
    with pytest.raises(NoData, match="never seen active"):
        expired_while_connected().matches(looks(EXPIRED))


@pytest.mark.parametrize(
    "sender",
    [
        (*BUSY, Sample(5.0, "expired")),
        (*BUSY[:8], *BUSY[12:]),
        (*BUSY, Sample(5.0, "active, keepalives not taken: 503")),
        BUSY[4:],
        BUSY[-1:],
    ],
    ids=["ended", "late", "not taken", "begun late", "seen once"],
)
def test_a_tab_beside_nobody_who_was_awake_all_the_while_is_no_proof(
    sender: tuple[Sample[str | None], ...],
) -> None:
    with pytest.raises(NoData, match="were idle for 1 s themselves"):
        expired_while_connected().matches(looks(ACTIVE, EXPIRED, sender=sender))
