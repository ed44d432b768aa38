"""A customer's sessions with the platform: started, seen through to a live preview, and ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from acceptance.capabilities import Capability
from acceptance.drivers.ecs import EcsServicesState, Task
from acceptance.drivers.http import Answer
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_api import ListedSession
from acceptance.drivers.session_table import SessionRecord
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.timeline import WAKING, Stage, Timeline, follow
from acceptance.matchers.answers import asleep, ended_otherwise, has_status, is_live
from acceptance.matchers.groups import none_open
from acceptance.matchers.tasks import counts_none, none_counted, none_queued, that_many
from acceptance.waiting.errors import NoData, Unreachable
from acceptance.waiting.expect import expect
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.observed import Observed
from acceptance.waiting.sampler import Recorder
from acceptance.waiting.waits import ClaimFailed, stays, wait_until


class CustomerSessions:
    """Starts and ends sessions on one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def start(
        self,
        customer: Customer,
        instruction: str,
        *,
        thread_id: str | None = None,
    ) -> CustomerSession:
        """Ask for a session; returns as soon as the API has answered."""
        timeline, asked_at = Timeline(), datetime.now(UTC)
        timeline.mark(Stage.ASKED)
        session = self._platform.sessions.activate(
            customer.client_id,
            customer.user_id,
            instruction,
            thread_id=thread_id,
        )
        return CustomerSession(customer, session, asked_at, timeline, [instruction], self._platform)

    def until_live(self, session: CustomerSession) -> timedelta:
        """Wait until the session is active, its page served and a browser connected; the time since it was asked for.

        The browser stays open in `session.browsers`. What was seen once is looked at again (`until_served`) after the
        time is taken, and so is the record.

        Raises:
            NotInTime: not live within the patience. NeverWill: the session ended.
        """
        with self._followed(session):
            try:
                took = self.until_connected(session)
            except ClaimFailed as late:
                raise type(late)(f"{late}{self._stalled(session)}") from None
        self.until_served(session)
        return took

    def _stalled(self, session: CustomerSession) -> str:
        """At which stage a wake-up stands, and the last that the part whose turn it is has said about that."""
        stage = session.timeline.missing()
        if stage is None:
            return ""
        part = WAKING[stage]
        error = self._platform.logs.last_error(part, session.asked_at)
        said = f"the last error in its log: {error[:300]}" if error else "no error in its log"
        return f"\n  missing: {stage!s}, which is the part of {part}; {said}\n  {session.timeline}"

    def _followed(self, session: CustomerSession) -> Recorder[tuple[Stage, ...]]:
        """See `timeline.follow`. Its looks are dear and no claim waits for them: half as many as in a wait."""
        every = 2 * self._platform.profile.patience.poll
        return follow(session.timeline, session.session_id, self._platform, every)

    def until_connected(self, session: CustomerSession) -> timedelta:
        """Up to the first page and the browser, without a recorder of the control plane: for many sessions at once."""
        platform, patience = self._platform, self._platform.profile.patience
        self.until(session, "active")
        wait_until(
            lambda deadline: platform.preview.get(session.preview_url, deadline=deadline),
            is_live(),
            what=f"preview of {session}",
            within=patience.wake,
            every=patience.poll,
            transient=(Unreachable,),
        )
        session.timeline.mark(Stage.FIRST_200)
        self.open_browser(session)
        session.timeline.mark(Stage.HMR_CONNECTED)
        return session.timeline.since_asked(Stage.HMR_CONNECTED)

    def until_served(self, session: CustomerSession) -> None:
        """Wait until visitors are served, as many in a row as it takes to call it so: see `IN_A_ROW`."""
        session.home_page.becomes(is_live(), within=self._platform.profile.patience.request)

    def open_browser(self, session: CustomerSession, *, real: bool = False) -> OpenPage:
        """Open the preview's home page as a browser does, or in a real one, and keep it open."""
        session.browsers.append(self._platform.open_page(session.preview_url, real=real))
        return session.browser

    def come_with_browser(self, session: CustomerSession, url: str) -> Answer:
        """Open a page in a real browser, whatever it is; what the first request for it was answered with."""
        page = self._platform.browser.open(
            url, within=self._platform.profile.patience.request, connected=False
        )
        session.browsers.append(page)
        return page.answer

    def until(self, session: CustomerSession, status: str, within: timedelta | None = None) -> SessionRecord:
        """Wait until the session has a status; NeverWill at once if it ends otherwise."""
        found = session.on_record.becomes(has_status(status), within=within, fatal=ended_otherwise(status))
        return found or session.record

    def until_ended(self, session: CustomerSession, status: str) -> SessionRecord:
        """Wait until a session has ended so, as long as that may take; NeverWill at once if it ends otherwise."""
        patience = self._platform.profile.patience
        within = {"inactive": patience.session_end, "expired": self.expire_within()}
        return self.until(session, status, within.get(status, patience.wake))

    def expire_within(self) -> timedelta:
        """How long to look for a session that is left alone to expire: its idle time and the patience for an end."""
        return self._platform.profile.timing.idle_timeout + self._platform.profile.patience.session_end

    def until_asleep(self) -> EcsServicesState:
        """Wait until nothing runs and nothing is wanted; NotInTime tells what does."""
        profile = self._platform.profile
        within = 2 * profile.timing.idle_timeout + profile.patience.scale_to_zero
        every = profile.patience.poll
        # One call a look instead of four: while a service counts tasks, which ones they are makes no difference.
        fleet = self._platform.fleet
        wait_until(fleet.all_counts, none_counted(), what="the platform", within=within, every=every)
        return wait_until(fleet.state, asleep(), what="the platform", within=within, every=every)

    def put_to_sleep(self) -> EcsServicesState:
        """Have nothing run, for what begins from there; NotInTime tells what does.

        Edit goes to zero by itself. Hermes would stay for one more idle time (five minutes on AWS), doing nothing: it
        is stopped as an operator would. That it goes by itself is for `until_asleep` to see.
        """
        platform, profile = self._platform, self._platform.profile
        within, every = profile.timing.idle_timeout + profile.patience.scale_to_zero, profile.patience.poll
        edit = partial(platform.fleet.counts, "edit")
        wait_until(edit, counts_none("edit"), what="service edit", within=within, every=every)
        if profile.offers(Capability.QUEUE_DEPTH):
            commands = platform.records.commands
            wait_until(commands, none_queued(), what="the command queue", within=within, every=every)
        else:
            # What waits in a queue that nobody may look into belongs to a session that has not ended.
            wait_until(platform.records.open, none_open(), what="the sessions", within=within, every=every)
        if platform.fleet.counts("hermes").desired:
            platform.fleet.scale("hermes", 0)
        return self.until_asleep()

    def stay_asleep(self, during: timedelta) -> EcsServicesState:
        """Look for a while at whether anything runs or is wanted; DidNotStay tells what."""
        fleet = self._platform.fleet
        stays(fleet.all_counts, none_counted(), what="the platform", during=during)
        return expect(fleet.state(), asleep(), "the platform")

    def until_no_tasks(self, role: str) -> datetime:
        """Wait until a service has no task and wants none; the moment at which its last task was gone."""
        profile = self._platform.profile
        fleet, within = self._platform.fleet, 2 * profile.timing.idle_timeout + profile.patience.scale_to_zero
        what, every = f"service {role}", profile.patience.poll
        wait_until(lambda: fleet.counts(role), counts_none(role), what=what, within=within, every=every)
        wait_until(lambda: fleet.tasks(role), that_many(0, role), what=what, within=within, every=every)
        stopped = [task.stopped_at for task in fleet.history(role) if task.stopped_at]
        if not stopped:
            raise NoData(
                f"service {role}: ECS knows no stopped task, so nothing can be said about when it ended"
            )
        return max(stopped)

    def until_on_record(self, customer: Customer, beside: int = 0) -> SessionRecord:
        """Wait until a customer has a session on record beside so many that are known; the latest."""
        wait_until(
            lambda: self._platform.records.count(customer.client_id),
            DescribedMatcher[int](
                f"one on record, beside {beside} that are known" if beside else "one on record",
                lambda found: found > beside,
                lambda found: f"{found} on record",
            ),
            what=f"sessions of {customer}",
            within=self._platform.profile.patience.mail,
            every=self._platform.profile.patience.poll,
        )
        return self._platform.records.all_of_client(customer.client_id)[-1]

    def stay_on_record(self, client_id: str, count: int) -> None:
        """Wait until a client has exactly so many sessions, on record and in the list that it is shown; then look for a
        while whether it has more.

        The list comes from an index, where a session moves as its status changes: read in pages it may lack one.
        """
        platform, patience = self._platform, self._platform.profile.patience
        both = DescribedMatcher[tuple[int, int]](
            f"{count} on record, and {count} in the list that the client is shown",
            lambda seen: seen == (count, count),
            lambda seen: f"{seen[0]} on record, {seen[1]} in the list",
        )

        def look() -> tuple[int, int]:
            return platform.records.count(client_id), len(platform.sessions.of_client(client_id))

        sessions = Observed(f"sessions of {client_id}", look, patience.record, patience.poll)
        sessions.becomes(both)
        no_more = DescribedMatcher[tuple[int, int]](
            f"{count} on record, and no more than that in the list that the client is shown",
            lambda seen: seen[0] == count >= seen[1],
            lambda seen: f"{seen[0]} on record, {seen[1]} in the list",
        )
        sessions.stays(no_more, during=patience.quiet_window)

    def records_of(self, client_id: str) -> Observed[Sequence[SessionRecord]]:
        """A client's sessions on record, as they end."""
        look = partial(self._platform.records.of_client, client_id)
        patience = self._platform.profile.patience
        return Observed(f"sessions of client {client_id}", look, patience.session_end, patience.poll)

    def listed(self, client_id: str) -> Observed[Sequence[ListedSession]]:
        """What a client is shown, as soon as the index that lists it has it."""
        look = partial(self._platform.sessions.of_client, client_id)
        return Observed(f"list of client {client_id}", look, self._platform.profile.patience.record)

    def tasks(self, role: str) -> Observed[Sequence[Task]]:
        """All tasks of a service that ECS knows, stopped ones included, while one replaces another."""
        look = partial(self._platform.fleet.history, role)
        return Observed(f"{role} tasks", look, self._platform.profile.patience.recovery)

    def end(self, sessions: Sequence[CustomerSession]) -> None:
        """Close the browsers, end the sessions and wait until they have ended."""
        for session in sessions:
            # All at once: where they can only be left to expire, their idle times overlap.
            self._platform.attendance.leave(session.session_id)
            for browser in session.browsers:
                browser.close()
        for session in sessions:
            self.end_all_of(session.customer.client_id)

    def end_all_of(self, client_id: str) -> None:
        """End every session of a client and wait until the last has ended; none is no error.

        The table itself is read, and not its index: a session that was begun a moment ago would be missed there, and
        so be neither ended nor left alone. A deployment that takes no end is left alone until its idle time has ended
        them.
        """
        platform, profile = self._platform, self._platform.profile
        patience, told = profile.patience, profile.offers(Capability.DEACTIVATE)
        for record in platform.records.all_of_client(client_id):
            platform.attendance.leave(record.session_id)
            if told and not record.ended and not record.planted:
                platform.sessions.request("POST", f"/api/sessions/{record.session_id}/deactivate")

        def all_of_them() -> Sequence[SessionRecord]:
            return platform.records.all_of_client(client_id)

        within = patience.session_end if told else patience.wake + self.expire_within()
        Observed(f"sessions of client {client_id}", all_of_them, within, patience.poll).becomes(none_open())
