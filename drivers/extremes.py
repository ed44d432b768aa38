"""Requests at and beyond the limits of a load balancer, by name (AWS: "Quotas", "Troubleshoot your load balancers")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HEALTH = "/api/health"
ACTIVATE = "/api/sessions/activate"
KIB = 1024
JSON = {"content-type": "application/json"}
WEBSOCKET = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""The head of a WebSocket's opening handshake, with the key of RFC 6455's own example."""


@dataclass(frozen=True)
class Extreme:
    """A request to send as it is."""

    method: str = "GET"
    path: str = HEALTH
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def extreme(name: str) -> Extreme:
    """The request of this name; KeyError for one that is not in the list."""
    return {
        "a header of 15 KiB": Extreme(headers={"x-long": "a" * 15 * KIB}),
        "a header of 17 KiB": Extreme(headers={"x-long": "a" * 17 * KIB}),
        "headers of 70 KiB together": Extreme(headers={f"x-long-{n}": "a" * 10 * KIB for n in range(7)}),
        "a path of 2,000 characters": Extreme(path=f"/{'a' * 1999}"),
        "the method TRACE": Extreme(method="TRACE"),
        "the method BREW": Extreme(method="BREW", path="/"),
        "31 addresses it came by": Extreme(headers={"x-forwarded-for": ", ".join(["203.0.113.7"] * 31)}),
        "an empty body": Extreme("POST", ACTIVATE, JSON, b""),
        "a body of 1 MiB": Extreme("POST", ACTIVATE, JSON, _text_of(KIB * KIB)),
        "a body of 2 MiB": Extreme("POST", ACTIVATE, JSON, _text_of(2 * KIB * KIB)),
        "a wish for a socket": Extreme(headers=WEBSOCKET),
    }[name]


def _text_of(size: int) -> bytes:
    return b'"' + b"x" * (size - 2) + b'"'
