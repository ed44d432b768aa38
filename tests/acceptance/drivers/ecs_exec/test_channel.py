"""ECS Exec: the frames, and a real command through a stand-in agent that speaks the wire protocol."""

from __future__ import annotations

import asyncio
import json
import struct
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from botocore.exceptions import ClientError

from acceptance.drivers.ecs_exec import ssm
from acceptance.drivers.ecs_exec.channel import ExecChannel, command_line, parse
from acceptance.waiting.errors import CommandFailed, CutShort, NotReady, UnexpectedAnswer, Unreachable
from acceptance.waiting.waits import Deadline
from tests.fake_server import serving

TASK = "arn:aws:ecs:us-east-1:123456789012:task/live/abc"


class Agent:
    """Runs the command and sends its output in frames: `chunk` bytes each, in the order that `shuffle` gives."""

    def __init__(
        self, *, chunk: int = 700, reverse: bool = False, repeat: bool = False, cut: bool = False
    ) -> None:
        self.chunk = chunk
        self.reverse = reverse
        self.repeat = repeat
        self.cut = cut
        self.command = ""
        self.token = ""
        self.acknowledged: set[int] = set()
        self.handshake: dict[str, Any] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.token = json.loads((await socket.receive()).data)["TokenValue"]
        hello = {"AgentVersion": "3.0", "RequestedClientActions": [{"ActionType": "SessionType"}]}
        await self._send(socket, 0, json.dumps(hello).encode(), ssm.Payload.HANDSHAKE_REQUEST)
        await self._until(socket, lambda m: m.payload_type == ssm.Payload.HANDSHAKE_RESPONSE)
        await self._send(socket, 1, b"{}", ssm.Payload.HANDSHAKE_COMPLETE)
        process = await asyncio.create_subprocess_shell(
            self.command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output = (await process.communicate())[0].replace(b"\n", b"\r\n")
        if self.cut:
            output = output[: len(output) // 2]
        parts = [output[at : at + self.chunk] for at in range(0, len(output), self.chunk)]
        numbered = list(enumerate(parts, 2))
        if self.reverse:
            numbered.reverse()
        for number, part in numbered:
            for _ in range(2 if self.repeat else 1):
                await self._send(socket, number, part, ssm.Payload.OUTPUT)
        await socket.send_bytes(ssm.pack(ssm.Message(ssm.CLOSED, b'{"Output": ""}')))
        async for message in socket:
            self._note(ssm.unpack(message.data))
        return socket

    async def _send(
        self, socket: web.WebSocketResponse, number: int, payload: bytes, kind: ssm.Payload
    ) -> None:
        await socket.send_bytes(ssm.pack(ssm.Message(ssm.OUTPUT, payload, kind, number)))

    async def _until(self, socket: web.WebSocketResponse, wanted: Any) -> None:
        while True:
            frame = await socket.receive()
            assert frame.type is WSMsgType.BINARY
            message = ssm.unpack(frame.data)
            self._note(message)
            if wanted(message):
                self.handshake = json.loads(message.payload)
                return

    def _note(self, message: ssm.Message) -> None:
        if message.kind == ssm.ACKNOWLEDGE:
            self.acknowledged.add(json.loads(message.payload)["AcknowledgedMessageSequenceNumber"])


class Ecs:
    """ExecuteCommand, answered with a session of the agent or with an error."""

    def __init__(self, agent: Agent, origin: str, error: ClientError | None = None) -> None:
        self._agent = agent
        self._origin = origin
        self._error = error

    def of(self, service: str) -> Ecs:
        assert service == "ecs"
        return self

    def execute_command(self, **wanted: Any) -> dict[str, Any]:
        if self._error:
            raise self._error
        assert wanted["interactive"] is True
        self._agent.command = wanted["command"]
        return {"session": {"streamUrl": self._origin.replace("http", "ws") + "/x", "tokenValue": "secret"}}


def run(
    agent: Agent,
    script: str,
    error: ClientError | None = None,
    heard: Callable[[bytes], object] | None = None,
) -> Any:
    with serving(agent.handle) as origin:
        channel = ExecChannel(Ecs(agent, origin, error), "live")  # type: ignore[arg-type]
        return channel.run(TASK, "edit", script, deadline=Deadline.after(timedelta(seconds=10)), heard=heard)


def test_a_message_survives_packing() -> None:
    message = ssm.Message(ssm.INPUT, b"payload \x00", ssm.Payload.SIZE, 7, ssm.FIN)
    assert ssm.unpack(ssm.pack(message)) == message


def test_the_head_is_laid_out_as_the_agent_reads_it() -> None:
    identity = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
    frame = ssm.pack(ssm.Message(ssm.ACKNOWLEDGE, b"{}", sequence=3, flags=3, message_id=identity))
    assert struct.unpack(">I", frame[:4]) == (116,)
    assert frame[4:36] == b"acknowledge".ljust(32)
    assert frame[64:80] == bytes.fromhex("8899aabbccddeeff0011223344556677")
    assert frame[116:120] == struct.pack(">I", 2)


@pytest.mark.parametrize("damage", [lambda f: f[:50], lambda f: f[:-1], lambda f: f[:-1] + b"X"])
def test_a_damaged_frame_is_refused(damage: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        ssm.unpack(damage(ssm.pack(ssm.Message(ssm.OUTPUT, b"payload"))))


def test_encryption_is_declined() -> None:
    request = ssm.Message(ssm.OUTPUT, b'{"RequestedClientActions": [{"ActionType": "KMSEncryption"}]}')
    assert json.loads(ssm.handshake_response(request))["ProcessedClientActions"][0]["ActionStatus"] == 3


def test_a_command_gives_output_errors_and_exit_code_byte_for_byte() -> None:
    agent = Agent()
    output = run(agent, r"printf 'a\000\377\r\n it'\''s'; echo oops >&2; exit 3")
    assert output.stdout == b"a\x00\xff\r\n it's"
    assert output.stderr == b"oops\n"
    assert output.exit_code == 3
    assert agent.token == "secret"
    assert agent.handshake["ProcessedClientActions"][0]["ActionStatus"] == 1
    assert {0, 1} <= agent.acknowledged


def test_what_a_script_says_is_heard_and_no_part_of_its_output() -> None:
    said: list[bytes] = []
    output = run(Agent(), "echo armed >&3; echo out", heard=said.append)
    assert output.stdout == b"out\n"
    assert b"armed" in said[-1]


def test_the_mark_and_the_quotes_survive_a_splitter_without_a_shell() -> None:
    assert command_line("echo 'x'", "m1").count('"') == 2


@pytest.mark.parametrize("agent", [Agent(reverse=True), Agent(repeat=True), Agent(reverse=True, repeat=True)])
def test_frames_out_of_order_or_sent_twice_are_put_right(agent: Agent) -> None:
    assert run(agent, "seq 1 2000").stdout == "".join(f"{n}\n" for n in range(1, 2001)).encode()


def test_output_that_breaks_off_is_no_output() -> None:
    with pytest.raises(CutShort, match="did not run to its end"):
        run(Agent(cut=True), "seq 1 2000")


def test_the_wrappers_marks_must_all_be_there() -> None:
    with pytest.raises(UnexpectedAnswer):
        parse(b"\nm1:out\r\nYQ==\r\nm1:err\r\n", "m1")
    assert parse(b"noise\nm1:out\r\nYQ==\r\nm1:err\r\nm1:code=0\r\nm1:end\r\n", "m1").stdout == b"a"


def test_a_failed_command_raises_with_its_own_words() -> None:
    with pytest.raises(CommandFailed, match="exit code 3 of 'x': oops"):
        run(Agent(), "echo oops >&2; exit 3").checked("x")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("TargetNotConnectedException", "not connected"),
        (
            "InvalidParameterException",
            "The execute command failed because the execute command agent isn't running",
        ),
    ],
)
def test_an_agent_that_still_starts_is_not_ready(code: str, message: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "ExecuteCommand")
    with pytest.raises(NotReady):
        run(Agent(), "true", error)


def test_a_wrong_request_is_not_taken_for_one_that_comes_too_early() -> None:
    error = ClientError({"Error": {"Code": "ClusterNotFoundException", "Message": "no"}}, "ExecuteCommand")
    with pytest.raises(ClientError):
        run(Agent(), "true", error)


def test_silence_ends_at_the_deadline() -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    with serving(silent) as origin:
        channel = ExecChannel(Ecs(Agent(), origin), "live")  # type: ignore[arg-type]
        with pytest.raises(Unreachable, match="silent until the deadline"):
            channel.run(TASK, "edit", "true", deadline=Deadline.after(timedelta(seconds=0.2)))
