"""The load balancer as a client finds it: name, certificate, redirect, the default's 404, the session API's health."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from acceptance.capabilities import Capability
from acceptance.config.sections import Addresses
from acceptance.doctor.finding import Finding
from acceptance.drivers.http import Answer, HttpClient
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.waiting.errors import UnexpectedAnswer

HEALTH = "/api/health"
NOWHERE = "/none-of-the-platforms-paths"

SKEW = timedelta(seconds=1)
"""How far the clocks may be apart: counts of what was started since a moment compare this machine's with AWS's."""

ANSWER = timedelta(seconds=5)


@dataclass(frozen=True)
class Health:
    """What the session API answers while the platform sleeps, and between which moments of this machine's clock."""

    answer: Answer
    asked_at: datetime
    answered_at: datetime


def look_at_health(addresses: Addresses) -> Health:
    """Ask the session API for its health, once its name leads anywhere. Unreachable or Untrusted if it cannot be."""
    RawHttpClient(addresses.preview_url, ca_file=addresses.ca_file, timeout=ANSWER).addresses()
    asked_at = datetime.now(UTC)
    answer = _https(addresses).get(HEALTH)
    return Health(answer, asked_at, datetime.now(UTC))


def look_outside(addresses: Addresses) -> Answer:
    """Ask for a path that belongs to the default rule."""
    return _https(addresses).get(NOWHERE)


def look_at_redirect(addresses: Addresses) -> Answer:
    """Ask the HTTP listener."""
    return HttpClient(addresses.http_url, ca_file=None, timeout=ANSWER).get(HEALTH)


def unhealthy(seen: Health, offered: Collection[Capability]) -> Iterator[Finding]:
    """What is wrong with the answer, as far as that is offered; of one that is not 200 nothing else is said."""
    answer = seen.answer
    if answer.status != 200:
        yield Finding(
            f"{answer}, expected 200 from the session API, which never sleeps",
            "see to the rule for /api/*, to its Lambda function, and to what stands before the load balancer",
        )
        return
    if Capability.NAMED_ANSWERS in offered and answer.headers.get("x-service") != "session-api":
        yield Finding(
            f"{answer} with the header X-Service {answer.headers.get('x-service')!r}, expected 'session-api'",
            "have each service name itself in X-Service: session-api, hermes, edit",
        )
    if Capability.REQUEST_ECHO in offered and not echoes(answer):
        yield Finding(
            f"{answer} without `request`, expected the method, path and headers that it was called with",
            "have the session API add `request` with method, path and headers to its health",
        )
    yield from _skewed(seen)


def echoes(answer: Answer) -> bool:
    """Whether a health page tells how it was called."""
    try:
        told = answer.json()
    except UnexpectedAnswer:
        return False
    request = told.get("request") if isinstance(told, Mapping) else None
    if not isinstance(request, Mapping):
        return False
    return (request.get("method"), request.get("path")) == ("GET", HEALTH) and bool(request.get("headers"))


def _skewed(seen: Health) -> Iterator[Finding]:
    try:
        told = parsedate_to_datetime(seen.answer.headers.get("date", ""))
    except ValueError:
        return
    # The header has whole seconds: its moment lies within the second that it names.
    ahead, behind = told - seen.answered_at, seen.asked_at - (told + timedelta(seconds=1))
    apart = max(ahead, behind)
    if apart > SKEW:
        way = "behind" if ahead > behind else "ahead of"
        yield Finding(
            f"this machine's clock is {apart.total_seconds():.0f} s {way} the load balancer's",
            "set it by a time server: what was started since a moment is counted by both clocks",
        )


def served_outside(answer: Answer) -> Iterator[Finding]:
    """A default that answers something else than 404."""
    if answer.status != 404:
        yield Finding(
            f"{answer}, expected 404: the path is none of the platform's",
            "have the default action of the HTTPS listener answer 404 by itself",
        )


def no_redirect(answer: Answer, addresses: Addresses) -> Iterator[Finding]:
    """An HTTP listener that does anything but lead to the same path at the HTTPS listener."""
    wanted = addresses.preview_url + HEALTH
    given = answer.headers.get("location", "nowhere")
    if answer.status != 301 or given not in (wanted, _with_port(wanted)):
        yield Finding(
            f"{answer}, to {given}: expected 301 to {wanted}",
            "have the HTTP listener redirect to HTTPS with HTTP_301, host, path and query unchanged",
        )


def _with_port(url: str) -> str:
    """The URL with its scheme's port, which a load balancer always names."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return url if ":" in host else f"{scheme}://{host}:443{slash}{path}"


def _https(addresses: Addresses) -> HttpClient:
    return HttpClient(addresses.preview_url, ca_file=addresses.ca_file, timeout=ANSWER)
