"""Hermes sees a preview as its visitors do: at the public address, over TLS, and by nobody's word."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from sandbox.services.hermes.visitor import Visitor


class Door(HTTPServer):
    """A load balancer that answers every path with one status."""

    status = 503
    behind: frozenset[int] = frozenset()
    """The numbers of those requests that a node answers which does not know the rule yet."""

    def __init__(self, authority: trustme.CA) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("localhost").configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def origin(self) -> str:
        """Where it is found."""
        return f"https://localhost:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Who does not trust it hangs up."""


class Answer(BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        known = len(self.server.asked) not in self.server.behind
        self.send_response(self.server.status if known else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    found = Door(authority)
    yield found
    found.shutdown()
    found.server_close()


def test_a_preview_is_reached_when_its_public_address_answers_200(door: Door) -> None:
    visitor = Visitor(door.origin)
    for status, reached in ((503, False), (404, False), (410, False), (200, True)):
        door.status = status
        assert visitor.reaches("one") is reached
    assert set(door.asked) == {"/session/one/health"}


def test_a_preview_that_some_node_does_not_know_yet_is_not_reached(door: Door) -> None:
    door.status, door.behind = 200, frozenset({5})
    assert not Visitor(door.origin).reaches("one")
    assert len(door.asked) == 5, "one that does not know it is enough"


def test_an_address_that_nobody_vouches_for_is_not_reached(
    door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    door.status = 200
    assert not Visitor(door.origin).reaches("one")
    assert door.asked == []


def test_an_address_where_nobody_listens_is_not_reached(door: Door) -> None:
    visitor = Visitor(door.origin)
    door.shutdown()
    door.server_close()
    assert not visitor.reaches("one")
