"""The Application Load Balancer: follows ELBv2's state, and knows the health of its targets."""

from __future__ import annotations

import asyncio
import http.client
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sandbox.alb.authority import Authority
from sandbox.alb.envoy_admin import HostHealth
from sandbox.alb.envoy_process import EnvoyProcess
from sandbox.alb.envoy_routes import cluster_name
from sandbox.alb.initial_checks import CODE_MISMATCH, FAILED, HEALTHY, TIMED_OUT, InitialChecks, Target, probe
from sandbox.alb.later_node import LaterNode
from sandbox.aws_api import elbv2
from sandbox.aws_api.elb_state import Endpoint, HealthCheck, Snapshot, TargetGroup
from sandbox.aws_api.elbv2 import UNCHECKED, TargetHealth
from sandbox.aws_api.elbv2_snapshot import snapshot
from sandbox.host.processes import Processes
from sandbox.host.state import State
from sandbox.settings import Pace

logger = logging.getLogger(__name__)

RETRY_S = 0.5
HEALTH_CACHE_S = 0.05

REGISTERING = TargetHealth("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = TargetHealth("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")


@dataclass(frozen=True)
class Manner:
    """How it is less than perfect.

    `later_nodes`: its nodes beside the first, each by how many seconds later it knows of a change. `initial_targets`:
    whether a group that has none but new targets gets requests already.
    """

    later_nodes: Sequence[Callable[[], float]] = ()
    initial_targets: bool = False


class Balancer:
    """Serves what ELBv2 is configured to serve. `start`, then `elbv2.install(balancer, pace)`, in the end `stop`."""

    def __init__(
        self,
        processes: Processes,
        state: State,
        pace: Pace,
        authority: Authority,
        *,
        hidden: Sequence[str] = (),
        manner: Manner | None = None,
    ) -> None:
        """`hidden`: headers of the targets that no visitor sees."""
        manner = manner or Manner()
        self._pace = pace
        self._authority = authority
        self._envoy = EnvoyProcess(processes, state, hidden)
        self._later = [
            LaterNode(EnvoyProcess(processes, state, hidden, f"-{number}"), late_s, processes.parts)
            for number, late_s in enumerate(manner.later_nodes, 2)
        ]
        self._initial = InitialChecks(
            processes.parts, admitted=self.changed, open_meanwhile=manner.initial_targets
        )
        self._wake = threading.Condition()
        self._changes = 0
        self._applied = 0
        self._closed = False
        self._functions: dict[str, int] = {}
        self._health_lock = threading.Lock()
        self._wanted = Snapshot()
        self._known: dict[Target, TargetHealth] = {}
        self._checked_at: dict[Target, float] = {}
        self._hosts: dict[str, dict[tuple[str, int], HostHealth]] = {}
        self._hosts_read = 0.0
        self._thread = processes.parts.thread("what configures the load balancer", self._follow)

    @property
    def https_port(self) -> int:
        """The real port of the listener on port 443; KeyError before `start`."""
        return self._envoy.ports["https"]

    @property
    def http_port(self) -> int:
        """The real port of the listener on port 80; KeyError before `start`."""
        return self._envoy.ports["http"]

    def start(self) -> None:
        """Return once both listeners accept connections; RuntimeError with the reason if they do not."""
        self._envoy.start(self._authority)
        for node in self._later:
            node.start(self._authority, self._envoy.ports)
        self._thread.start()
        self.changed()

    def stop(self) -> None:
        """Follow ELBv2 no longer and end Envoy; again is no error."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._initial.stop()
        for node in self._later:
            node.stop()
        self._envoy.stop()

    def changed(self) -> None:
        """Have ELBv2's state looked at and served, soon; returns at once."""
        with self._wake:
            self._changes += 1
            self._wake.notify_all()

    def settled(self, timeout_s: float) -> None:
        """Wait until every change made before this call is served by all; TimeoutError after `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        with self._wake:
            changes = self._changes
            if not self._wake.wait_for(lambda: self._applied >= changes, timeout_s):
                raise TimeoutError(
                    f"load balancer: expected change {changes} to be served within {timeout_s} s, "
                    f"found {self._applied}; the log envoy.log may tell why"
                )
        if not all(node.knows_all(max(0.0, deadline - time.monotonic())) for node in self._later):
            raise TimeoutError(
                f"load balancer: expected all its nodes to serve the same within {timeout_s} s"
            )

    def attach_function(self, function_arn: str, port: int) -> None:
        """Send requests for a Lambda function to the ALB adapter on that loopback port."""
        with self._wake:
            self._functions[function_arn] = port
        self.changed()

    def health(self, group_arn: str, address: str, port: int) -> TargetHealth:
        """A target's health with AWS's state and reason code, as DescribeTargetHealth gives it."""
        return elbv2.target_health(group_arn, address, port, self.checked)

    def checked(self, group_arn: str, address: str, port: int) -> TargetHealth:
        """What the health checks of a registered target in use have found."""
        target = (group_arn, Endpoint(address, port))
        with self._health_lock:
            group = _find(self._wanted, group_arn)
            if group is None or target[1] not in group.endpoints:
                return REGISTERING
            if group.health_check is None:
                return UNCHECKED
            if target not in self._known:
                return CHECKING
            seen = self._read_hosts().get(cluster_name(group_arn), {}).get((address, port))
            now = time.monotonic()
            # Envoy calls a new target failed until its own first check: so long, what admitted the target holds.
            if seen is not None and (not seen.failed or now >= self._checked_at[target]):
                self._known[target] = _judge(seen)
                self._checked_at[target] = now
            health = self._known[target]
        return why_failed(target[1], group.health_check) if health == FAILED else health

    def _read_hosts(self) -> dict[str, dict[tuple[str, int], HostHealth]]:
        if time.monotonic() - self._hosts_read > HEALTH_CACHE_S:
            self._hosts = self._envoy.admin.hosts()
            self._hosts_read = time.monotonic()
        return self._hosts

    def _follow(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._changes > self._applied)
                if self._closed:
                    return
                changes = self._changes
                functions = dict(self._functions)
            wanted = snapshot(self._pace)
            served = self._initial.admit(wanted)
            try:
                self._envoy.apply(served, functions)
            except (OSError, http.client.HTTPException, RuntimeError):
                logger.exception("load balancer: a change is not served, trying again")
                with self._wake:
                    self._wake.wait_for(lambda: self._closed, RETRY_S)
                continue
            for node in self._later:
                node.take(served, functions)
            self._remember(wanted, served)
            with self._wake:
                self._applied = changes
                self._wake.notify_all()

    def _remember(self, wanted: Snapshot, served: Snapshot) -> None:
        used = wanted.in_use()
        targets = self._initial.admitted_of(g for g in served.groups if g.arn in used)
        checked_at = time.monotonic() + self._pace.health_check_timeout_s
        with self._health_lock:
            self._wanted = replace(wanted, groups=tuple(g for g in wanted.groups if g.arn in used))
            self._known = {t: self._known.get(t) or self._initial.verdict(t) for t in targets}
            self._checked_at = {t: self._checked_at.get(t, checked_at) for t in targets}
            self._hosts_read = 0.0


def _find(wanted: Snapshot, group_arn: str) -> TargetGroup | None:
    return next((group for group in wanted.groups if group.arn == group_arn), None)


def _judge(seen: HostHealth) -> TargetHealth:
    if not seen.failed:
        return HEALTHY
    return TIMED_OUT if seen.timed_out else FAILED


def why_failed(endpoint: Endpoint, check: HealthCheck) -> TargetHealth:
    """Look at an unhealthy target once more, because Envoy does not keep the code that a target answered."""
    found = asyncio.run(probe(endpoint, check))
    return found if found.reason == CODE_MISMATCH else FAILED
