"""What the steps of one scenario share: typed, empty at the start, and loud when read too early."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from typing import Generic, Self, TypeVar, overload

from acceptance.drivers.ecs import Task
from acceptance.drivers.hmr import HmrSocket
from acceptance.drivers.http import Answer
from acceptance.drivers.mailbox import Letter, Received, Sent
from acceptance.drivers.platform import Platform
from acceptance.drivers.preview import Loaded
from acceptance.drivers.session_api import Activation
from acceptance.drivers.session_table import SessionRecord
from acceptance.drivers.workspace import Manifest
from acceptance.journeys.bystanders import BystanderObservations, BystanderWatches
from acceptance.journeys.customer_group import Crowd
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.forwarded_request import Arrival
from acceptance.journeys.further_edits import Edit
from acceptance.journeys.idle_watch import OneThingEach
from acceptance.journeys.odd_mail import odd
from acceptance.journeys.path_traversal import Secret
from acceptance.journeys.timeline import Stage, Timeline
from acceptance.journeys.workspace_state import Snapshot
from acceptance.run.evidence import Exhibit
from acceptance.run.suite import Suite
from acceptance.waiting.errors import NotObserved
from acceptance.waiting.sampler import Recorder, Sample

T = TypeVar("T")


class Known(Generic[T]):
    """An attribute that one step sets and later ones read; reading it before names the step that is missing."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __set_name__(self, _owner: type, name: str) -> None:
        self._key = f"_known_{name}"

    @overload
    def __get__(self, world: None, _owner: type) -> Self: ...
    @overload
    def __get__(self, world: object, _owner: type) -> T: ...
    def __get__(self, world: object | None, _owner: type) -> T | Self:
        if world is None:
            return self
        try:
            found: T = vars(world)[self._key]
        except KeyError:
            raise LookupError(
                f"this scenario has no {self._what} yet: an earlier step must bring one"
            ) from None
        return found

    def __set__(self, world: object, value: T) -> None:
        vars(world)[self._key] = value


class World:
    """One scenario, by its name. `add_cleanup` registers what must be undone when it ends, last in, first out."""

    session = Known[CustomerSession]("session")
    customer = Known[Customer]("customer")
    answer = Known[Answer]("answer")
    mailed = Known[Sent]("mail that was sent")
    asked_at = Known[datetime]("request")
    manifest = Known[Manifest]("remembered file")
    crowd = Known[tuple[CustomerSession, ...]]("group of customers")
    vigils = Known[BystanderWatches]("customers who are watched over")
    sights = Known[tuple[BystanderObservations, ...]]("customers who were watched over")
    replies = Known[tuple[Answer, ...]]("requests made at once")
    left = Known[tuple[int, ...]]("sessions that ended one after the other")
    client_id = Known[str]("client")
    remembered = Known[Snapshot]("remembered workspace")
    task = Known[Task]("task that was lost")
    owner = Known[CustomerSession]("owner of a workspace")
    secret = Known[Secret]("secret")
    answers = Known[tuple[Answer, ...]]("answers to somebody who pried")
    asked = Known[tuple[tuple[str, Answer], ...]]("round of questions to sessions")
    loaded = Known[tuple[Loaded, ...]]("page that was followed to the end")
    arrival = Known[Arrival]("traced request")
    echo = Known[str]("message that was sent")
    sent_at = Known[int]("message that was sent")
    site_name = Known[str]("name of a site")
    outdated = Known[SessionRecord]("outdated record")
    states = Known[Recorder[str]]("session whose states are followed")
    statuses = Known[tuple[Sample[str | None], ...]]("series of looks at a session")
    one_thing_each = Known[OneThingEach]("customers who did one thing each")
    edits = Known[tuple[Edit, ...]]("edits that an open page was to show")
    noted = Known[tuple[SessionRecord, SessionRecord]]("record before and after a request")

    def __init__(
        self, suite: Suite, scenario: str, add_cleanup: Callable[[Callable[[], None]], None]
    ) -> None:
        self.suite = suite
        self.scenario = scenario
        suite.begin_scenario(scenario)
        self.platform: Platform = suite.platform
        self.sessions = CustomerSessions(suite.platform)
        self.began_at = datetime.now(UTC)
        self.unseen: NotObserved | None = None
        self.all_sessions: list[CustomerSession] = []
        self._add_cleanup = add_cleanup
        self._marks: dict[int, int] = {}

    def new_customer(self, name: str = "anna", client_id: str | None = None) -> Customer:
        """A customer nobody has met before, with an inbox and, unless one is named, a client of her own."""
        client_id = client_id or self.suite.new_client()
        self.customer = Customer(client_id, self.platform.mailbox.customer(f"{name}-{token_hex(3)}"))
        return self.customer

    def start(self, customer: Customer, instruction: str, *, thread_id: str | None = None) -> CustomerSession:
        """Start a session of a customer who stays at work until told otherwise; it ends with the scenario."""
        self.will_end(customer)
        self.asked_at = datetime.now(UTC)
        session = self.sessions.start(customer, instruction, thread_id=thread_id)
        self.adopt(session)
        return session

    def start_crowd(self, count: int) -> None:
        """Have customers of a new client start at the same moment; they stay at work, also for later scenarios."""
        self.asked_at = datetime.now(UTC)
        self.look_at(self.suite.shared.start_neighbours(count))

    def look_at(self, sessions: tuple[CustomerSession, ...]) -> None:
        """Make sessions that outlive the scenario its crowd: part of its evidence, and not ended with it."""
        self.crowd = sessions
        for session in sessions:
            self.suite.tell_of(session)

    def new_crowd(self) -> Crowd:
        """The customers of a new client; whatever sessions they start end with the scenario."""
        self.client_id = client_id = self.suite.new_client()
        self._add_cleanup(lambda: self.sessions.end_all_of(client_id))
        return Crowd(self.platform, client_id)

    def take_over(self, sessions: tuple[CustomerSession, ...]) -> None:
        """Make sessions those of the scenario's crowd, attended; they end with the scenario."""
        for client_id in {session.customer.client_id for session in sessions}:
            self._add_cleanup(partial(self.sessions.end_all_of, client_id))
        self.crowd = sessions
        for session in sessions:
            self.adopt(session)

    def watch_over(self, sessions: Iterable[CustomerSession]) -> None:
        """Watch over sessions with open browsers, until the scenario asks what was seen, or ends."""
        self.vigils = BystanderWatches(self.platform, sessions)
        self._add_cleanup(self.vigils.abandon)
        self.vigils.start()

    def start_live(
        self, customer: Customer, instruction: str, *, thread_id: str | None = None
    ) -> CustomerSession:
        """Start a session and wait until it is live; its first browser is closed again."""
        session = self.start(customer, instruction, thread_id=thread_id)
        self.sessions.until_live(session)
        session.browsers.pop().close()
        return session

    def ask(self, session: CustomerSession, instruction: str) -> None:
        """Send a further instruction; what the open browsers were sent before it is not news."""
        self.manifest = session.workspace.manifest()
        self._marks = {id(browser): browser.mark() for browser in session.browsers}
        session.instructions.append(instruction)
        self.platform.sessions.instruct(session.session_id, instruction)

    def mark_of(self, browser: HmrSocket) -> int:
        """How much a browser had been sent when the last instruction was given."""
        return self._marks.get(id(browser), 0)

    def leave(self, session: CustomerSession) -> None:
        """Do nothing any more for a session, as a customer who walked away; open browsers stay open."""
        self.platform.attendance.leave(session.session_id)

    def mail(
        self,
        customer: Customer,
        instruction: str,
        oddity: str | None = None,
        reply_to: Received | None = None,
    ) -> None:
        """Mail an instruction to the client's address; the session it begins ends with the scenario."""
        self.will_end(customer)
        self.asked_at = datetime.now(UTC)
        self._mailed_as = instruction
        self._mail_timeline = Timeline()
        self._mail_timeline.mark(Stage.ASKED)
        mailbox = self.platform.mailbox
        letter = Letter(
            customer.user_id, mailbox.intake(customer.client_id), "My website", instruction, reply_to
        )
        self.mailed = mailbox.post(letter, odd(oddity, letter)) if oddity else mailbox.send(letter)

    def adopt_mailed_session(self) -> CustomerSession:
        """Make the session that the mail began the one at hand; NotInTime if it began none."""
        known = sum(session.customer == self.customer for session in self.all_sessions)
        record = self.sessions.until_on_record(self.customer, beside=known)
        activation = Activation(
            session_id=record.session_id,
            client_id=self.customer.client_id,
            user_id=record.user_id,
            thread_id=record.thread_id or "",
            status=record.status or "",
            preview_url=record.preview_url or "",
            created_at=record.created_at or self.asked_at,
        )
        session = CustomerSession(
            self.customer,
            activation,
            self.asked_at,
            self._mail_timeline,
            [self._mailed_as],
            self.platform,
        )
        session.timeline.mark(Stage.ON_RECORD)
        self.adopt(session)
        return session

    def adopt(self, session: CustomerSession) -> None:
        """Make a session the one at hand, attended and closed with the scenario."""
        self.session = session
        self.customer = session.customer
        self.all_sessions.append(session)
        self.suite.tell_of(session)
        self.platform.attendance.attend(session.session_id)

    def join(self, session: CustomerSession) -> CustomerSession:
        """Make a session that outlives the scenario the one at hand; its browsers are the scenario's own."""
        self.session = replace(session, browsers=[])
        self.customer = session.customer
        self.all_sessions.append(self.session)
        self.suite.tell_of(session)
        return self.session

    def end_later(self, sessions: Iterable[CustomerSession]) -> None:
        """End sessions that were shared with the scenario."""
        for session in sessions:
            self.will_end(session.customer)

    def plant_outdated(self, session_id: str) -> SessionRecord:
        """A copy of a session's record whose time to live has passed; it goes with the scenario."""
        records = self.platform.records
        planted = records.plant_expired(records.get(session_id), session_id=token_hex(16))
        self._add_cleanup(partial(records.uproot, planted))
        return planted

    def will_end(self, customer: Customer) -> None:
        """Promise that all sessions of a customer's client are ended with the scenario; before they are started."""
        self._add_cleanup(lambda: self.sessions.end_all_of(customer.client_id))

    def undo_later(self, undo: Callable[[], None]) -> None:
        """Run `undo` when the scenario ends."""
        self._add_cleanup(undo)

    def leave_evidence(self, message: str) -> tuple[Exhibit, ...]:
        """Write down what the platform looks like now."""
        concerned = [*self.suite.witnessed.values(), *self.all_sessions]
        return self.suite.evidence.collect(
            self.scenario,
            since=self.began_at,
            message=message,
            sessions={session.session_id: session.timeline for session in concerned},
            sockets={id(browser): browser for session in concerned for browser in session.browsers}.values(),
        )

    def close(self) -> None:
        """Close every browser that is still open."""
        for session in self.all_sessions:
            for browser in session.browsers:
                browser.close()
