"""When the end of a session began, told from looks at it: neither our clock nor the platform's need be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.session_table import SessionRecord, _record
from acceptance.journeys.session_end import Expiry, StatusLook, expired_in_time
from acceptance.waiting.errors import NoData

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
IDLE = timedelta(seconds=3)


def at(seconds: float) -> datetime:
    """A moment by the platform's clock: the session was last active at noon."""
    return NOON + timedelta(seconds=seconds)


def record(ended_s: float | None) -> SessionRecord:
    """Created a minute before noon, a tenth of a second after it was asked for."""
    times = {
        "createdAt": at(-60),
        "lastActivityAt": at(0),
        "endedAt": None if ended_s is None else at(ended_s),
    }
    item = {name: {"S": time.isoformat()} for name, time in times.items() if time}
    return _record({"sessionId": {"S": "s"}, "userId": {"S": "u"}, "status": {"S": "expired"}, **item})


def seen(
    began_s: float, *, drains_s: float = 1.0, ahead_s: float = 0.0, every_s: float = 0.05, last_s: float = 9.0
) -> Expiry:
    """A session whose end began so long after noon, looked at by a clock that is so far ahead of the platform's."""
    looks = []
    for number in range(round(last_s / every_s)):
        moment = number * every_s
        status = "active" if moment < began_s else "draining" if moment < began_s + drains_s else "expired"
        looks.append(StatusLook(at(moment + ahead_s), at(moment + ahead_s + 0.01), status))
    return Expiry(at(-60.1 + ahead_s), record(began_s + drains_s), tuple(looks))


@pytest.mark.parametrize("ahead_s", [-400.0, 0.0, 400.0])
@pytest.mark.parametrize("drains_s", [0.0, 1.0, 2.5])
@pytest.mark.parametrize(
    ("began_s", "fits"), [(1.9, False), (2.8, False), (3.01, True), (3.9, True), (4.2, False)]
)
def test_an_end_begins_after_the_idle_time_and_soon_after(
    began_s: float, fits: bool, drains_s: float, ahead_s: float
) -> None:
    ending = seen(began_s, drains_s=drains_s, ahead_s=ahead_s)
    at_least, at_most = ending.idle_for
    assert at_least <= timedelta(seconds=began_s) <= at_most
    assert expired_in_time(IDLE).matches(ending) is fits


@pytest.mark.parametrize(("began_s", "fits"), [(2.8, False), (3.9, True), (8.0, True)])
def test_a_hermes_that_has_taken_over_may_end_it_later_and_not_before(began_s: float, fits: bool) -> None:
    ending = replace(seen(began_s, last_s=12.0), taken_over=True)
    assert expired_in_time(IDLE).matches(ending) is fits


def test_an_end_that_began_at_another_time_is_told_with_its_bounds() -> None:
    said = StringDescription()
    expired_in_time(IDLE).describe_mismatch(seen(2.0), said)
    assert str(said) == "began 1.94 to 2.11 s after the last activity, 2026-01-01 12:00:00+00:00"


def test_looks_far_apart_accuse_nobody() -> None:
    assert expired_in_time(IDLE).matches(seen(2.9, every_s=1.0))
    assert expired_in_time(IDLE).matches(seen(4.1, every_s=1.0))


@pytest.mark.parametrize("kept", [slice(0, 50), slice(100, None), slice(0, 0)])
def test_who_did_not_see_it_go_from_active_to_ended_knows_nothing(kept: slice) -> None:
    looks: Sequence[StatusLook] = seen(3.0).looks[kept]
    with pytest.raises(NoData, match="nobody knows when its end began"):
        expired_in_time(IDLE).matches(Expiry(at(-60), record(4.0), tuple(looks)))


def test_a_record_without_its_times_proves_nothing() -> None:
    with pytest.raises(NoData, match="endedAt None"):
        expired_in_time(IDLE).matches(Expiry(at(-60), record(None), seen(3.0).looks))
