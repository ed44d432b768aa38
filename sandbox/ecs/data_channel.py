"""The agent's end of an SSM data channel: handshake, order, acknowledgement, resending.

Source: aws/session-manager-plugin, `src/datachannel/streaming.go`. Each direction numbers its stream messages from 0,
every one is acknowledged, and one that is not is sent again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable

from aiohttp import ClientConnectionResetError, WSMsgType, web

from sandbox.ecs import ssm

logger = logging.getLogger(__name__)

AGENT_VERSION = "3.3.0.0"
PAYLOAD_BYTES = 1024
WINDOW = 128
RESEND_AFTER_S = 1.0

OnInput = Callable[[ssm.Frame], None]


class ProtocolError(Exception):
    """The client does not speak the protocol, or does not hold the token."""


class DataChannel:
    """One session's channel over an accepted WebSocket; `on_input` gets the client's messages in order, once each."""

    def __init__(self, socket: web.WebSocketResponse, on_input: OnInput) -> None:
        self._socket = socket
        self._on_input = on_input
        self._next_out = 0
        self._next_in = 0
        self._early: dict[int, ssm.Frame] = {}
        self._unacknowledged: dict[int, tuple[bytes, float]] = {}
        self._room = asyncio.Condition()
        self._answered = asyncio.Event()

    async def authenticate(self, token: str, timeout_s: float) -> None:
        """Read the opening message; ProtocolError unless it brings the token within `timeout_s` seconds."""
        opening = await self._socket.receive(timeout_s)
        try:
            given = json.loads(opening.data)["TokenValue"] if opening.type is WSMsgType.TEXT else None
        except (ValueError, KeyError, TypeError):
            given = None
        if given != token:
            raise ProtocolError("data channel: expected the session's token in the opening message")

    async def handshake(self, session_id: str, timeout_s: float) -> None:
        """Shake hands while `listen` runs; TimeoutError if the client does not answer within `timeout_s` seconds."""
        started = time.monotonic()
        action = {
            "ActionType": "SessionType",
            "ActionParameters": {"SessionType": "InteractiveCommands", "Properties": {}},
        }
        request = {"AgentVersion": AGENT_VERSION, "RequestedClientActions": [action]}
        await self.send(json.dumps(request).encode(), ssm.HANDSHAKE_REQUEST)
        await asyncio.wait_for(self._answered.wait(), timeout_s)
        complete = {
            "HandshakeTimeToComplete": int((time.monotonic() - started) * 1e9),
            "CustomerMessage": f"Starting session with SessionId: {session_id}",
        }
        await self.send(json.dumps(complete).encode(), ssm.HANDSHAKE_COMPLETE)

    async def send(self, payload: bytes, payload_type: int = ssm.STDOUT) -> None:
        """Send one stream message, once there is room for it among those not yet acknowledged."""
        async with self._room:
            await self._room.wait_for(lambda: len(self._unacknowledged) < WINDOW)
            frame = ssm.Frame(ssm.OUTPUT, self._next_out, payload, payload_type)
            self._next_out += 1
            data = ssm.pack(frame)
            self._unacknowledged[frame.sequence] = (data, time.monotonic())
        await self._socket.send_bytes(data)

    async def drained(self, timeout_s: float) -> None:
        """Wait until everything sent is acknowledged; TimeoutError after `timeout_s` seconds."""
        async with self._room:
            await asyncio.wait_for(self._room.wait_for(lambda: not self._unacknowledged), timeout_s)

    async def close(self, session_id: str, output: str = "") -> None:
        """Tell the client that the session is over."""
        content = {"MessageType": ssm.CHANNEL_CLOSED, "SessionId": session_id, "Output": output}
        frame = ssm.Frame(ssm.CHANNEL_CLOSED, self._next_out, json.dumps(content).encode())
        await self._socket.send_bytes(ssm.pack(frame))

    async def listen(self) -> None:
        """Handle what the client sends until it closes the socket; ProtocolError for what is no frame."""
        async for message in self._socket:
            if message.type is not WSMsgType.BINARY:
                raise ProtocolError("data channel: expected binary frames after the opening message")
            try:
                frame = ssm.unpack(message.data)
                await self._handle(frame)
            except ValueError as error:
                raise ProtocolError(str(error)) from error

    async def resend(self) -> None:
        """Send again, until cancelled, what has not been acknowledged in time."""
        while not self._socket.closed:
            await asyncio.sleep(RESEND_AFTER_S / 2)
            now = time.monotonic()
            for sequence, (data, sent) in list(self._unacknowledged.items()):
                if now - sent >= RESEND_AFTER_S:
                    self._unacknowledged[sequence] = (data, now)
                    try:
                        await self._socket.send_bytes(data)
                    except ClientConnectionResetError:
                        return

    async def _handle(self, frame: ssm.Frame) -> None:
        if frame.kind == ssm.ACKNOWLEDGE:
            async with self._room:
                self._unacknowledged.pop(ssm.acknowledged(frame), None)
                self._room.notify_all()
        elif frame.kind == ssm.INPUT:
            await self._socket.send_bytes(ssm.pack(ssm.acknowledge(frame)))
            self._take(frame)

    def _take(self, frame: ssm.Frame) -> None:
        if frame.sequence >= self._next_in:
            self._early[frame.sequence] = frame
        while self._next_in in self._early:
            current = self._early.pop(self._next_in)
            self._next_in += 1
            if current.payload_type == ssm.HANDSHAKE_RESPONSE:
                self._answered.set()
            else:
                self._on_input(current)
