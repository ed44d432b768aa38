"""The last error that a service wrote into its log, and the last lines of that."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.drivers.logs import ServiceLogs

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LINES = {
    "/ecs/hermes": [
        (2, "10:00 ERROR the second"),
        (1, "10:00 ERROR the first"),
        (3, "10:01 INFO all is well"),
    ],
    "/ecs/edit": [(1, "INFO nothing"), (2, "botocore.errorfactory.ThrottlingException: slow down")],
}


class Logs:
    """CloudWatch's client, as far as it is used."""

    def get_paginator(self, _name: str) -> Any:
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, *, logGroupName: str, startTime: int) -> list[dict[str, object]]:  # noqa: N803
        assert startTime == int(NOON.timestamp() * 1000)
        return [{"events": [{"timestamp": at, "message": f"{text}\n"}]} for at, text in LINES[logGroupName]]


def logs() -> ServiceLogs:
    clients: Any = SimpleNamespace(of=lambda _api: Logs())
    return ServiceLogs(clients, tuple(LINES))


def last_error(service: str) -> str | None:
    return logs().last_error(service, NOON)


def test_the_latest_line_that_tells_of_an_error_is_found_in_the_services_own_log() -> None:
    assert last_error("hermes") == "10:00 ERROR the second"
    assert last_error("edit") == "botocore.errorfactory.ThrottlingException: slow down"


def test_a_service_without_a_log_has_no_error() -> None:
    assert last_error("the session API") is None


def test_the_tail_of_a_log_is_in_the_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acceptance.drivers.logs.LAST_LINES", 2)
    assert logs().tail("/ecs/hermes", NOON).splitlines() == [
        "00:00:00.002000 : 10:00 ERROR the second",
        "00:00:00.003000 : 10:01 INFO all is well",
    ]
    monkeypatch.setitem(LINES, "/ecs/edit", [])
    assert logs().tail("/ecs/edit", NOON) == "no line in /ecs/edit since 12:00:00"
