"""A further node of the load balancer: it listens where the first one does, and learns of each change later."""

from __future__ import annotations

import http.client
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from sandbox.alb.authority import Authority
from sandbox.alb.envoy_process import EnvoyProcess
from sandbox.aws_api.elb_state import Snapshot
from sandbox.host.parts import Parts

logger = logging.getLogger(__name__)

RETRY_S = 0.5


class LaterNode:
    """`start` once the first node listens, then `take` each change; in the end `stop`."""

    def __init__(self, envoy: EnvoyProcess, late_s: Callable[[], float], parts: Parts) -> None:
        """`late_s` tells of each change how many seconds later it is known here; changes keep their order."""
        self._envoy = envoy
        self._late_s = late_s
        self._changed = threading.Condition()
        self._coming: deque[tuple[float, Snapshot, Mapping[str, int]]] = deque()
        self._closed = False
        self._thread = parts.thread("what configures a node of the load balancer", self._follow)

    def start(self, authority: Authority, ports: Mapping[str, int]) -> None:
        """Listen on the first node's ports: the system deals new connections out."""
        self._envoy.start(authority, ports)
        self._thread.start()

    def stop(self) -> None:
        """End it; again is no error."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._envoy.stop()

    def take(self, wanted: Snapshot, functions: Mapping[str, int]) -> None:
        """Serve this in a while; returns at once."""
        with self._changed:
            latest = self._coming[-1][0] if self._coming else 0.0
            due = max(latest, time.monotonic() + self._late_s())
            self._coming.append((due, wanted, functions))
            self._changed.notify_all()

    def knows_all(self, timeout_s: float) -> bool:
        """Wait until every change taken so far is served; False when time is up first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._coming, timeout_s)

    def _follow(self) -> None:
        while (change := self._next()) is not None:
            due, wanted, functions = change
            try:
                self._envoy.apply(wanted, functions)
            except (OSError, http.client.HTTPException, RuntimeError):
                logger.exception("a node of the load balancer: a change is not served, trying again")
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, RETRY_S)
                continue
            with self._changed:
                while self._coming and self._coming[0][0] <= due:
                    self._coming.popleft()
                self._changed.notify_all()

    def _next(self) -> tuple[float, Snapshot, Mapping[str, int]] | None:
        """The latest change that is due, as soon as there is one; None once it is to end."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                due = [change for change in self._coming if change[0] <= now]
                if due:
                    return due[-1]
                self._changed.wait(self._coming[0][0] - now if self._coming else None)
        return None
