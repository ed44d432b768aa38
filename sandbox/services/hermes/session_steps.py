"""One session's way through Hermes: each step does what the session's record and its task ask for next.

A step may be repeated from anywhere: what it finds done it leaves, what it cannot do yet it comes back for. Nothing
that matters is kept in memory only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from sandbox.services.aws import AWS_ERRORS
from sandbox.services.hermes.capacity import Task
from sandbox.services.hermes.commands import DEACTIVATE, Command, Commands
from sandbox.services.hermes.config import Config
from sandbox.services.hermes.customer_mail import Answers, Claimed
from sandbox.services.hermes.edit import Edit, EditUnavailable, NotOpenHere, Refused, View
from sandbox.services.hermes.routes import Routes, Target
from sandbox.services.hermes.session import Overtaken, Session
from sandbox.services.records import Records
from sandbox.services.session_record import (
    ACTIVE,
    DRAINING,
    EXPIRED,
    FAILED,
    INACTIVE,
    INITIALIZING,
    OPEN,
    SessionRecord,
    epoch,
    stamp,
)

log = logging.getLogger(__name__)

_CLOSING_PATIENCE_S = 60.0
_MAIL_RETRY_S = 2.0


class Steps:
    """The steps, on the parts of the platform they use. `reaches`: whether a session's visitors reach its preview.

    `may_idle`: whether idle sessions may be ended by now.
    """

    def __init__(
        self,
        *,
        config: Config,
        records: Records,
        commands: Commands,
        routes: Routes,
        edit: Edit,
        answers: Answers,
        reaches: Callable[[str], bool],
        may_idle: Callable[[], bool],
    ) -> None:
        self.config = config
        self.records = records
        self.commands = commands
        self.routes = routes
        self.edit = edit
        self.answers = answers
        self.reaches = reaches
        self.may_idle = may_idle

    def step(self, session: Session) -> float | None:
        """Bring the session on as far as it goes now; returns the seconds until the next look, None once it is ended.

        Raises AWS_ERRORS, EditUnavailable, NotOpenHere, Overtaken: the step is to be repeated.
        """
        self._begin_end(session)
        if session.record.ending is not None:
            return self.close(session)
        if session.task is None:
            self.routes.detach(session.session_id)
            return self._until_deadline(session)
        if not session.serving and not self.open(session, session.task):
            # Opening may just have failed: what is left to do is due at once.
            return 0.0 if session.record.ending else self.config.reconcile_interval_s
        told = self._announce(session)
        self.work(session)
        if session.record.ending is not None:
            return self.close(session)
        return self._until_deadline(session) if told else _MAIL_RETRY_S

    def open(self, session: Session, task: Task) -> bool:
        """Open the session on its task and route it; False while that takes its time, or when it failed."""
        session_id = session.session_id
        if session.opened_on != task.arn:
            self.routes.detach(session_id)
            self.edit.open(task.ip, session.record)
            session.opened_on = task.arn
        self.routes.prepare(session_id)
        if session.target is None:
            view = self.edit.look(task.ip, session_id)
            if view is None:
                session.reopen()
                return False
            if view.state == "failed":
                self.end(session, FAILED, view.failure or "The workspace could not be opened.")
                return False
            if view.state != "ready" or view.port is None:
                return False
            session.target = Target(task.ip, view.port)
            self._note_view(session, view)
        self.routes.attach(session_id, session.target)
        if not self.routes.healthy(session_id, session.target):
            return False
        self.routes.publish(session_id)
        if not self.reaches(session_id):
            return False
        self._activate(session)
        session.serving = True
        session.served_since = time.monotonic()
        return True

    def _note_view(self, session: Session, view: View) -> None:
        found = {"port": view.port, "branch": view.branch, "last_commit": view.last_commit}
        changes = {n: v for n, v in found.items() if v is not None and v != getattr(session.record, n)}
        if changes:
            self._change(session, changes, {"status": OPEN, "task_arn": session.record.task_arn})

    def _activate(self, session: Session) -> None:
        if session.record.status == INITIALIZING:
            moved = {"status": ACTIVE, "started_at": stamp(), **self.records.activity()}
            self._change(session, moved, {"status": INITIALIZING, "task_arn": session.record.task_arn})
            log.info("session %s is active on %s", session.session_id, session.record.task_arn)

    def _announce(self, session: Session) -> bool:
        """Tell the customer that the preview is live; False to try again later.

        Mail that fails must not keep the session from its work.
        """
        if session.record.status != ACTIVE:
            return True
        try:
            session.record = self.answers.live(session.record)
        except Claimed as reason:
            log.info("%s", reason)
            # The claim may be long gone from the record.
            session.record = self._current(session)
            return False
        except AWS_ERRORS:
            log.exception("session %s: the customer is not told yet", session.session_id)
            return False
        return True

    def work(self, session: Session) -> None:
        """Carry out the session's commands in their order, until one ends it."""
        while session.commands and session.record.ending is None:
            command = session.commands[0]
            if command.kind == DEACTIVATE:
                self.end(session, INACTIVE)
            else:
                self.instruct(session, command)
            self.commands.done(command)
            session.commands.popleft()

    def instruct(self, session: Session, command: Command) -> None:
        """Have Edit carry out one instruction and note how it went; the session lives on either way."""
        if session.task is None or session.record.refused_instruction_id == command.instruction_id:
            return
        try:
            commit = self.edit.instruct(
                session.task.ip, session.session_id, command.instruction_id, command.instruction
            )
        except NotOpenHere:
            session.reopen()
            raise
        except Refused as refusal:
            self.answers.refused(session.record, command.instruction, str(refusal), command.mail)
            outcome: dict[str, Any] = {
                "failure": str(refusal),
                "refused_instruction_id": command.instruction_id,
            }
        else:
            outcome = {"failure": None} if commit is None else {"failure": None, "last_commit": commit}
        self._change(session, {**outcome, **self.records.activity()}, {"status": (ACTIVE, DRAINING)})

    def _begin_end(self, session: Session) -> None:
        """Begin the end of a session that is idle, unwanted, or still not open after all that time."""
        record = session.record
        if record.ending is not None:
            return
        if session.commands and session.commands[0].kind == DEACTIVATE:
            self.end(session, INACTIVE)
        elif record.started_at is None and not session.serving:
            if time.time() >= epoch(record.created_at) + self.config.opening_timeout_s:
                self.end(session, FAILED, "The workspace could not be opened in time.")
        elif record.status == DRAINING:
            # Its command comes behind what it asked for earlier; one that never comes ends it too.
            if not session.commands and time.time() >= self._deadline(record) and self.may_idle():
                self.end(session, INACTIVE)
        elif not session.commands and self.idle(record) and self.may_idle():
            # What is in memory knows nothing of page views since.
            session.record = self._current(session)
            if self.idle(session.record):
                self.end(session, EXPIRED)

    def idle(self, record: SessionRecord) -> bool:
        """Whether an active session has gone without activity for the idle timeout."""
        return (
            record.status == ACTIVE
            and time.time() >= epoch(record.last_activity_at) + self.config.idle_timeout_s
        )

    def end(self, session: Session, ending: str, failure: str | None = None) -> None:
        """Put the end on record, so that any Hermes goes on with it; `close` does the rest."""
        record = session.record
        changes: dict[str, Any] = {"ending": ending}
        expect: dict[str, Any] = {"status": OPEN}
        if failure is None:
            changes["status"] = DRAINING
        else:
            changes["failure"] = failure
        if ending == EXPIRED:
            expect |= {"status": ACTIVE, "last_activity_at": record.last_activity_at}
        self._change(session, {**changes}, {**expect, "ending": None})
        log.info("session %s ends: %s %s", session.session_id, ending, failure or "")

    def close(self, session: Session) -> float | None:
        """Take the route away, close the session on its task, and end its record; in that order."""
        self.routes.remove(session.session_id)
        if session.task is not None:
            self._close_on(session, session.task)
        record = session.record
        if record.status in OPEN:
            self._change(
                session,
                {"status": record.ending, "ended_at": stamp()},
                {"status": OPEN, "ending": record.ending},
            )
        self.discard(session)
        session.ended = True
        if session.record.status == FAILED:
            try:
                self.answers.failed(session.record)
            except Claimed as reason:
                log.info("%s", reason)
        return None

    def _close_on(self, session: Session, task: Task) -> None:
        now = time.monotonic()
        session.closing_since = session.closing_since or now
        try:
            self.edit.close(task.ip, session.session_id)
        except EditUnavailable:
            if now - session.closing_since < _CLOSING_PATIENCE_S:
                raise
            log.exception("session %s ends although its task does not close it", session.session_id)

    def discard(self, session: Session) -> None:
        """Delete what was still asked of a session that has ended."""
        while session.commands:
            if session.commands[0].kind != DEACTIVATE:
                log.warning("session %s ended before an instruction was carried out", session.session_id)
            self.commands.done(session.commands[0])
            session.commands.popleft()

    def _until_deadline(self, session: Session) -> float:
        return max(self.config.reconcile_interval_s, self._deadline(session.record) - time.time())

    def _deadline(self, record: SessionRecord) -> float:
        if record.status == INITIALIZING:
            return epoch(record.created_at) + self.config.opening_timeout_s
        # Each instruction that is carried out counts as activity, also one that a draining session had ahead.
        latest = max(record.last_activity_at, record.end_requested_at or "")
        return epoch(latest) + self.config.idle_timeout_s

    def _current(self, session: Session) -> SessionRecord:
        record = self.records.get(session.session_id)
        if record is None or not record.is_open:
            session.ended = True
            raise Overtaken(f"session {session.session_id} has ended elsewhere")
        return record

    def _change(self, session: Session, changes: dict[str, Any], expect: dict[str, Any]) -> None:
        changed = self.records.change(session.record, changes, expect)
        if changed is None:
            session.record = self._current(session)
            raise Overtaken(f"session {session.session_id} was changed by another writer")
        session.record = changed
