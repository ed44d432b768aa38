"""What the scenarios of one feature share because none of them changes it: a wake-up, live sessions, ended ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from acceptance.capabilities import Capability
from acceptance.drivers.ecs import Task
from acceptance.drivers.http import Answer
from acceptance.drivers.platform import Platform
from acceptance.drivers.preview import Readiness
from acceptance.drivers.session_table import SessionRecord
from acceptance.journeys.customer_group import Crowd, until_all_live
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.idle_watch import OneThingEach, kinds_sent, watch_one_thing_each
from acceptance.waiting.errors import UnknownSession, Unreachable
from acceptance.waiting.sampler import Recorder, Sample

NEARBY = ("/api/health", "/hermes/health")
"""Paths asked all the while a wake-up is watched, beside the preview's own: each leads to another service."""


@dataclass(frozen=True)
class WakeUp:
    """A wake-up from nothing as it was seen from the request to the live preview.

    `pages` are the answers at the preview's address, `readiness` what status call and health page said, each with what
    a visitor got right after it; `nearby` are those at `NEARBY`, `statuses` the session's states in order; `record`,
    `health` and the tasks are as they were once the preview was live.
    """

    session: CustomerSession
    pages: tuple[Sample[Answer], ...]
    readiness: tuple[Sample[Readiness], ...]
    nearby: tuple[Sample[Answer], ...]
    statuses: tuple[str, ...]
    record: SessionRecord
    health: Answer
    hermes_tasks: tuple[Task, ...]
    edit_tasks: tuple[Task, ...]

    @property
    def answers(self) -> tuple[Sample[Answer], ...]:
        """Every answer that came through the load balancer meanwhile."""
        return (*self.pages, *self.nearby)


class Shared:
    """Made when a scenario first asks for it, dismissed with the feature at the latest."""

    def __init__(
        self, platform: Platform, new_client: Callable[[], str], tell: Callable[[CustomerSession], None]
    ) -> None:
        """`tell` is handed every session as often as somebody asks for it: for evidence and report."""
        self._platform = platform
        self._new_client = new_client
        self._tell = tell
        self._sessions = CustomerSessions(platform)
        self._wake_up: WakeUp | None = None
        self._one_thing_each: OneThingEach | None = None
        self._session: CustomerSession | None = None
        self._neighbours: tuple[CustomerSession, ...] = ()
        self._endings: Mapping[str, CustomerSession] | None = None

    def wake_up(self) -> WakeUp:
        """A wake-up watched from the request to the live preview; the session it was watched on has ended since."""
        if self._wake_up is None:
            self.dismiss()
            self._sessions.put_to_sleep()
            self._wake_up = self._watch()
        self._tell(self._wake_up.session)
        return self._wake_up

    def one_thing_each(self) -> OneThingEach:
        """Customers who did one thing each for twice the idle time, watched; their sessions have ended since."""
        if self._one_thing_each is None:
            self.dismiss()
            self._one_thing_each = self._watch_one_thing_each()
        self._told(self._one_thing_each.sessions)
        return self._one_thing_each

    def session(self) -> CustomerSession:
        """A live session that is kept awake; another one where that did not succeed."""
        if self._session is not None and self._platform.attendance.lapse(self._session.session_id):
            self.dismiss()
        if self._session is None:
            self._session = self._sessions.start(self._customer(), 'Change the heading to "Good day"')
            self._platform.attendance.attend(self._session.session_id)
            self._sessions.until_live(self._session)
        self._tell(self._session)
        return self._session

    def endings(self) -> Mapping[str, CustomerSession]:
        """Sessions that have ended, by how; see `endings.make_endings`."""
        if self._endings is None:
            self._endings = make_endings(self._platform, self._customer(), self._customer())
        self._told(self._endings.values())
        return self._endings

    def start_neighbours(self, count: int) -> tuple[CustomerSession, ...]:
        """Have customers of one client start at the same moment; they are kept awake until somebody dismisses them."""
        self.dismiss()
        self._neighbours = Crowd(self._platform, self._new_client()).start(count)
        for session in self._neighbours:
            self._platform.attendance.attend(session.session_id)
        return self._told(self._neighbours)

    def neighbours(self, count: int) -> tuple[CustomerSession, ...]:
        """So many customers of one client with a live preview each, open in a browser, for others to disturb.

        They are those who were started last, unless there are not so many or one of them has been disturbed.
        """
        undisturbed = all(session.browsers and session.browser.is_open for session in self._neighbours)
        if len(self._neighbours) != count or not undisturbed:
            until_all_live(self._platform, self.start_neighbours(count))
        return self._told(self._neighbours)

    def give_away_neighbours(self) -> tuple[CustomerSession, ...]:
        """The neighbours, for a scenario that changes them and ends them itself; the next one gets others."""
        neighbours, self._neighbours = self._neighbours, ()
        return neighbours

    def dismiss(self) -> None:
        """End the shared sessions, so that the platform may fall asleep; what was watched stays known."""
        session, self._session = self._session, None
        self._sessions.end([*([session] if session else []), *self.give_away_neighbours()])

    def forget(self) -> None:
        """Dismiss the sessions and forget what was watched and what ended: the next feature sees for itself."""
        self._wake_up = None
        self._one_thing_each = None
        self._endings = None
        self.dismiss()

    def _told(self, sessions: Iterable[CustomerSession]) -> tuple[CustomerSession, ...]:
        found = tuple(sessions)
        for session in found:
            self._tell(session)
        return found

    def _customer(self) -> Customer:
        return Customer(self._new_client(), self._platform.mailbox.customer("shared"))

    def _watch(self) -> WakeUp:
        platform, sessions, every = self._platform, self._sessions, self._platform.profile.patience.poll
        nearby = [_asking(platform, path, every) for path in NEARBY]
        customer = self._customer()
        session: CustomerSession | None = None
        for recorder in nearby:
            recorder.start()
        try:
            session = sessions.start(customer, 'Change the heading to "Watched"')
            statuses = Recorder(lambda: self._status(session), what=f"status of {session}", every=every)
            readiness = Recorder(
                lambda: platform.preview.readiness(
                    session.preview_url, platform.sessions.status(session.session_id).status
                ),
                what=f"status and health of {session}",
                every=every / 4,
                transient=(Unreachable, UnknownSession),
            )
            with statuses, readiness, platform.preview.recorder(session.preview_url, every) as pages:
                sessions.until_live(session)
            return WakeUp(
                session=session,
                pages=pages.samples,
                readiness=readiness.samples,
                nearby=tuple(sample for recorder in nearby for sample in recorder.stop()),
                statuses=tuple(sample.value for sample in statuses.changes),
                record=platform.records.get(session.session_id),
                health=platform.preview.health(session.preview_url),
                hermes_tasks=_since(session, platform.fleet.history("hermes")),
                edit_tasks=_since(session, platform.fleet.history("edit")),
            )
        finally:
            for recorder in nearby:
                recorder.stop()
            sessions.end([session] if session else [])

    def _watch_one_thing_each(self) -> OneThingEach:
        sessions: list[CustomerSession] = []
        attendance = self._platform.attendance
        try:
            for _ in range(len(kinds_sent(self._platform.profile)) + 1):
                sessions.append(
                    self._sessions.start(self._customer(), 'Change the heading to "Good morning"')
                )
                attendance.attend(sessions[-1].session_id)
            until_all_live(self._platform, sessions)
            for session in sessions:
                attendance.leave(session.session_id)
            return watch_one_thing_each(self._platform, sessions)
        finally:
            self._sessions.end(sessions)

    def _status(self, session: CustomerSession | None) -> str:
        record = self._platform.records.find(session.session_id) if session else None
        return "no record" if record is None else str(record.status)


def _asking(platform: Platform, path: str, every: timedelta) -> Recorder[Answer]:
    return Recorder(lambda: platform.web.get(path), what=f"GET {path}", every=every, transient=(Unreachable,))


def _since(session: CustomerSession, tasks: tuple[Task, ...]) -> tuple[Task, ...]:
    return tuple(
        task for task in tasks if task.created_at is not None and task.created_at >= session.asked_at
    )


ENDED, EXPIRED = "ended", "expired"


def make_endings(platform: Platform, customer: Customer, other: Customer) -> Mapping[str, CustomerSession]:
    """One session that its customer ended, and one that the other left alone until it expired.

    The first is missing where the deployment takes no end. Returns once nothing of them is left; the platform sleeps
    then, unless others are awake.

    Raises:
        NotInTime, NeverWill: one did not end as it should.
    """
    sessions = CustomerSessions(platform)
    instruction = 'Change the heading to "Soon over"'
    endings: dict[str, CustomerSession] = {}
    if platform.profile.offers(Capability.DEACTIVATE):
        endings[ENDED] = sessions.start(customer, instruction)
    endings[EXPIRED] = sessions.start(other, instruction)
    if ENDED in endings:
        platform.sessions.deactivate(endings[ENDED].session_id)
        sessions.until(endings[ENDED], "inactive")
    within = platform.profile.patience.wake + sessions.expire_within()
    sessions.until(endings[EXPIRED], "expired", within)
    return MappingProxyType(endings)
