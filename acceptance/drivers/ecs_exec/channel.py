"""Commands in a running task, through ECS Exec: ExecuteCommand opens a session, its output comes over a WebSocket.

The API reports neither output nor exit code, and on AWS the output passes a terminal. So each command runs in a
wrapper that writes its output, its errors and its exit code in base64 between marks of our own.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import websocket
from botocore.exceptions import ClientError

from acceptance.drivers.aws import Clients, error_code
from acceptance.drivers.ecs_exec import ssm
from acceptance.drivers.http import DIRECT
from acceptance.waiting.errors import CommandFailed, CutShort, NotReady, UnexpectedAnswer, Unreachable
from acceptance.waiting.trace import LONGEST, TRACE, Lane
from acceptance.waiting.waits import Deadline

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import SessionTypeDef


Heard = Callable[[bytes], object]
"""Is told all that has come over a channel so far, whenever there is more."""


@dataclass(frozen=True)
class CommandOutput:
    """What a command left: exit code and both streams, byte for byte."""

    exit_code: int
    stdout: bytes
    stderr: bytes

    def checked(self, command: str) -> CommandOutput:
        """This, if the exit code is 0; else `CommandFailed` with the command's own words."""
        if self.exit_code != 0:
            said = (self.stderr or self.stdout).decode("utf-8", "replace").strip()
            raise CommandFailed(
                f"exit code {self.exit_code} of {command!r}: {said[:500] or 'it said nothing'}"
            )
        return self

    @property
    def told(self) -> str:
        """Exit code and the beginning of the output: for a time line."""
        return f"exit code {self.exit_code} {self.stdout[:LONGEST].decode('utf-8', 'replace')}".rstrip()

    @property
    def text(self) -> str:
        """Standard output as UTF-8, undecodable bytes replaced."""
        return self.stdout.decode("utf-8", "replace")


class ExecChannel:
    """Runs commands in containers of one cluster."""

    def __init__(self, clients: Clients, cluster: str, ca_file: Path | None = None) -> None:
        self._clients = clients
        self._cluster = cluster
        self._ca_file = ca_file

    def run(
        self, task_arn: str, container: str, script: str, *, deadline: Deadline, heard: Heard | None = None
    ) -> CommandOutput:
        """Run a POSIX shell script in a container and wait for its end.

        What the script writes to its descriptor 3 is `heard` at once, and is no part of its output: a task may take no
        second session to look at what the first one does (ECS guide, "ECS Exec considerations").

        Raises:
            NotReady: the task or its exec agent cannot take a command yet; worth another try.
            Unreachable: the channel broke off or was silent until the deadline.
            CutShort: the command did not run to its end.
            UnexpectedAnswer: the other side does not speak the protocol.
        """
        mark = f"m{secrets.token_hex(8)}"
        with TRACE.during(Lane.COMMANDS, f"in task {task_arn.rpartition('/')[2]}", script) as event:
            session = self._open_session(task_arn, container, command_line(script, mark))
            channel = self._connect(str(session["streamUrl"]), str(session["tokenValue"]), deadline)
            try:
                received = _Conversation(channel, deadline, heard or (lambda _: None)).until_closed(mark)
            finally:
                channel.close()
            done = parse(received, mark)
            event.outcome = done.told
        return done

    def _open_session(self, task_arn: str, container: str, command: str) -> SessionTypeDef:
        try:
            answer = self._clients.of("ecs").execute_command(
                cluster=self._cluster,
                task=task_arn,
                container=container,
                command=command,
                interactive=True,
            )
        except ClientError as failure:
            code, message = error_code(failure), str(failure)
            # ECS has one code for "the agent still starts", "the task just ended" and a wrong request.
            passing = any(
                words in message.lower() for words in ("execute command agent", "not running", "stopped")
            )
            if code == "TargetNotConnectedException" or (code == "InvalidParameterException" and passing):
                raise NotReady(f"ECS Exec in {task_arn}: {message}") from failure
            raise
        return answer["session"]

    def _connect(self, url: str, token: str, deadline: Deadline) -> Any:
        secure: dict[str, object] = {"cert_reqs": ssl.CERT_REQUIRED}
        here = urlsplit(url).hostname in ("localhost", "127.0.0.1")
        if self._ca_file and here:
            secure["ca_certs"] = str(self._ca_file)
        channel: Any = websocket.WebSocket(sslopt=secure)
        channel.settimeout(deadline.left_s())
        try:
            # AWS may have to be reached through the environment's proxy, this machine never.
            channel.connect(url, **(DIRECT if here else {}))
            channel.send(ssm.opening(token))
        except (OSError, websocket.WebSocketException) as failure:
            channel.close()
            raise Unreachable(f"data channel {urlsplit(url).netloc}: {failure}") from failure
        return channel


class _Conversation:
    """One session's exchange of frames: acknowledges, puts output in order, answers the handshake."""

    def __init__(self, channel: Any, deadline: Deadline, heard: Heard) -> None:
        self._channel = channel
        self._deadline = deadline
        self._heard = heard
        self._expected = 0
        self._early: dict[int, ssm.Message] = {}
        self._sent = 0
        self._output = bytearray()

    def until_closed(self, mark: str) -> bytes:
        """Everything the command wrote, until the other side closes or the closing mark has come."""
        finished = f"{mark}:end".encode()
        while True:
            message = self._receive()
            if message is None:
                return bytes(self._output)
            if message.kind == ssm.CLOSED:
                return bytes(self._output)
            if message.kind == ssm.OUTPUT:
                self._channel.send_binary(ssm.pack(ssm.acknowledgement(message)))
                self._take(message)
                self._heard(bytes(self._output))
            if finished in self._output:
                return bytes(self._output)

    def _receive(self) -> ssm.Message | None:
        self._channel.settimeout(self._deadline.left_s())
        try:
            frame = self._channel.recv()
        except websocket.WebSocketTimeoutException as silence:
            raise Unreachable(
                f"data channel: silent until the deadline; so far: {self._so_far()}"
            ) from silence
        except websocket.WebSocketConnectionClosedException:
            return None
        except (OSError, websocket.WebSocketException) as failure:
            raise Unreachable(f"data channel broke off ({failure}); so far: {self._so_far()}") from failure
        if not frame:
            return None
        if isinstance(frame, str):
            raise UnexpectedAnswer(f"data channel: expected binary frames, found the text {frame[:200]!r}")
        return ssm.unpack(frame)

    def _take(self, message: ssm.Message) -> None:
        """Handle stream messages in the order of their numbers, each once."""
        self._early[message.sequence] = message
        while self._expected in self._early:
            current = self._early.pop(self._expected)
            self._expected += 1
            if current.payload_type in (ssm.Payload.OUTPUT, ssm.Payload.STDERR, ssm.Payload.ERROR):
                self._output += current.payload
            elif current.payload_type == ssm.Payload.HANDSHAKE_REQUEST:
                self._send(ssm.handshake_response(current), ssm.Payload.HANDSHAKE_RESPONSE)

    def _send(self, payload: bytes, payload_type: ssm.Payload) -> None:
        flags = ssm.SYN if self._sent == 0 else 0
        message = ssm.Message(ssm.INPUT, payload, payload_type, self._sent, flags)
        self._sent += 1
        self._channel.send_binary(ssm.pack(message))

    def _so_far(self) -> str:
        return repr(bytes(self._output[-200:]).decode("utf-8", "replace"))


def command_line(script: str, mark: str) -> str:
    """One line for ExecuteCommand: it survives any splitting into words, and any shell around it."""
    wrapped = f"""
d="${{TMPDIR:-/tmp}}/{mark}"
mkdir -m 700 "$d" || exit 1
( {script}
) 3>&1 >"$d/out" 2>"$d/err" </dev/null
code=$?
printf '\\n%s:out\\n' {mark}; base64 <"$d/out"
printf '%s:err\\n' {mark}; base64 <"$d/err"
rm -rf "$d"
printf '%s:code=%s\\n%s:end\\n' {mark} "$code" {mark}
"""
    encoded = base64.b64encode(wrapped.encode()).decode("ascii")
    return f'/bin/sh -c "echo {encoded} | base64 -d | /bin/sh"'


def parse(received: bytes, mark: str) -> CommandOutput:
    """The wrapper's output taken apart; CutShort if it never got to its end, UnexpectedAnswer if it is damaged."""
    text = received.replace(b"\r", b"").decode("utf-8", "replace")
    found = re.search(rf"{mark}:out\n(.*?){mark}:err\n(.*?){mark}:code=(\d+)\n{mark}:end", text, re.DOTALL)
    if found is None:
        raise CutShort(
            "ECS Exec: the command did not run to its end, as when its task ends meanwhile; "
            f"it wrote {json.dumps(text[-500:])}"
        )
    try:
        stdout, stderr = (
            base64.b64decode("".join(part.split()), validate=True) for part in found.groups()[:2]
        )
    except binascii.Error as damaged:
        raise UnexpectedAnswer(f"ECS Exec: output is no base64: {json.dumps(text[-500:])}") from damaged
    return CommandOutput(int(found[3]), stdout, stderr)
