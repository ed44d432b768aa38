"""What the steps of one scenario share: typed, empty at the start, and loud when read too early."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex

from acceptance.drivers.ecs import Task
from acceptance.drivers.http import Answer
from acceptance.drivers.mailbox import Received
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.platform import Platform
from acceptance.drivers.preview import Loaded
from acceptance.drivers.session_table import Redrive, SessionRecord
from acceptance.journeys.bystanders import BystanderWatches
from acceptance.journeys.customer_group import Crowd
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.idle_watch import OneThingEach
from acceptance.journeys.mail_thread import MailThread
from acceptance.journeys.workspace_state import Snapshot
from acceptance.run.evidence import Exhibit
from acceptance.run.known import Known
from acceptance.run.run import Run
from acceptance.strangers.forwarded_request import Arrival
from acceptance.strangers.secret_file import Secret
from acceptance.strangers.update_sockets import Echo
from acceptance.waiting.errors import NotObserved
from acceptance.waiting.sampler import Sample


class Group:
    """Customers at work at the same time, those who are watched over, and what was left after each one's end."""

    sessions = Known[tuple[CustomerSession, ...]]("group of customers")
    watches = Known[BystanderWatches]("customers who are watched over")
    tasks_left = Known[tuple[int, ...]]("sessions that ended one after the other")


class Asked:
    """The last request: when it was made, what was answered, and a session's record before and after it."""

    at = Known[datetime]("request")
    answer = Known[Answer]("answer")
    answers = Known[tuple[Answer, ...]]("requests of which each was answered")
    by_session = Known[tuple[tuple[str, Answer], ...]]("round of questions to sessions")
    record = Known[tuple[SessionRecord, SessionRecord]]("record before and after a request")
    loaded = Known[tuple[Loaded, ...]]("page that was followed to the end")
    arrival = Known[Arrival]("traced request")
    certificate = Known[str]("visit under a name")


class World:
    """One scenario, by its name. `add_cleanup` registers what must be undone when it ends, last in, first out."""

    session = Known[CustomerSession]("session")
    customer = Known[Customer]("customer")
    client_id = Known[str]("client")
    owner = Known[CustomerSession]("owner of a workspace")
    secret = Known[Secret]("secret")
    copy = Known[Snapshot]("copy of a workspace")
    mail = Known[MailThread]("mail that was sent")
    task = Known[Task]("task that served the session before")
    befell = Known[datetime]("accident")
    hermes = Known[Sequence[Task]]("Hermes tasks before an accident")
    redrive = Known[Redrive]("look at the command queue")
    outdated = Known[SessionRecord]("outdated record")
    states = Known[Callable[[], Sequence[Sample[str | None]]]]("session whose states are followed")
    one_thing_each = Known[OneThingEach]("customers who did one thing each")
    echo = Known[Echo]("message that was sent")

    def __init__(self, run: Run, scenario: str, add_cleanup: Callable[[Callable[[], None]], None]) -> None:
        self.run = run
        self.scenario = scenario
        run.begin_scenario(scenario)
        self.platform: Platform = run.platform
        self.sessions = CustomerSessions(run.platform)
        self.group = Group()
        self.asked = Asked()
        self.began_at = datetime.now(UTC)
        self.unseen: NotObserved | None = None
        self.all_sessions: list[CustomerSession] = []
        self._owned: set[str] = set()
        self._mailed = False
        self._add_cleanup = add_cleanup

    def new_customer(self, name: str = "anna", client_id: str | None = None) -> Customer:
        """A customer nobody has met before, with an inbox and, unless one is named, a client of her own."""
        self.client_id = client_id or self.run.new_client()
        self.customer = Customer(self.client_id, self.platform.mailbox.customer(f"{name}-{token_hex(3)}"))
        return self.customer

    def named_customer(self, user_id: str, client_id: str) -> Customer:
        """One of the request's customers by name, with the workspace of somebody nobody has met before.

        Every run has to use the name, so that what an earlier one left is put away first, and its own afterwards.
        """
        customer = Customer(client_id, self.platform.mailbox.reached(user_id))
        if client_id not in self._owned:
            put_away = partial(self.platform.workspaces.put_away, client_id)
            self._add_cleanup(put_away)
            put_away()
        return customer

    def new_crowd(self) -> Crowd:
        """The customers of a new client; whatever sessions they start end with the scenario."""
        self.client_id = self.run.new_client()
        self._end_with_scenario(self.client_id)
        return Crowd(self.platform, self.client_id)

    def start(self, customer: Customer, instruction: str, *, thread_id: str | None = None) -> CustomerSession:
        """Start a session of a customer who stays at work until told otherwise; it ends with the scenario."""
        self._end_with_scenario(customer.client_id)
        self.asked.at = datetime.now(UTC)
        return self.own(self.sessions.start(customer, instruction, thread_id=thread_id))

    def start_live(
        self, customer: Customer, instruction: str, *, thread_id: str | None = None
    ) -> CustomerSession:
        """Start a session and wait until it is live."""
        session = self.start(customer, instruction, thread_id=thread_id)
        self.until_live(session)
        return session

    def until_live(self, session: CustomerSession) -> None:
        """Wait until a session is live; the browser that saw it is closed again."""
        self.sessions.until_live(session)
        session.browsers.pop().close()

    def send_mail(
        self,
        customer: Customer,
        instruction: str,
        *,
        oddity: str | None = None,
        reply_to: Received | None = None,
    ) -> None:
        """Mail an instruction to the client's address; the session it begins ends with the scenario."""
        self._end_with_scenario(customer.client_id)
        self.mail = MailThread(self.platform, customer, instruction, oddity=oddity, reply_to=reply_to)
        self._mailed = True

    def asked_for(self) -> CustomerSession:
        """The session asked for last, by a request or a mail, owned from then on; NotInTime if a mail began none."""
        if self._mailed:
            known = sum(session.customer == self.customer for session in self.all_sessions)
            self.own(self.mail.session(beside=known))
            self._mailed = False
        return self.session

    def own(self, session: CustomerSession) -> CustomerSession:
        """Make a session the one at hand, attended until the scenario ends it."""
        self._end_with_scenario(session.customer.client_id)
        self.platform.attendance.attend(session.session_id)
        return self._at_hand(session)

    def borrow(self, session: CustomerSession) -> CustomerSession:
        """Make a session that outlives the scenario the one at hand; its browsers are the scenario's own."""
        return self._at_hand(replace(session, browsers=[], marks=[]))

    def _at_hand(self, session: CustomerSession) -> CustomerSession:
        self.session, self.customer = session, session.customer
        self.all_sessions.append(session)
        self.run.tell_of(session)
        return session

    def _end_with_scenario(self, client_id: str) -> None:
        """Promise that all sessions of a client are ended with the scenario; before they are started."""
        if client_id not in self._owned:
            self._owned.add(client_id)
            self._add_cleanup(partial(self._end, client_id))

    def _end(self, client_id: str) -> None:
        # Nobody is kept awake any more: where sessions can only be left to expire, their idle times overlap.
        for session in self.all_sessions:
            if session.customer.client_id in self._owned:
                self.leave(session)
        self.sessions.end_all_of(client_id)

    def watch_over(self, sessions: Iterable[CustomerSession]) -> None:
        """Watch over sessions with open browsers, until the scenario asks what was seen, or ends."""
        self.group.watches = BystanderWatches(sessions)
        self._add_cleanup(self.group.watches.abandon)
        self.group.watches.start()

    def leave(self, session: CustomerSession) -> None:
        """Do nothing any more for a session, as a customer who walked away; open browsers stay open."""
        self.platform.attendance.leave(session.session_id)

    def undo_later(self, undo: Callable[[], object]) -> None:
        """Run `undo` when the scenario ends."""

        def cleanup() -> None:
            undo()

        self._add_cleanup(cleanup)

    def leave_evidence(self, message: str) -> tuple[Exhibit, ...]:
        """Write down what the platform looks like now."""
        concerned = self._concerned()
        return self.run.evidence.collect(
            self.scenario,
            since=self.began_at,
            message=message,
            sessions={session.session_id: session.timeline for session in concerned},
            sockets=_open_in(concerned),
        )

    def leave_screenshots(self) -> Iterator[tuple[str, bytes]]:
        """Take pictures of what real browsers show now; yields the title of each, and it as PNG."""
        yield from self.run.evidence.screenshots(self.scenario, _open_in(self._concerned()))

    def _concerned(self) -> list[CustomerSession]:
        return [*self.run.witnessed.values(), *self.all_sessions]

    def close(self) -> None:
        """Close every browser that is still open."""
        for session in self.all_sessions:
            for browser in session.browsers:
                browser.close()


def _open_in(sessions: Iterable[CustomerSession]) -> tuple[OpenPage, ...]:
    """Each browser once: a session may be told of twice."""
    return tuple({id(browser): browser for session in sessions for browser in session.browsers}.values())
