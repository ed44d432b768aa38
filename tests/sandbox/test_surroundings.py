"""A person's proxies and AWS profiles, which a platform on this machine has nothing to do with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
import websocket

from acceptance.config.sections import Aws
from acceptance.drivers.aws import Clients
from acceptance.drivers.http import DIRECT
from acceptance.waiting.errors import CredentialsEnded
from sandbox.surroundings import LOOPBACK, leave_outside

NOWHERE = "http://127.0.0.1:1"


class Handler(BaseHTTPRequestHandler):
    """Answers every call as STS would answer GetCallerIdentity."""

    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.asked.append(self.path)
        inner = "GetCallerIdentityResult"
        body = f"<R><{inner}><Account>1</Account></{inner}></R>".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A stand-in for AWS on loopback."""
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that leads nowhere, with no exceptions, and a profile that nobody has."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, NOWHERE)
        monkeypatch.setenv(name.upper(), NOWHERE)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_PROFILE", "nobody")


def test_a_stand_in_with_keys_of_its_own_is_reached_past_proxy_and_profile(endpoint: str) -> None:
    clients = Clients(Aws("us-east-1", endpoint, "key", "secret"))
    assert clients.of("sts").get_caller_identity()["Account"] == "1"


def test_where_the_persons_own_profile_is_needed_and_missing_that_is_told() -> None:
    with pytest.raises(
        CredentialsEnded, match=r"\(nobody\).*AWS_PROFILE must name a profile of ~/\.aws/config"
    ):
        Clients(Aws("us-east-1"))


def test_a_websocket_to_the_load_balancer_takes_no_proxy(endpoint: str) -> None:
    connection: Any = websocket.WebSocket()
    # The stand-in speaks no WebSocket; that it is heard says that nothing stands between.
    with pytest.raises(websocket.WebSocketBadStatusException, match="501"):
        connection.connect(endpoint.replace("http", "ws"), **DIRECT)


def test_the_sandbox_keeps_the_proxy_for_what_is_installed_and_reaches_itself_without() -> None:
    environment = {"HTTPS_PROXY": NOWHERE, "NO_PROXY": "example.org", "AWS_PROFILE": "nobody", "PATH": "/bin"}
    leave_outside(environment)
    assert environment == {
        "HTTPS_PROXY": NOWHERE, "PATH": "/bin",
        "NO_PROXY": f"example.org,{LOOPBACK}", "no_proxy": f"example.org,{LOOPBACK}",
    }  # fmt: skip
