"""What the load balancer lets through to a target, and what it keeps to itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from acceptance.drivers.raw_http import RawHttpClient
from acceptance.strangers.forwarded_request import HOP_BY_HOP
from tests.sandbox.alb.alb_stand import Target, edge, eventually


@pytest.fixture(scope="module")
def wire() -> Iterator[RawHttpClient]:
    with edge() as alb:
        target = Target()
        target.start()
        group = alb.group("requests")
        alb.register(group, target)
        alb.rule(10, ["/echo"], group)
        eventually(lambda: alb.health(group), [("healthy", None)], 5)
        yield RawHttpClient(alb.url, ca_file=Path(alb.ca), timeout=timedelta(seconds=5))
        target.stop()


def seen(wire: RawHttpClient, method: str, headers: dict[str, str]) -> dict[str, str]:
    found = wire.send(method, "/echo", headers=headers).json()
    assert isinstance(found, dict)
    assert found["method"] == method
    return {str(name): str(value) for name, value in found["headers"].items()}


def test_headers_of_the_clients_connection_end_at_the_load_balancer(wire: RawHttpClient) -> None:
    passed = seen(wire, "GET", {**HOP_BY_HOP, "x-mine": "yes"})
    assert "x-mine" in passed
    assert not HOP_BY_HOP.keys() & passed.keys()


def test_a_method_nobody_knows_is_routed_like_any_other(wire: RawHttpClient) -> None:
    assert wire.send("BREW", "/elsewhere").status == 404
