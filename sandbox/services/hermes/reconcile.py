"""The loop that makes what runs match the open sessions: reads, places, scales, and has each session take its steps."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from sandbox.services.aws import AWS_ERRORS
from sandbox.services.hermes.audit import Audit
from sandbox.services.hermes.capacity import Capacity, Fleet, Task
from sandbox.services.hermes.commands import ACTIVATE, Commands
from sandbox.services.hermes.config import Config
from sandbox.services.hermes.edit import EditUnavailable, NotOpenHere
from sandbox.services.hermes.placement import choose
from sandbox.services.hermes.protection import Protection
from sandbox.services.hermes.session import Overtaken, Session, crowding
from sandbox.services.hermes.session_steps import Steps
from sandbox.services.hermes.sleep import Sleep
from sandbox.services.records import Records
from sandbox.services.session_record import OPEN, SessionRecord

log = logging.getLogger(__name__)

_REFRESH_TICKS = 5
_MIN_REFRESH_S = 0.8
_AUDIT_TICKS = 50
_MAX_BACKOFF_TICKS = 30
_QUICK_RETRIES = 50


class Reconciler:
    """One leader's view of the platform. Made anew for each time that this task becomes the leader."""

    def __init__(
        self,
        *,
        config: Config,
        records: Records,
        commands: Commands,
        capacity: Capacity,
        sleep: Sleep,
        steps: Steps,
        audit: Audit,
        leads: Callable[[], bool],
    ) -> None:
        self.config = config
        self.records = records
        self.commands = commands
        self.capacity = capacity
        self.sleep = sleep
        self.steps = steps
        self.audit = audit
        self.leads = leads
        self.sessions: dict[str, Session] = {}
        self.fleet: Fleet | None = None
        self.maximum: int | None = None
        self._changed = threading.Condition()
        self._nudged = False
        self._refresh_at = 0.0
        self._fleet_at = 0.0
        self._audit_at = 0.0
        self._auditing = False
        self._audited = False
        self._protection = Protection(capacity)
        self._busy_at = time.monotonic()

    def nudge(self) -> None:
        """Have the next tick now."""
        with self._changed:
            self._nudged = True
            self._changed.notify_all()

    def run(self, stop: threading.Event) -> None:
        """Tick until `stop` (then nudge), or until this task leads no more."""
        while not stop.is_set() and self.leads():
            self.tick()
            self._wait()

    def tick(self) -> None:
        """One pass over everything that is due. A part that fails costs itself a tick, not the others."""
        self._attempt(self.take_commands)
        self._attempt(self.refresh)
        if self.fleet is None:
            return
        for part in (self.scale, self.place, self.start_steps, self.start_audit, self.sleep_if_idle):
            self._attempt(part)

    def _attempt(self, part: Callable[[], None]) -> None:
        try:
            part()
        except (*AWS_ERRORS, LookupError):
            log.exception("%s failed; the next tick tries again", part)

    def refresh(self) -> None:
        """Read, when it is time, which sessions are open and which tasks run; tasks more often if one is needed."""
        now = time.monotonic()
        interval_s = self.config.reconcile_interval_s
        if now >= self._refresh_at:
            self._refresh_at = self._fleet_at = now + interval_s
            # The fleet first: a task that an activation woke must not be seen without that activation's session.
            self.fleet = self.capacity.fleet()
            for listed in self.records.with_status(*OPEN):
                # One that has just ended may be listed still, and would wake a task.
                if listed.session_id not in self.sessions:
                    self._adopt_open(listed.session_id)
            self._refresh_at = now + max(_MIN_REFRESH_S, _REFRESH_TICKS * interval_s)
        elif self.fleet is not None and self._homeless() and now >= self._fleet_at:
            self._fleet_at = now + interval_s
            self.fleet = self.capacity.fleet_again(self.fleet)

    def _homeless(self) -> bool:
        return any(session.task is None for session in self.sessions.values())

    def adopt(self, record: SessionRecord) -> Session:
        """Look after an open session, if that is not done already."""
        return self.sessions.setdefault(record.session_id, Session(record))

    def _adopt_open(self, session_id: str) -> Session | None:
        record = self.records.get(session_id)
        return self.adopt(record) if record is not None and record.is_open else None

    def take_commands(self) -> None:
        """Hand the received commands to their sessions; those of sessions that have ended are done."""
        while self.commands.inbox:
            command = self.commands.inbox[0]
            session = self.sessions.get(command.session_id)
            if session is None or command.kind == ACTIVATE:
                session = self._adopt_open(command.session_id)
            if session is None or session.ended or command.kind == ACTIVATE:
                if command.kind != ACTIVATE:
                    log.warning("session %s has ended: %s dropped", command.session_id, command.kind)
                self.commands.done(command)
            else:
                session.commands.append(command)
                session.look()
            self.commands.inbox.popleft()

    def scale(self) -> None:
        """Have as many Edit tasks as sessions, up to the maximum; tasks without a session may go."""
        if self.maximum is None:
            self.maximum = self.capacity.maximum()
        fleet = self.known_fleet()
        wanted = self.wanted()
        if wanted == fleet.desired:
            return
        if wanted < fleet.desired:
            self._release_empty(fleet)
        self.capacity.set_edit(wanted)
        log.info("edit scales from %d to %d", fleet.desired, wanted)
        self.fleet = replace(fleet, desired=wanted)

    def known_fleet(self) -> Fleet:
        """The fleet as last read; LookupError before the first read."""
        if self.fleet is None:
            raise LookupError("the fleet is not read yet")
        return self.fleet

    def wanted(self) -> int:
        """How many Edit tasks the open sessions need."""
        return min(self.maximum or 0, len(self.sessions))

    def _release_empty(self, fleet: Fleet) -> None:
        hosts = {session.record.task_arn for session in self.sessions.values()}
        self._protection.end(task.arn for task in fleet.tasks if task.arn not in hosts)

    def place(self) -> None:
        """Give every session without a running task one, oldest first."""
        for session in sorted(self.sessions.values(), key=lambda one: one.record.created_at):
            if not session.busy:
                try:
                    self._settle(session, self.known_fleet())
                except AWS_ERRORS:
                    log.exception("session %s is not placed; the next tick tries again", session.session_id)

    def _settle(self, session: Session, fleet: Fleet) -> None:
        task = fleet.task(session.record.task_arn)
        if task is None and session.record.is_open and session.record.ending is None:
            task = self._place(session, fleet)
        if task != session.task:
            session.reopen()
            session.task = task
            session.look()
        if task is not None:
            self._protection.keep(task.arn)

    def _place(self, session: Session, fleet: Fleet) -> Task | None:
        others = [other.record.task_arn for other in self.sessions.values() if other is not session]
        task = choose(fleet, others, self.wanted())
        # Protection first: a task that can no longer be protected is about to stop.
        if task is None or not self._protection.keep(task.arn):
            return None
        placed = self.records.change(
            session.record,
            {"task_arn": task.arn, "container_ip": task.ip},
            {"status": OPEN, "task_arn": session.record.task_arn},
        )
        if placed is None:
            log.info("session %s was changed by another writer", session.session_id)
            session.record = self.records.get(session.session_id) or session.record
            return None
        session.record = placed
        log.info("session %s is placed on %s", session.session_id, task.arn)
        return task

    def start_steps(self) -> None:
        """Have every session that is due take its step, each on a thread of its own."""
        now = time.monotonic()
        for session in list(self.sessions.values()):
            if session.ended and not session.busy:
                del self.sessions[session.session_id]
                self._take_back(session)
                self.nudge()
            elif session.due <= now and not session.busy:
                session.busy = True
                threading.Thread(
                    target=self._step, args=(session,), name=f"session-{session.session_id}", daemon=True
                ).start()

    def _take_back(self, session: Session) -> None:
        """Commands that came while the session ended are looked at again, as those of an ended session."""
        self.commands.inbox.extend(session.commands)
        session.commands.clear()
        self._busy_at = time.monotonic()
        self._audited = False

    def _step(self, session: Session) -> None:
        ticks = 1 if session.failures < _QUICK_RETRIES else _MAX_BACKOFF_TICKS
        delay_s: float | None = ticks * self.config.reconcile_interval_s
        session.again = False
        session.failures += 1
        try:
            if self.leads():
                delay_s = self.steps.step(session)
                session.failures = 0
        except (EditUnavailable, NotOpenHere, Overtaken) as reason:
            log.info("session %s: %s", session.session_id, reason)
        except AWS_ERRORS:
            log.exception("session %s: the step failed, to be repeated", session.session_id)
        finally:
            crowding_s = 0.0 if session.serving else crowding(self.sessions, self.config.reconcile_interval_s)
            session.rest((delay_s or 0.0) + crowding_s)
            session.busy = False
            self.nudge()

    def start_audit(self) -> None:
        """Have an audit beside the work, when it is time."""
        if time.monotonic() < self._audit_at or self._auditing:
            return
        self._auditing = True
        threading.Thread(target=self._audit, name="audit", daemon=True).start()

    def _audit(self) -> None:
        try:
            self.maximum = self.capacity.maximum()
            self._audited = self.audit.run(self.sessions, self.known_fleet())
        except (*AWS_ERRORS, EditUnavailable, LookupError):
            log.exception("the audit failed; the next one tries again")
        finally:
            self._audit_at = time.monotonic() + _AUDIT_TICKS * self.config.reconcile_interval_s
            self._auditing = False
            self.nudge()

    def sleep_if_idle(self) -> None:
        """Put Hermes to sleep when nothing has been open for one idle time, and Edit is at zero."""
        now = time.monotonic()
        if self.sessions or self.commands.inbox or self.commands.held():
            self._busy_at = now
            self._audited = False
            return
        fleet = self.known_fleet()
        if fleet.desired or fleet.present:
            return
        if not self._audited:
            # During the idle time: when that has passed, it is known already that nothing is left behind.
            self._audit_at = 0.0
            return
        if now < self._sleep_at():
            return
        self.sleep.begin()
        self._busy_at = now

    def _sleep_at(self) -> float:
        return self._busy_at + self.config.idle_timeout_s

    def _wait(self) -> None:
        now = time.monotonic()
        moments = [self._refresh_at, *(s.due for s in self.sessions.values() if not s.busy)]
        if self._homeless():
            moments.append(self._fleet_at)
        if self._audited and now < self._sleep_at():
            moments.append(self._sleep_at())
        with self._changed:
            if not self._nudged:
                self._changed.wait(max(0.0, min(moments) - now))
            self._nudged = False
