"""Requests that are right but for one thing, by the name of what is wrong with them.

And those at and beyond the limits of a load balancer (AWS: "Quotas", "Troubleshoot your load balancers").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from acceptance.drivers.session_api import API
from acceptance.journeys.customer_session import Customer

KIB = 1024

HEALTH = "/api/health"

ACTIVATE = f"{API}/activate"


@dataclass(frozen=True)
class Request:
    """A request to send as it is."""

    method: str = "GET"
    path: str = HEALTH
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


_WITHOUT = {"no client": "clientId", "no customer": "userId", "no instruction": "instruction"}

_INSTEAD: Mapping[str, tuple[str, object]] = MappingProxyType(
    {
        "an empty client": ("clientId", ""),
        "a client in capital letters": ("clientId", "Acme"),
        "a client that climbs out of a path": ("clientId", "../acme"),
        "a client of 64 characters": ("clientId", "a" * 64),
        "the end of a line behind the client": ("clientId", "acme\n"),
        "a client that is a number": ("clientId", 7),
        "a customer that is no address": ("userId", "anna"),
        "a customer that is a list": ("userId", ["anna@example.com"]),
        "an empty instruction": ("instruction", ""),
        "an instruction of blanks": ("instruction", " \n\t"),
        "an over-long instruction": ("instruction", "x" * 20 * KIB),
        "a thread that climbs out of a path": ("threadId", "../main"),
        "half a character in the instruction": ("instruction", "Change the heading to \ud800"),
    }
)

_BODIES: Mapping[str, bytes | None] = MappingProxyType(
    {
        "a body that is not JSON": b"{clientId: anna",
        "no body": None,
        "a list for a body": b"[]",
        "NaN in it": b'{"clientId": "acme", "userId": "anna@example.com", "instruction": "Open", "at": NaN}',
        "a body of 512 KiB": b'{"instruction": "' + b"x" * 512 * KIB + b'"}',
        "lists in lists, 20,000 deep": b'{"clientId": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        "a number of 20,000 digits": b'{"clientId": ' + b"9" * 20_000 + b"}",
    }
)

_CLAIMS: Mapping[str, str] = MappingProxyType(
    {
        "a body that is not the gzip it claims to be": "gzip",
        "a body that is not the Brotli it claims to be": "br",
    }
)
"""What plain text calls itself (`Content-Encoding`)."""

_TO_A_SESSION: Mapping[str, tuple[str, str, bytes | None]] = MappingProxyType(
    {
        "no instruction": ("POST", "instructions", b"{}"),
        "an empty instruction": ("POST", "instructions", b'{"instruction": ""}'),
        "an instruction that is a number": ("POST", "instructions", b'{"instruction": 7}'),
        "an over-long instruction": ("POST", "instructions", b'{"instruction": "' + b"x" * 20 * KIB + b'"}'),
        "half a character in the instruction": ("POST", "instructions", b'{"instruction": "\\ud800"}'),
        "an instruction that is not JSON": ("POST", "instructions", b"Close the shop"),
        "an instruction of 512 KiB": ("POST", "instructions", _BODIES["a body of 512 KiB"]),
        "a wrong method to instruct": ("PUT", "instructions", b'{"instruction": "Close the shop"}'),
        "a keepalive that is not JSON": ("POST", "keepalive", b"{reason: none"),
        "an end that is not JSON": ("POST", "deactivate", b"{reason: none"),
        "a wrong method to keep alive": ("GET", "keepalive", None),
        "a wrong method to end it": ("GET", "deactivate", None),
    }
)
"""Method, last part of the path, and body."""

_TOO_LATE: Mapping[str, tuple[str, bytes | None]] = MappingProxyType(
    {
        "an instruction": ("instructions", b'{"instruction": "Change the heading to \\"Too late\\""}'),
        "a keepalive": ("keepalive", None),
        "another end": ("deactivate", None),
    }
)
"""Last part of the path, and body."""

NEVER_WAS = "0" * 32


def flawed(flaw: str, customer: Customer) -> Request:
    """The request with this flaw; KeyError for a flaw that is not in the lists above."""
    right: dict[str, object] = {
        "clientId": customer.client_id,
        "userId": customer.user_id,
        "instruction": 'Change the heading to "Never seen"',
    }
    if flaw == "the wrong method":
        return Request("PUT", ACTIVATE, json.dumps(right).encode())
    if flaw == "an instruction for a session that never was":
        body = json.dumps({"instruction": right["instruction"]}).encode()
        return Request("POST", f"{API}/{NEVER_WAS}/instructions", body)
    if flaw == "a member given twice":
        twice = json.dumps(right)[:-1] + ', "userId": "eve@customers.example"}'
        return Request("POST", ACTIVATE, twice.encode())
    if flaw in _CLAIMS:
        return Request("POST", ACTIVATE, json.dumps(right).encode(), {"content-encoding": _CLAIMS[flaw]})
    if flaw in _BODIES:
        return Request("POST", ACTIVATE, _BODIES[flaw])
    if flaw in _WITHOUT:
        del right[_WITHOUT[flaw]]
    else:
        field, value = _INSTEAD[flaw]
        right[field] = value
    return Request("POST", ACTIVATE, json.dumps(right).encode())


def flawed_to(flaw: str, session_id: str) -> Request:
    """The request to a live session with this flaw; KeyError for a flaw that is not in the list above."""
    method, what, body = _TO_A_SESSION[flaw]
    return Request(method, f"{API}/{session_id}/{what}", body)


def too_late(request: str, session_id: str) -> Request:
    """A request that is right but for its time: the session has ended; KeyError for one that is not in the list."""
    what, body = _TOO_LATE[request]
    return Request("POST", f"{API}/{session_id}/{what}", body)


JSON = {"content-type": "application/json"}

WEBSOCKET = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""The head of a WebSocket's opening handshake, with the key of RFC 6455's own example."""


def extreme(name: str) -> Request:
    """The request of this name, at or beyond a limit; KeyError for one that is not in the list."""
    return {
        "a header of 15 KiB": Request(headers={"x-long": "a" * 15 * KIB}),
        "a header of 17 KiB": Request(headers={"x-long": "a" * 17 * KIB}),
        "headers of 70 KiB together": Request(headers={f"x-long-{n}": "a" * 10 * KIB for n in range(7)}),
        "a path of 2,000 characters": Request(path=f"/{'a' * 1999}"),
        "the method TRACE": Request(method="TRACE"),
        "the method BREW": Request(method="BREW", path="/"),
        "31 addresses in X-Forwarded-For": Request(
            headers={"x-forwarded-for": ", ".join(["203.0.113.7"] * 31)}
        ),
        "an empty body": Request("POST", ACTIVATE, b"", JSON),
        "a body of 1 MiB": Request("POST", ACTIVATE, _text_of(KIB * KIB), JSON),
        "a body of 2 MiB": Request("POST", ACTIVATE, _text_of(2 * KIB * KIB), JSON),
        "a WebSocket upgrade": Request(headers=WEBSOCKET),
    }[name]


def _text_of(size: int) -> bytes:
    return b'"' + b"x" * (size - 2) + b'"'
