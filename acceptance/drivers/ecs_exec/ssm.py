"""The frames of an SSM data channel (aws/session-manager-plugin, `src/message`): 120 bytes of head, then the payload.

Big-endian: header length 116, message type (32 bytes, padded), schema version, created date in ms, sequence number,
flags, message id (the UUID's low 8 bytes first), SHA-256 of the payload, payload type, payload length.
"""

from __future__ import annotations

import hashlib
import json
import struct
import time
import uuid
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from acceptance.waiting.errors import UnexpectedAnswer

_HEAD: Final = struct.Struct(">I32sIQqQ16s32sI")
_LENGTH: Final = struct.Struct(">I")
HEADER_LENGTH: Final = 116

INPUT: Final = "input_stream_data"
OUTPUT: Final = "output_stream_data"
ACKNOWLEDGE: Final = "acknowledge"
CLOSED: Final = "channel_closed"

SYN, FIN = 1, 2


class Payload(IntEnum):
    """Payload types of stream messages."""

    NONE = 0
    OUTPUT = 1
    ERROR = 2
    SIZE = 3
    PARAMETER = 4
    HANDSHAKE_REQUEST = 5
    HANDSHAKE_RESPONSE = 6
    HANDSHAKE_COMPLETE = 7
    FLAG = 10
    STDERR = 11
    EXIT_CODE = 12


@dataclass(frozen=True)
class Message:
    """One message; `kind` is the message type, `payload_type` a number of `Payload` or an unknown one."""

    kind: str
    payload: bytes
    payload_type: int = Payload.NONE
    sequence: int = 0
    flags: int = 0
    message_id: uuid.UUID = field(default_factory=uuid.uuid4)


def pack(message: Message) -> bytes:
    """The message as bytes on the wire."""
    raw_id = message.message_id.bytes
    head = _HEAD.pack(
        HEADER_LENGTH,
        message.kind.encode("ascii").ljust(32, b" "),
        1,
        int(time.time() * 1000),
        message.sequence,
        message.flags,
        raw_id[8:] + raw_id[:8],
        hashlib.sha256(message.payload).digest(),
        message.payload_type,
    )
    return head + _LENGTH.pack(len(message.payload)) + message.payload


def unpack(frame: bytes) -> Message:
    """The message in one binary WebSocket message.

    Raises:
        UnexpectedAnswer: too short, cut off, or damaged (its digest does not fit).
    """
    if len(frame) < HEADER_LENGTH + _LENGTH.size:
        raise UnexpectedAnswer(
            f"SSM frame of {len(frame)} bytes: expected at least {HEADER_LENGTH + _LENGTH.size}"
        )
    length, kind, _, _, sequence, flags, raw_id, digest, payload_type = _HEAD.unpack_from(frame)
    (size,) = _LENGTH.unpack_from(frame, length)
    payload = frame[length + _LENGTH.size :]
    if size != len(payload):
        raise UnexpectedAnswer(f"SSM frame announces {size} bytes of payload, found {len(payload)}")
    if digest != hashlib.sha256(payload).digest() and payload:
        raise UnexpectedAnswer("SSM frame is damaged: its SHA-256 does not fit its payload")
    return Message(
        kind.rstrip(b" \0").decode("ascii"),
        payload,
        payload_type,
        sequence,
        flags,
        uuid.UUID(bytes=raw_id[8:] + raw_id[:8]),
    )


def acknowledgement(of: Message) -> Message:
    """What a receiver sends for every stream message."""
    payload = {
        "AcknowledgedMessageType": of.kind,
        "AcknowledgedMessageId": str(of.message_id),
        "AcknowledgedMessageSequenceNumber": of.sequence,
        "IsSequentialMessage": True,
    }
    return Message(ACKNOWLEDGE, json.dumps(payload).encode(), flags=SYN | FIN)


def opening(token: str) -> str:
    """The text message that opens the channel."""
    return json.dumps(
        {
            "MessageSchemaVersion": "1.0",
            "RequestId": str(uuid.uuid4()),
            "TokenValue": token,
            "ClientId": str(uuid.uuid4()),
            "ClientVersion": "1.2.0.0",
        }
    )


def handshake_response(request: Message) -> bytes:
    """The payload that answers a handshake request: plain shell sessions are accepted, encryption is not spoken."""
    wanted = json.loads(request.payload).get("RequestedClientActions", [])
    done = [
        {
            "ActionType": action.get("ActionType"),
            "ActionStatus": 1 if action.get("ActionType") == "SessionType" else 3,
            "ActionResult": None,
            "Error": "" if action.get("ActionType") == "SessionType" else "unsupported",
        }
        for action in wanted
    ]
    return json.dumps({"ClientVersion": "1.2.0.0", "ProcessedClientActions": done, "Errors": []}).encode()
