"""How a request from outside arrives at a service, as the session API's health page tells it.

And which addresses inside the platform nobody outside has to know.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hamcrest import all_of
from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.platform import Platform
from acceptance.waiting.errors import NoData, UnexpectedAnswer
from acceptance.waiting.matcher import DescribedMatcher, free_of

PATH = "/api/health"

HOP_BY_HOP = {
    "keep-alive": "timeout=5",
    "proxy-connection": "keep-alive",
    "te": "trailers",
    "x-of-this-connection": "yes",
    "connection": "close, keep-alive, te, x-of-this-connection",
}
"""Headers that concern one connection only (RFC 9110, 7.6.1), the last but one because the last names it."""

OWN_CONNECTION = "connection"
"""What the load balancer says of its own connection is not the visitor's: the request that AWS's guide to Lambda behind
a load balancer shows as an example arrives with `connection: keep-alive`."""

TRACE_ROOT = "1-67891233-abcdef012345678912345678"

CLAIMED = "203.0.113.7"

KINDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "of a visitor": {},
        f'that claims to come from "{CLAIMED}"': {
            "x-forwarded-for": CLAIMED,
            "x-forwarded-proto": "http",
            "x-forwarded-port": "1",
        },
        "that is part of a longer trace": {"x-amzn-trace-id": f"Root={TRACE_ROOT}"},
        "with headers for its own connection alone": HOP_BY_HOP,
    }
)
"""Headers by the words of the feature; a claim stands where load balancers put what they know."""

_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")


@dataclass(frozen=True)
class Arrival:
    """What a service saw of a request. `addresses` are X-Forwarded-For's, the last added by the load balancer.

    `called` is its method and path. Names of all headers are lower case; absent ones are None.
    """

    called: str
    addresses: tuple[str, ...]
    scheme: str | None
    port: str | None
    trace: str | None
    names: tuple[str, ...]

    @classmethod
    def told_by(cls, answer: Answer) -> Arrival:
        """Read the health page; UnexpectedAnswer if it does not tell."""
        document = answer.json()
        told = document.get("request") if isinstance(document, dict) else None
        if answer.status != 200 or not isinstance(told, dict) or not isinstance(told.get("headers"), list):
            raise UnexpectedAnswer(f'{answer}: expected 200 with "request", found {answer.text[:200]}')
        addresses = tuple(part.strip() for part in (told.get("x-forwarded-for") or "").split(",") if part)
        return cls(
            f"{told.get('method') or 'no method'} {told.get('path') or 'without a path'}",
            addresses,
            told.get("x-forwarded-proto"),
            told.get("x-forwarded-port"),
            told.get("x-amzn-trace-id"),
            tuple(told["headers"]),
        )

    @property
    def trace_fields(self) -> dict[str, str]:
        """The parts of the trace header, as in `Root=1-67891233-abcdef012345678912345678`."""
        pairs = (part.partition("=") for part in (self.trace or "").split(";") if part)
        return {name: value for name, _, value in pairs}


def saw(what: str, visitor: str | None) -> Matcher[Arrival]:
    """What a service saw of a request of `KINDS`, in the words of the feature; KeyError for other words.

    `visitor` is his address, None where it is not known.
    """
    by = came_by("https", "443")
    claims: Mapping[str, Matcher[Arrival]] = {
        'the visitor\'s address, "https" and port 443': all_of(came_from(visitor), by),
        f'"{CLAIMED}" followed by the visitor\'s address, "https" and port 443': all_of(
            came_from(visitor, CLAIMED), by
        ),
        "a trace identifier": has_trace(),
        "that trace continued": continues(TRACE_ROOT),
        "none of them": without_hop_headers(),
    }
    return claims[what]


def came_from(visitor: str | None, *claimed: str) -> Matcher[Arrival]:
    """Forwarded for what the visitor claimed, then his own address; any public one where his is not known."""

    def fits(seen: Arrival) -> bool:
        if seen.addresses[:-1] != claimed or not seen.addresses:
            return False
        return seen.addresses[-1] == visitor if visitor else _is_public(seen.addresses[-1])

    told = ", ".join((*claimed, visitor or "the visitor's public address"))
    return DescribedMatcher(
        f"forwarded for {told}", fits, lambda seen: f"for {', '.join(seen.addresses) or 'nobody'}"
    )


def came_by(scheme: str, port: str) -> Matcher[Arrival]:
    """Forwarded as it was called, with the scheme and the port of the listener."""
    return DescribedMatcher(
        f"GET {PATH} forwarded from {scheme}, port {port}",
        lambda seen: (seen.called, seen.scheme, seen.port) == (f"GET {PATH}", scheme, port),
        lambda seen: f"called {seen.called} from {seen.scheme}, port {seen.port}",
    )


def has_trace() -> Matcher[Arrival]:
    """A trace identifier of the load balancer's form, and nothing but its root."""
    return DescribedMatcher(
        "a trace Root=1-<8 hex>-<24 hex>",
        lambda seen: list(seen.trace_fields) == ["Root"] and bool(_ROOT.fullmatch(seen.trace_fields["Root"])),
        lambda seen: f"trace {seen.trace}",
    )


def continues(root: str) -> Matcher[Arrival]:
    """A trace with the root it came with, and the load balancer's own part in it."""
    return DescribedMatcher(
        f"the trace {root}, with a Self of its own",
        lambda seen: (
            seen.trace_fields.get("Root") == root
            and bool(_ROOT.fullmatch(seen.trace_fields.get("Self", "")))
            and seen.trace_fields["Self"] != root
        ),
        lambda seen: f"trace {seen.trace}",
    )


def without_hop_headers() -> Matcher[Arrival]:
    """None of the headers that concern the visitor's connection alone; a request without any header is no proof."""

    def passed(seen: Arrival) -> list[str]:
        if not seen.names:
            raise NoData(
                "the service saw no header at all, so nothing can be said about those it should not see"
            )
        return sorted(set(seen.names) & (HOP_BY_HOP.keys() - {OWN_CONNECTION}))

    return free_of("no header of the visitor's connection alone", passed, between=", ")


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def internal_addresses(platform: Platform) -> tuple[str, ...]:
    """Those of all tasks so far, and of AWS's stand-in where there is one."""
    tasks = [*platform.fleet.history("hermes"), *platform.fleet.history("edit")]
    found = {task.ip for task in tasks if task.ip}
    endpoint = platform.profile.aws.endpoint
    return tuple(sorted(found | ({endpoint.partition("://")[2].rstrip("/")} if endpoint else set())))
