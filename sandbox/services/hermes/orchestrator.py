"""Hermes as a whole: the parts wired together, the threads that run them, and the hand-over at the end."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from sandbox.services.aws import AWS_ERRORS, Clients
from sandbox.services.hermes.audit import Audit
from sandbox.services.hermes.capacity import Capacity
from sandbox.services.hermes.commands import Commands, pump
from sandbox.services.hermes.config import Config
from sandbox.services.hermes.customer_mail import Answers
from sandbox.services.hermes.edit import Edit
from sandbox.services.hermes.lease import Lease
from sandbox.services.hermes.liveness import PAUSE_S, Liveness
from sandbox.services.hermes.reconcile import Reconciler
from sandbox.services.hermes.routes import Frame, Routes
from sandbox.services.hermes.session_steps import Steps
from sandbox.services.hermes.sleep import Sleep
from sandbox.services.hermes.visitor import Visitor
from sandbox.services.records import Records

log = logging.getLogger(__name__)

_FINISHING_S = 2.0
# With nothing open, all that a long poll under way can swallow is a wake-up, and `Sleep.put_off` sees that.
_RETIRING_S = 0.3
_LOOK_S = 0.05
_RENEWALS_PER_LEASE = 4
_TRIES_PER_RENEWAL = 3
# Whoever claimed an answer so long ago and has not sent it leads no more.
_LEASES_PER_CLAIM = 3


class Orchestrator:
    """One Hermes task. `capacity`, `routes` and `reaches` may be given, for where these are not AWS's."""

    def __init__(
        self,
        config: Config,
        task_arn: str,
        *,
        capacity: Capacity | None = None,
        routes: Routes | None = None,
        reaches: Callable[[str], bool] | None = None,
    ) -> None:
        self.config = config
        self.clients = Clients()
        self.records = Records(self.clients.get("dynamodb"), config.table, config.claims, config.record_ttl_s)
        self.lease = Lease(self.clients.get("dynamodb"), config.claims, task_arn, config.lease_s)
        self.commands = Commands(self.clients, config.queue_url)
        self.capacity = capacity or Capacity(
            self.clients, config.cluster, config.edit_service, config.hermes_service
        )
        self.sleep = Sleep(self.records, self.commands, self.capacity)
        self.routes = routes or Routes(self.clients, frame_of(config))
        self.edit = Edit(config.edit_port)
        self.reaches = reaches or Visitor(config.preview_origin).reaches
        self.answers = Answers(
            self.clients, config.mail_from, self.records, _LEASES_PER_CLAIM * config.lease_s
        )
        self.liveness = Liveness(self.edit, self.capacity.stop_task)
        self.reconciler: Reconciler | None = None
        self.broken = False
        self._stop = threading.Event()
        self._lease_changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def leads(self) -> bool:
        """Whether this task holds the lease."""
        return self.lease.held()

    def start(self) -> None:
        """Start the threads; returns at once."""
        threading.Thread(target=self._warm, name="warm", daemon=True).start()
        for work in (self._keep_lease, self._lead, self._receive, self._extend, self._watch):
            thread = threading.Thread(
                target=self._run, args=(work,), name=work.__name__.strip("_"), daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def _run(self, work: Callable[[], None]) -> None:
        """Hermes without one of its threads would lead and do nothing: better gone, for ECS to start another."""
        try:
            work()
        finally:
            if not self._stop.is_set():
                self.broken = True
                os.kill(os.getpid(), signal.SIGTERM)

    def stop(self) -> None:
        """Finish what is short, hand the rest over to the next Hermes, and have one run if there is work left.

        Instructions under way are Edit's: the next Hermes asks for them again, and Edit carries each out once.
        """
        self._stop.set()
        with self._lease_changed:
            self._lease_changed.notify_all()
        self._nudge()
        reconciler = self.reconciler
        sessions = list(reconciler.sessions.values()) if reconciler is not None else []
        deadline = time.monotonic() + (_FINISHING_S if sessions else _RETIRING_S)
        while any(session.busy for session in sessions) and time.monotonic() < deadline:
            self._threads[0].join(_LOOK_S)
        # The lease must not be renewed after its release, nor anything begun.
        for thread in self._threads[:2]:
            thread.join(max(_RETIRING_S, deadline - time.monotonic()))
        led = self.leads()
        for hand_over in (
            self.commands.give_back,
            self.lease.release,
            *([self.sleep.put_off] if led else []),
        ):
            self._try(hand_over)
        # A receive under way may still bring commands: without the lease, `pump` gives them back.
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except AWS_ERRORS:
            log.exception("%s failed", action.__name__)

    def _keep_lease(self) -> None:
        renewal_s = self.config.lease_s / _RENEWALS_PER_LEASE
        while not self._stop.is_set():
            led = self.leads()
            self._try(self._acquire)
            if self.leads() != led:
                log.info("this task %s", "leads" if self.leads() else "does not lead any more")
                with self._lease_changed:
                    self._lease_changed.notify_all()
            self._stop.wait(renewal_s if self.leads() else renewal_s / _TRIES_PER_RENEWAL)

    def _acquire(self) -> None:
        self.lease.acquire()

    def _lead(self) -> None:
        while not self._stop.is_set():
            with self._lease_changed:
                if not self._lease_changed.wait_for(lambda: self.leads() or self._stop.is_set(), timeout=1.0):
                    continue
            if self._stop.is_set():
                return
            self._reconcile()

    def _reconcile(self) -> None:
        since = time.monotonic()
        steps = Steps(
            config=self.config,
            records=self.records,
            commands=self.commands,
            routes=self.routes,
            edit=self.edit,
            answers=self.answers,
            reaches=self.reaches,
            # Commands that a dead predecessor had received come back to the queue within this time.
            may_idle=lambda: time.monotonic() > since + self.commands.visibility_s,
        )
        audit = Audit(self.records, self.capacity, self.routes, self.edit, steps)
        reconciler = Reconciler(
            config=self.config,
            records=self.records,
            commands=self.commands,
            capacity=self.capacity,
            sleep=self.sleep,
            steps=steps,
            audit=audit,
            leads=self.leads,
        )
        self.reconciler = reconciler
        reconciler.run(self._stop)
        if not self._stop.is_set():
            self._try(self.commands.give_back)

    def _receive(self) -> None:
        pump(
            self.commands,
            self._nudge,
            stop=self._stop,
            leads=self.leads,
            retry_s=self.config.reconcile_interval_s,
        )

    def _nudge(self) -> None:
        if self.reconciler is not None:
            self.reconciler.nudge()

    def _extend(self) -> None:
        self._try(self.commands.read_visibility)
        while not self._stop.wait(self.commands.visibility_s / 3):
            if self.leads() and self.commands.held():
                self._try(self.commands.extend)

    def _watch(self) -> None:
        while not self._stop.wait(PAUSE_S):
            fleet = self.reconciler.fleet if self.reconciler is not None and self.leads() else None
            self.liveness.watch(fleet.tasks if fleet is not None else ())

    def _warm(self) -> None:
        """Load what the first session needs while its Edit task starts."""
        for api in ("ecs", "sqs", "application-autoscaling", "elbv2", "ses"):
            self.clients.get(api)


def frame_of(config: Config) -> Frame:
    """The part of the settings that routes need."""
    return Frame(
        config.listener_arn,
        config.vpc_id,
        config.priorities,
        config.health_check_interval_s,
        config.deregistration_delay_s,
    )
