"""Hermes' HTTP face: `GET /hermes/health`, on threads that nothing else uses."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any


class HealthServer(socketserver.ThreadingTCPServer):
    """Answers from the moment it is made, before anything else of Hermes is up. `leader` is asked at each request."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], task_arn: str) -> None:
        super().__init__(address, _Handler)
        self.task_arn = task_arn
        self.leader: Callable[[], bool] = lambda: False
        threading.Thread(target=self.serve_forever, name="health", daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no event; anything else is one."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def document(self) -> dict[str, object]:
        """What `/hermes/health` answers."""
        return {"service": "hermes", "taskArn": self.task_arn, "leader": self.leader()}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait until the load balancer confirms the first.
    disable_nagle_algorithm = True
    # Longer than the load balancer keeps an idle connection: it may send a request on one until then.
    timeout = 75
    server: HealthServer

    def do_GET(self) -> None:
        if self.path.split("?")[0] == "/hermes/health":
            self._answer(200, self.server.document())
        else:
            self._error(404, "not_found", f"There is nothing at {self.path}.")

    do_HEAD = do_GET  # noqa: N815

    def _refuse(self) -> None:
        self._error(405, "method_not_allowed", f"{self.path} takes GET, HEAD.", allow="GET, HEAD")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _refuse  # noqa: N815

    def _error(self, status: int, code: str, message: str, **headers: str) -> None:
        # A request's body is not read here: the next request on this connection would start in the middle of it.
        self.close_connection = True
        self._answer(status, {"error": {"code": code, "message": message}}, **headers)

    def _answer(self, status: int, document: dict[str, object], **headers: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Service", "hermes")
        for name, value in headers.items():
            self.send_header(name.title(), value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Health checks come several times a second: none of them is news."""
