"""Records as an index in motion tells them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from acceptance.config.sections import Names
from acceptance.drivers.aws import Clients
from acceptance.drivers.session_table import SessionTable


def item(session_id: str, status: str, created_at: str) -> dict[str, dict[str, str]]:
    said = {"sessionId": session_id, "userId": "u", "status": status, "createdAt": created_at}
    return {name: {"S": value} for name, value in said.items()}


def test_a_session_that_moves_between_two_pages_is_found_once_in_its_place() -> None:
    one = item("one", "draining", "2026-01-01T12:00:00.000Z")
    two = item("two", "draining", "2026-01-01T12:00:01.000Z")
    moved = {**one, "status": {"S": "inactive"}}
    pages = [{"Items": [one, two]}, {"Items": [moved]}]
    table = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: iter(pages)))
    clients = cast(Clients, SimpleNamespace(of=lambda _: table))
    names: Any = SimpleNamespace(table="edit-sessions", client_index="clientId-status-index")
    found = SessionTable(clients, cast(Names, names)).of_client("acme")
    assert [(record.session_id, record.status) for record in found] == [
        ("one", "inactive"),
        ("two", "draining"),
    ]
