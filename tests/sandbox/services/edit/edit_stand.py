"""A stand for tests of Edit: the real service as a process, a metadata document and a table beside it."""

from __future__ import annotations

import http.client
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

import boto3
import psutil
from moto.server import ThreadedMotoServer

from sandbox.host import preview_forks, toolchain
from sandbox.host.parts import Parts
from sandbox.host.preview_forks import PreviewForks
from sandbox.host.state import State
from sandbox.services.edit.preview import free_port

# Not the address that Vite knows as its own machine: a task has another.
ADDRESS = "127.77.0.77"
TASK_ARN = "arn:aws:ecs:us-east-1:123456789012:task/live-preview/edit-under-test"
ORIGIN = "https://localhost:8443"
TABLE = "edit-sessions"
_PATIENCE_S = 60.0
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}

T = TypeVar("T")


def until(probe: Callable[[], T | None], what: str) -> T:
    """The probe's first answer that is true; AssertionError when there is none in a minute."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        Event().wait(0.03)
    raise AssertionError(f"expected {what} within {_PATIENCE_S:.0f} s, it did not come about")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str
    type: str

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class EditStand:
    """Edit, started in `folder` with its workspaces, remotes and scratch folder below it; its previews are `forked`
    where this system can do that, as in the sandbox."""

    folder: Path
    forked: bool = True
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    ended: list[Callable[[], object]] = field(default_factory=list)
    database: Any = None

    @property
    def workspaces(self) -> Path:
        """What is mounted at `/workspace` on AWS."""
        return self.folder / "workspace"

    def start(self) -> None:
        """Start everything; returns once Edit answers."""
        tools = toolchain.ensure(logging.getLogger(__name__).info)
        for name in ("workspace", "remotes", "scratch"):
            (self.folder / name).mkdir()
        self.port = free_port(ADDRESS, set())
        metadata = _metadata()
        self.ended.append(metadata.shutdown)
        moto = ThreadedMotoServer(ADDRESS, 0, verbose=False)
        moto.start()
        self.ended.append(moto.stop)
        host, moto_port = moto.get_host_and_port()
        endpoint = f"http://{host}:{moto_port}"
        self.database = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        self.database.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "sessionId", "KeyType": "HASH"},
                {"AttributeName": "userId", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("sessionId", "userId")
            ],
        )
        # moto keeps it for the next server of this process.
        self.ended.append(partial(self.database.delete_table, TableName=TABLE))
        environment = {
            **_CREDENTIALS,
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "scratch"),
            "PYTHONPATH": str(Path(__file__).parents[4]),
            "AWS_ENDPOINT_URL": endpoint,
            "ECS_CONTAINER_METADATA_URI_V4": f"http://{ADDRESS}:{metadata.server_port}/v4/edit",
            "PORT": str(self.port),
            "TABLE_NAME": TABLE,
            "RECORD_TTL_S": "86400",
            "PREVIEW_ORIGIN": ORIGIN,
            "WORKSPACE_ROOT": str(self.workspaces),
            "SITE_REMOTE_ROOT": str(self.folder / "remotes"),
            "STARTER_SITE": str(toolchain.SITE),
            "NODE": str(tools.node),
            "NODE_MODULES": str(tools.node_modules),
        }
        if self.forked and preview_forks.supported():
            state = State(self.folder / "state")
            for place in (state.root, state.logs, state.pids):
                place.mkdir()
            forks = PreviewForks(tools, state, Parts())
            self.ended.append(forks.close)
            environment["PREVIEW_FORKS"] = str(forks.socket)
        with (self.folder / "edit.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.services.edit"],
                env=environment,
                cwd=self.folder / "scratch",
                stderr=log,
                # As a task has.
                process_group=0,
            )
        until(self._answers, "Edit to listen")

    def stop(self) -> None:
        """Stop Edit as ECS does, and what stands beside it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        for end in reversed(self.ended):
            end()

    def log(self) -> str:
        """What Edit has written to its log."""
        return (self.folder / "edit.log").read_text(errors="replace")

    def call(
        self, method: str, path: str, body: object = None, *, port: int | None = None, accept: str = "*/*"
    ) -> Answer:
        """One request, its path sent as it is; to Edit itself unless `port` names a preview's."""
        connection = http.client.HTTPConnection(ADDRESS, port or self.port, timeout=30)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Accept": accept})
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            return Answer(response.status, text, response.getheader("content-type") or "")
        finally:
            connection.close()

    def put(
        self, session_id: str, instruction: str, *, user: str = "test@example.com", thread: str = "t-1"
    ) -> Answer:
        """Ask for a session of client `test-client`."""
        wanted = {
            "clientId": "test-client",
            "userId": user,
            "threadId": thread,
            "instructionId": f"first-{session_id}",
            "instruction": instruction,
        }
        return self.call("PUT", f"/sessions/{session_id}", wanted)

    def settled(self, session_id: str) -> dict[str, Any]:
        """The session once it is no longer opening."""

        def look() -> dict[str, Any] | None:
            document: dict[str, Any] = self.call("GET", f"/sessions/{session_id}").json()
            return document if document["state"] != "opening" else None

        return until(look, f"session {session_id} to be ready or failed")

    def instruct(self, session_id: str, instruction_id: str, instruction: str) -> Answer:
        """Send one more instruction."""
        body = {"instructionId": instruction_id, "instruction": instruction}
        return self.call("POST", f"/sessions/{session_id}/instructions", body)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        try:
            return self.call("GET", "/health").status == 200
        except ConnectionRefusedError:
            return False


def _metadata() -> ThreadingHTTPServer:
    """A task metadata endpoint for one task."""
    document = {"TaskARN": TASK_ARN, "Containers": [{"Networks": [{"IPv4Addresses": [ADDRESS]}]}]}

    class Metadata(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: object) -> None:
            """Tests read Edit's log, not this one."""

    server = ThreadingHTTPServer((ADDRESS, 0), Metadata)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def listeners(edit: EditStand, port: int) -> list[int]:
    """The processes of this very Edit that listen on the port: others have it on addresses of their own."""
    assert edit.process is not None
    family = [one for one in psutil.process_iter() if _group(one.pid) == edit.process.pid]
    listening = {process.pid: _listening(process) for process in family}
    return [pid for pid, sockets in listening.items() if any(found.laddr.port == port for found in sockets)]


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _listening(process: psutil.Process) -> list[Any]:
    try:
        return [found for found in process.net_connections("tcp") if found.status == psutil.CONN_LISTEN]
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return []
