"""The end of a session that is left alone: when it began, in the platform's own time, by looks from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hamcrest.core.matcher import Matcher

from acceptance.drivers.session_table import ENDED, SessionRecord
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.sampler import Recorder

LATEST = 4 / 3
"""Idle times after its last activity by which a session's end has begun (contract, "Scaling and idling")."""


@dataclass(frozen=True)
class StatusLook:
    """A look at a session's status, between these two moments of our clock."""

    asked_at: datetime
    seen_at: datetime
    status: str | None


@dataclass(frozen=True)
class Expiry:
    """A session that expired: when our clock saw it asked for, its record, and the looks at its status until then.

    `taken_over`: by a Hermes that was started after the session was active.
    """

    asked_at: datetime
    record: SessionRecord
    looks: tuple[StatusLook, ...]
    taken_over: bool = False

    @property
    def idle_for(self) -> tuple[timedelta, timedelta]:
        """For how long it had been without activity when its end began: at least, and at most.

        A record does not say when a session began to drain, and its `endedAt` is that of another moment. What we saw at
        our times is held against the platform's by the two moments that both clocks know: it was created after it was
        asked for, and it had ended before that was seen.

        Raises:
            NoData: the record lacks a time, or the session was not seen active, or not seen to end.
        """
        created, active, ended = self.record.created_at, self.record.last_activity_at, self.record.ended_at
        if created is None or active is None or ended is None:
            raise NoData(f"the record has createdAt {created}, lastActivityAt {active} and endedAt {ended}")
        still = [look for look in self.looks if look.status == "active"][-1:]
        gone = [look for look in self.looks if look.status != "active"][:1]
        over = [look for look in self.looks if look.status in ENDED][:1]
        if not still or not over:
            raise NoData("the session was not seen both active and ended, so nobody knows when its end began")
        at_least = ended - (over[0].seen_at - still[0].asked_at) - active
        at_most = gone[0].seen_at + (created - self.asked_at) - active
        return at_least, at_most


def until_expired(sessions: CustomerSessions, session: CustomerSession) -> Expiry:
    """Watch a session that is left alone until it has expired; raises as `CustomerSessions.until_ended` does."""
    looks: list[StatusLook] = []

    def look() -> str | None:
        asked_at = datetime.now(UTC)
        status = session.record.status
        looks.append(StatusLook(asked_at, datetime.now(UTC), status))
        return status

    every = session.platform.profile.patience.poll / 4
    with Recorder(look, what=f"status of {session}", every=every):
        record = sessions.until_ended(session, "expired")
    started = record.started_at
    since = [task for task in session.platform.fleet.history("hermes") if _after(task.created_at, started)]
    return Expiry(session.asked_at, record, tuple(looks), taken_over=bool(since))


def _after(moment: datetime | None, other: datetime | None) -> bool:
    return moment is not None and other is not None and moment > other


def expired_in_time(idle: timedelta) -> Matcher[Expiry]:
    """A session whose end began when it had been idle for as long as that, and soon after, unless a Hermes that has
    just taken over let it live on (contract, "Scaling and idling").
    """
    latest = idle * LATEST

    def holds(seen: Expiry) -> bool:
        at_least, at_most = seen.idle_for
        return idle <= at_most and (at_least <= latest or seen.taken_over)

    def told(seen: Expiry) -> str:
        at_least, at_most = (span.total_seconds() for span in seen.idle_for)
        return (
            f"began {at_least:.2f} to {at_most:.2f} s after the last activity, {seen.record.last_activity_at}"
        )

    return DescribedMatcher(
        f"an end that began {idle.total_seconds():g} to {latest.total_seconds():g} s after the last activity",
        holds,
        told,
    )
