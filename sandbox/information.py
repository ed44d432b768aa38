"""How a running sandbox is found and asked: the info document over HTTP, and its copy in the state folder."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sandbox.endpoints import RUN, Endpoints
from sandbox.host.reaper import PREFIX, withdraw
from sandbox.host.state import State
from sandbox.strangers import refusal

CHECKOUT = Path(__file__).resolve().parents[1]
"""The project folder that this is run from."""

RUNNING = "running.json"


class InformationServer:
    """Serves the info document on a free loopback port, below a path that whoever asks must know: it holds keys.

    503 until `publish` was called.
    """

    def __init__(self) -> None:
        self._document: bytes | None = None
        self._ready_file: Path | None = None
        self._path = f"/{secrets.token_urlsafe(16)}/"
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = outer._answer(self)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads who asked for the document."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="information", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the document is served, with a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_port}{self._path}"

    def publish(self, endpoints: Endpoints, state: State, ready_file: Path | None) -> None:
        """Serve the document from now on, and write it to the state folder and to `ready_file` (atomically)."""
        text = json.dumps(endpoints.document(), indent=2)
        self._document = text.encode()
        _write(state.root / RUNNING, json.dumps({"pid": os.getpid(), **endpoints.document()}))
        if ready_file is not None:
            self._ready_file = ready_file
            _write(ready_file, text)

    def close(self, state: State) -> None:
        """Stop serving; the ready file goes, too."""
        if self._ready_file is not None:
            withdraw(self._ready_file, state.id)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        reason = refusal(request.headers["Host"], request.headers["Origin"])
        if reason is not None:
            return 403, json.dumps({"error": reason}).encode()
        if not secrets.compare_digest(request.path.encode(), self._path.encode()):
            return 404, b'{"error": "expected the whole address that the sandbox printed"}'
        return (503, b'{"status": "starting"}') if self._document is None else (200, self._document)


@dataclass(frozen=True)
class Running:
    """A sandbox that runs on this machine, found by its state folder. `pid` is the sandbox's process."""

    pid: int
    endpoints: Endpoints

    def __str__(self) -> str:
        told = self.endpoints
        return (
            f"sandbox {told.id}: process {self.pid}, timing {told.timing}, idle time {told.idle_timeout_s:g} s, "
            f"started by a {told.started_by} from {told.checkout}"
        )


def running() -> list[Running]:
    """The sandboxes of this user and this version that have finished starting, oldest first."""
    found = []
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{RUNNING}"):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            pid = document.pop("pid")
            os.kill(pid, 0)
            found.append((path.stat().st_mtime, Running(pid, Endpoints.read(document))))
        except (FileNotFoundError, PermissionError, ProcessLookupError, TypeError):
            continue
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0])]


def chosen(sandboxes: list[Running], wanted: str, checkout: Path = CHECKOUT) -> Running:
    """The sandbox with that id, or the one that a person has started from this checkout.

    Raises:
        LookupError: there is none, or more than one; the text says what to do.
    """
    if wanted:
        found = [each for each in sandboxes if each.endpoints.id == wanted]
    else:
        own = [each for each in sandboxes if each.endpoints.checkout == str(checkout)]
        found = [each for each in own if each.endpoints.started_by != RUN]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.endpoints.id for each in found)
        raise LookupError(f"{len(found)} sandboxes of this checkout run: say which with --id, one of {ids}")
    what = (
        f"No sandbox {wanted} runs here"
        if wanted
        else "No sandbox that a person started from this checkout runs"
    )
    raise LookupError(f"{what}; `python -m sandbox status --all` lists those that do, `up` starts one.")


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
