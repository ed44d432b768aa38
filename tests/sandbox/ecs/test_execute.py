"""ECS Exec's server end, driven by a client of its own that acknowledges only what a test lets it."""

from __future__ import annotations

import json
import os
import struct
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import websocket

from sandbox.ecs import data_channel, ssm
from sandbox.ecs.execute import ExecServer
from sandbox.host.processes import Processes
from sandbox.host.state import State
from tests.sandbox.alb.alb_stand import eventually

TASK = "arn:aws:ecs:us-east-1:123456789012:task/live-preview/0123456789abcdef"


def runs(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet collected by its parent does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Client:
    """The least that speaks the protocol. `deaf_to` sequence numbers are not acknowledged the first time."""

    def __init__(self, session: dict[str, str], token: str | None = None) -> None:
        self.socket = websocket.create_connection(session["streamUrl"], timeout=10)
        opening = {
            "MessageSchemaVersion": "1.0",
            "RequestId": str(uuid.uuid4()),
            "TokenValue": session["tokenValue"] if token is None else token,
        }
        self.socket.send(json.dumps(opening))
        self.deaf_to: set[int] = set()
        self.output: dict[int, bytes] = {}
        self.sequences: list[int] = []
        self.closed: dict[str, str] | None = None
        self._next = 0

    def send(self, payload: bytes, payload_type: int = ssm.STDOUT, sequence: int | None = None) -> None:
        number = self._next if sequence is None else sequence
        self._next = max(self._next, number + 1)
        self.socket.send_binary(ssm.pack(ssm.Frame(ssm.INPUT, number, payload, payload_type)))

    def receive(self) -> ssm.Frame | None:
        data = self.socket.recv()
        if not data:
            return None
        assert isinstance(data, bytes)
        frame = ssm.unpack(data)
        if frame.kind == ssm.OUTPUT:
            self.sequences.append(frame.sequence)
            if frame.sequence in self.deaf_to:
                self.deaf_to.discard(frame.sequence)
                return frame
            self.socket.send_binary(ssm.pack(ssm.acknowledge(frame)))
            if frame.payload_type == ssm.STDOUT:
                self.output[frame.sequence] = frame.payload
        elif frame.kind == ssm.CHANNEL_CLOSED:
            self.closed = json.loads(frame.payload)
        return frame

    def shake_hands(self) -> None:
        request = self.receive()
        assert request is not None
        assert request.payload_type == ssm.HANDSHAKE_REQUEST
        asked = json.loads(request.payload)["RequestedClientActions"]
        done = [{"ActionType": action["ActionType"], "ActionStatus": 1} for action in asked]
        answer = {"ClientVersion": "1.2.0.0", "ProcessedClientActions": done, "Errors": []}
        self.send(json.dumps(answer).encode(), ssm.HANDSHAKE_RESPONSE)
        while (frame := self.receive()) and frame.payload_type != ssm.HANDSHAKE_COMPLETE:
            continue

    def until(self, text: bytes) -> None:
        while text not in self.text():
            assert self.receive() is not None, f"closed before {text!r}, after {self.text()!r}"

    def to_the_end(self) -> bytes:
        while self.closed is None:
            assert self.receive() is not None, f"closed without a word, after {self.text()!r}"
        return self.text()

    def text(self) -> bytes:
        return b"".join(self.output[number] for number in sorted(self.output))


class Stand:
    def __init__(self, state: State) -> None:
        self.state = state
        self.processes = Processes(state)
        self.asked: list[tuple[str, str | None, str]] = []
        self.server = ExecServer(self.processes, state, self.inside)

    def inside(
        self, task_arn: str, container: str | None, command: str
    ) -> tuple[list[str], dict[str, str], Path]:
        if task_arn != TASK:
            raise KeyError(task_arn)
        self.asked.append((task_arn, container, command))
        env = {"PATH": os.environ["PATH"], "TABLE_NAME": "edit-sessions"}
        return ["/bin/sh", "-c", command], env, self.state.scratch

    def client(self, command: str) -> Client:
        client = Client(self.server.open(TASK, "edit", command))
        client.shake_hands()
        return client


@pytest.fixture
def stand() -> Iterator[Stand]:
    state = State.create()
    made = Stand(state)
    yield made
    made.server.stop()
    made.processes.close()
    state.remove()


def test_a_session_is_shaped_as_execute_command_answers_it(stand: Stand) -> None:
    session = stand.server.open(TASK, "edit", "true")
    assert session.keys() == {"sessionId", "streamUrl", "tokenValue"}
    assert session["sessionId"].startswith("ecs-execute-command-")
    assert len(session["sessionId"].removeprefix("ecs-execute-command-")) == 17
    path = f"/v1/data-channel/{session['sessionId']}?role=publish_subscribe"
    assert session["streamUrl"] == f"ws://127.0.0.1:{stand.server.port}{path}"
    assert stand.asked == [(TASK, "edit", "true")]


def test_an_unknown_task_is_the_schedulers_error(stand: Stand) -> None:
    with pytest.raises(KeyError, match="arn:other"):
        stand.server.open("arn:other", "edit", "true")


def test_a_command_runs_in_the_tasks_environment_and_folder(stand: Stand) -> None:
    client = stand.client('printf \'%s|%s|\' "$TABLE_NAME" "$PWD"; echo oops >&2; echo rc=$?')
    assert client.to_the_end() == f"edit-sessions|{stand.state.scratch}|oops\r\nrc=0\r\n".encode()
    assert client.closed is not None
    assert client.closed["SessionId"].startswith("ecs-execute-command-")


def test_a_task_is_in_use_while_a_client_has_a_session_in_it(stand: Stand) -> None:
    stand.server.open(TASK, "edit", "true")
    assert not stand.server.in_use(TASK), "nobody has come for it yet"
    client = stand.client("read line")
    assert (stand.server.in_use(TASK), stand.server.in_use("arn:other")) == (True, False)
    client.send(b"\r")
    client.to_the_end()
    client.socket.close()
    deadline = time.monotonic() + 5
    while stand.server.in_use(TASK):
        assert time.monotonic() < deadline, "still in use after its end"


def test_all_of_a_long_output_arrives_in_order(stand: Stand) -> None:
    client = stand.client("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
    lines = client.to_the_end().split(b"\r\n")
    assert lines[:-1] == [f"line {number}".encode() for number in range(20000)]


def test_output_that_is_not_acknowledged_is_sent_again(stand: Stand) -> None:
    client = stand.client("sleep 0.2; echo hello")
    client.deaf_to = {2}
    assert client.to_the_end() == b"hello\r\n"
    assert client.sequences.count(2) == 2


def test_keys_reach_the_command_and_its_input_ends_with_ctrl_d(stand: Stand) -> None:
    client = stand.client("stty -echo; echo ready; cat; echo done")
    client.until(b"ready")
    client.send(b"typed\r")
    client.until(b"typed")
    client.send(b"\x04")
    assert client.to_the_end().split() == [b"ready", b"typed", b"done"]


def test_input_out_of_order_is_put_in_order_and_repeats_are_dropped(stand: Stand) -> None:
    client = stand.client('stty -echo; echo ready; read line; echo "got $line"')
    client.until(b"ready")
    client.send(b"cd\r", sequence=2)
    client.send(b"ab", sequence=1)
    client.send(b"ab", sequence=1)
    assert b"got abcd" in client.to_the_end()


def test_the_window_size_is_the_terminals(stand: Stand) -> None:
    client = stand.client("echo ready; read go; stty size")
    client.until(b"ready")
    client.send(json.dumps({"cols": 97, "rows": 31}).encode(), ssm.SIZE)
    client.send(b"\r")
    assert b"31 97" in client.to_the_end()


@pytest.mark.parametrize("ending", ["flag", "hang up"])
def test_a_client_that_ends_the_session_ends_the_command_with_all_it_started(
    stand: Stand, ending: str
) -> None:
    client = stand.client("trap '' HUP; sleep 300 & echo pid $!; sleep 300")
    client.until(b"\r\n")
    child = int(client.text().split()[1])
    if ending == "flag":
        client.send(struct.pack(">I", ssm.TERMINATE_SESSION), ssm.FLAG)
        client.to_the_end()
    else:
        client.socket.close()
    for process in stand.processes.living():
        process.wait(5)
    eventually(lambda: runs(child), False, 5)


def test_a_wrong_token_runs_nothing(stand: Stand) -> None:
    marker = stand.state.scratch / "ran"
    client = Client(stand.server.open(TASK, "edit", f"touch '{marker}'"), token="guessed")
    assert client.receive() is None
    assert not marker.exists()


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_a_web_page_is_refused_and_takes_no_session_away(stand: Stand, headers: dict[str, Any]) -> None:
    marker = stand.state.scratch / "ran"
    session = stand.server.open(TASK, "edit", f"touch '{marker}'")
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(session["streamUrl"], timeout=10, **headers)
    assert not marker.exists()
    client = Client(session)
    client.shake_hands()
    client.to_the_end()
    assert marker.exists()


def test_a_session_serves_one_client(stand: Stand) -> None:
    session = stand.server.open(TASK, "edit", "true")
    client = Client(session)
    client.shake_hands()
    client.to_the_end()
    with pytest.raises(websocket.WebSocketBadStatusException, match="404"):
        Client(session)


def test_many_sessions_run_at_once(stand: Stand) -> None:
    clients = [stand.client("echo up; read go; echo end") for _ in range(12)]
    for client in clients:
        client.until(b"up")
    for client in clients:
        client.send(b"\r")
        assert client.to_the_end().endswith(b"end\r\n")


def test_frames_survive_the_wire_and_damage_is_noticed() -> None:
    frame = ssm.Frame(ssm.OUTPUT, 7, b"payload", ssm.STDOUT, flags=1)
    data = ssm.pack(frame)
    assert ssm.unpack(data) == frame
    assert (len(data), data[:4]) == (120 + 7, b"\x00\x00\x00\x74")
    assert data[64:80] == frame.message_id.bytes[8:] + frame.message_id.bytes[:8]
    for damaged, what in [
        (data[:100], "at least 120"),
        (data[:-1], "7 bytes"),
        (data[:-1] + b"x", "SHA-256"),
    ]:
        with pytest.raises(ValueError, match=what):
            ssm.unpack(damaged)


def test_a_client_that_does_not_answer_is_let_go(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.ecs.execute.CLIENT_TIMEOUT_S", 0.3)
    monkeypatch.setattr(data_channel, "RESEND_AFTER_S", 0.1)
    client = Client(stand.server.open(TASK, "edit", "true"))
    while client.receive() is not None:
        continue
    assert not stand.processes.living()
