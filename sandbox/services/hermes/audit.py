"""What an interrupted Hermes may have left: found and put right every now and then."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from sandbox.services.aws import AWS_ERRORS
from sandbox.services.hermes.capacity import Capacity, Fleet, Task
from sandbox.services.hermes.customer_mail import Claimed
from sandbox.services.hermes.edit import Edit, EditUnavailable
from sandbox.services.hermes.routes import Routes
from sandbox.services.hermes.session import Session
from sandbox.services.hermes.session_steps import Steps
from sandbox.services.records import Records
from sandbox.services.session_record import FAILED

log = logging.getLogger(__name__)


class Audit:
    """Compares the load balancer, the tasks and the mail with the records. What it finds, another step mends."""

    def __init__(
        self, records: Records, capacity: Capacity, routes: Routes, edit: Edit, steps: Steps
    ) -> None:
        self.records = records
        self.capacity = capacity
        self.routes = routes
        self.edit = edit
        self.steps = steps

    def run(self, sessions: Mapping[str, Session], fleet: Fleet) -> bool:
        """One audit; False when it could not see everything. AWS_ERRORS."""
        open_now = dict(sessions)
        self.check_records(open_now)
        self.check_routes(open_now)
        self.check_protection(open_now, fleet)
        complete = [self.check_task(task, open_now) for task in fleet.tasks]
        return self.send_missing_mail() and all(complete)

    def check_records(self, open_now: Mapping[str, Session]) -> None:
        """Give up sessions that ended elsewhere, or whose record was deleted: what is left of them is a leftover."""
        for session in open_now.values():
            record = self.records.get(session.session_id)
            if (record is None or not record.is_open) and not session.busy and not session.ended:
                log.warning("session %s is open no longer on record: given up", session.session_id)
                session.ended = True

    def check_routes(self, open_now: Mapping[str, Session]) -> None:
        """Remove routes of sessions that are not open; have lost routes of open ones made again."""
        for session_id in self.routes.reload() - set(open_now):
            record = self.records.get(session_id)
            if record is None or not record.is_open:
                log.warning("session %s is not open: its route goes", session_id)
                self.routes.remove(session_id)
        for session in open_now.values():
            settled = session.serving and not session.busy and not session.ended
            if settled and not self.routes.routed(session.session_id):
                log.warning("session %s has lost its route", session.session_id)
                session.serving = False
                session.look()

    def check_protection(self, open_now: Mapping[str, Session], fleet: Fleet) -> None:
        """Take protection from tasks without a session when there are more tasks than wanted."""
        if len(fleet.tasks) <= fleet.desired:
            return
        hosts = {session.record.task_arn for session in open_now.values()}
        empty = [task.arn for task in fleet.tasks if task.arn not in hosts]
        self.capacity.unprotect(self.capacity.protected(empty))

    def check_task(self, task: Task, open_now: Mapping[str, Session]) -> bool:
        """Close what the task holds and should not; have what it lost opened again."""
        asked = time.monotonic()
        try:
            held = self.edit.sessions(task.ip)
            for session_id in set(held) - set(open_now):
                self._close_stray(task, session_id)
        except EditUnavailable as error:
            log.info("not audited: %s", error)
            return False
        for session in open_now.values():
            lost = session.opened_on == task.arn and session.session_id not in held
            if lost and session.serving and not session.busy and session.served_since < asked:
                log.warning("session %s is no longer open on %s", session.session_id, task.arn)
                session.reopen()
                session.look()
        return True

    def _close_stray(self, task: Task, session_id: str) -> None:
        record = self.records.get(session_id)
        if record is None or not record.is_open or record.task_arn != task.arn:
            log.warning("session %s does not belong on %s: closed there", session_id, task.arn)
            self.edit.close(task.ip, session_id)

    def send_missing_mail(self) -> bool:
        """Send the answers of failed sessions that were never sent; False when one could not be sent."""
        complete = True
        for record in self.records.with_status(FAILED):
            try:
                self.steps.answers.failed(record)
            except Claimed as reason:
                log.info("%s", reason)
                complete = False
            except AWS_ERRORS:
                log.exception("session %s: the customer is not told yet", record.session_id)
                complete = False
        return complete
