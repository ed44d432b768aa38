"""What the load balancer adds to a request: the same one through it, and straight to its target."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from acceptance.bench.spread import Spread, spread
from acceptance.bench.stand import Stand
from acceptance.journeys.customer_session import CustomerSession
from acceptance.waiting.errors import NoData, UnexpectedAnswer

REACH_S = 2.0
"""How long a connection straight to a target may take: a target in a private network never answers."""

WARM_UP = 10
"""Requests before the first that counts."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from a request to the last byte of its answer; the page is the preview server's health page.

    `through` and `straight` each reuse one connection, with TLS to the load balancer and without to the target;
    `suite` is through the load balancer as the suite asks. `straight` is None where the target cannot be reached.
    """

    through: Spread
    straight: Spread | None
    suite: Spread

    @property
    def added_ms(self) -> float | None:
        """Difference of the medians: what the load balancer and its TLS add."""
        return self.through.median - self.straight.median if self.straight else None

    @property
    def added_p95_ms(self) -> float | None:
        """Difference of the 95th percentiles."""
        return self.through.p95 - self.straight.p95 if self.straight else None


def measure(stand: Stand) -> Latency:
    """Ask in turns, so that what disturbs one way disturbs the other."""
    stand.say(f"{stand.plan.requests} requests through the load balancer and straight to the target")
    with stand.at_work('Change the heading to "Latency"') as session:
        path = urlsplit(session.preview_url).path.rstrip("/") + "/health"
        with closing(_to_balancer(stand)) as front, closing(_to_target(stand, session)) as target:
            ways: dict[str, Callable[[], object]] = {
                "through": lambda: ask(front, path),
                "suite": lambda: stand.platform.preview.health(session.preview_url),
            }
            if _reachable(target):
                ways["straight"] = lambda: ask(target, path)
            for _ in range(WARM_UP):
                for way in ways.values():
                    way()
            taken: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(stand.plan.requests):
                for name, way in ways.items():
                    taken[name].append(timed_ms(way))
    return Latency(
        spread(taken["through"]),
        spread(taken["straight"]) if "straight" in taken else None,
        spread(taken["suite"]),
    )


def timed_ms(call: Callable[[], object]) -> float:
    """How many milliseconds a call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def ask(connection: http.client.HTTPConnection, path: str) -> None:
    """One GET and its whole answer; UnexpectedAnswer unless it is 200."""
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise UnexpectedAnswer(
            f"GET {path} on {connection.host}:{connection.port}: expected 200, found {answer.status}"
        )


def _to_balancer(stand: Stand) -> http.client.HTTPSConnection:
    addresses = stand.platform.profile.addresses
    parts = urlsplit(addresses.preview_url)
    trust = ssl.create_default_context(cafile=str(addresses.ca_file) if addresses.ca_file else None)
    patience_s = stand.platform.profile.patience.request.total_seconds()
    return http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=patience_s, context=trust
    )


def _to_target(stand: Stand, session: CustomerSession) -> http.client.HTTPConnection:
    targets = stand.platform.balancer.targets_of(session.session_id)
    if len(targets) != 1 or targets[0].port is None:
        raise NoData(
            f"{session}: expected one target behind its rules, found {', '.join(map(str, targets)) or 'none'}"
        )
    return http.client.HTTPConnection(targets[0].address, targets[0].port, timeout=REACH_S)


def _reachable(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.connect()
    except OSError:
        return False
    return True
