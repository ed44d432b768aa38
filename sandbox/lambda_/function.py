"""The sandbox's end of a Lambda host: starts it, knows its ports, invokes it."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.host.processes import Process, Processes
from sandbox.lambda_.host import READY_VARIABLE, TIMEOUT_S, TOKEN_HEADER, TOKEN_VARIABLE

START_TIMEOUT_S = 20.0
LOOK_S = 0.1
FAILED = http.HTTPStatus.INTERNAL_SERVER_ERROR


class InvocationError(Exception):
    """The function raised, or its host did not answer; `failure` is how Lambda tells it to who invoked it."""

    def __init__(self, text: str, failure: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.failure = failure or {"errorType": "Runtime.ExitError", "errorMessage": text}


@dataclass(frozen=True)
class LambdaFunction:
    """A running host. `alb_port` takes the load balancer's requests, `invoke_port` events."""

    process: Process
    alb_port: int
    invoke_port: int
    token: str

    @classmethod
    def start(
        cls,
        processes: Processes,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        name: str = "lambda",
        part: str = "",
    ) -> LambdaFunction:
        """Start a host and wait until it serves; RuntimeError, with the end of its log, if it does not.

        `name` and `part` as `Processes.spawn` has them.
        """
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(LOOK_S)
            host, port = listening.getsockname()
            token = secrets.token_urlsafe()
            told = {READY_VARIABLE: f"{host}:{port}", TOKEN_VARIABLE: token}
            process = processes.spawn(argv, env={**env, **told}, cwd=cwd, log=log, name=name, part=part)
            ports = _await_ports(listening, process, log)
        return cls(process, ports["alb"], ports["invoke"], token)

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Hand over an event and return what the function returned; InvocationError if it failed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.invoke_port, timeout=TIMEOUT_S + 5)
        try:
            headers = {"Content-Type": "application/json", TOKEN_HEADER: self.token}
            connection.request("POST", "/invoke", json.dumps(event), headers)
            response = connection.getresponse()
            body = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise InvocationError(f"Lambda host (pid {self.process.pid}): no answer: {error}") from error
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            text = f"Lambda function: expected an answer, found {response.status}: {body}"
            raise InvocationError(text, json.loads(body) if response.status == FAILED else None)
        return json.loads(body)


def _await_ports(listening: socket.socket, process: Process, log: Path) -> dict[str, int]:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        with connection, connection.makefile() as lines:
            connection.settimeout(START_TIMEOUT_S)
            ports: dict[str, int] = json.loads(lines.readline())
            return ports
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(
        f"{process.name}: expected it to serve within {START_TIMEOUT_S} s, found exit code {process.poll()}; "
        f"see {log}:\n{tail}"
    )
