"""How a running sandbox is found and asked: the info document over HTTP, and its copy in the state folder."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sandbox.settings import Endpoints
from sandbox.state import PREFIX, State


class InformationServer:
    """Serves the info document at `/` on a free loopback port; 503 until `publish` was called."""

    def __init__(self) -> None:
        self._document: bytes | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = outer._document
                self.send_response(503 if body is None else 200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body or b'{"status": "starting"}')

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads who asked for the document."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="information", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the document is served, with a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def publish(self, endpoints: Endpoints, state: State, ready_file: Path | None) -> None:
        """Serve the document from now on, and write it to the state folder and to `ready_file` (atomically)."""
        text = json.dumps(endpoints.document(), indent=2)
        self._document = text.encode()
        _write(state.root / RUNNING, json.dumps({"pid": os.getpid(), **endpoints.document()}))
        if ready_file is not None:
            _write(ready_file, text)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


RUNNING = "running.json"


@dataclass(frozen=True)
class Running:
    """A sandbox that runs on this machine, found by its state folder. `pid` is the sandbox's process."""

    root: Path
    pid: int
    endpoints: Endpoints


def running() -> list[Running]:
    """The sandboxes of this user that have finished starting, oldest first."""
    found = []
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{RUNNING}"):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            pid = document.pop("pid")
            os.kill(pid, 0)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        found.append((path.stat().st_mtime, Running(path.parent, pid, Endpoints(**document))))
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
