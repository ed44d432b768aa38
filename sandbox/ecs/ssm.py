"""The binary frames of an SSM data channel, as ECS Exec speaks them.

Source of the layout and of all numbers: aws/session-manager-plugin, `src/message`. A frame is 120 bytes of head,
big-endian, and the payload; the message id is a UUID whose low eight bytes come first.
"""

from __future__ import annotations

import hashlib
import json
import struct
import time
import uuid
from dataclasses import dataclass, field

INPUT = "input_stream_data"
OUTPUT = "output_stream_data"
ACKNOWLEDGE = "acknowledge"
CHANNEL_CLOSED = "channel_closed"

STDOUT = 1
SIZE = 3
HANDSHAKE_REQUEST = 5
HANDSHAKE_RESPONSE = 6
HANDSHAKE_COMPLETE = 7
FLAG = 10

TERMINATE_SESSION = 2
ACKNOWLEDGE_FLAGS = 3
SCHEMA_VERSION = 1

_HEAD = struct.Struct(">I32sIQqQ16s32sII")
_HEADER_LENGTH = _HEAD.size - 4


@dataclass(frozen=True)
class Frame:
    """One message. `created_ms` is epoch milliseconds."""

    kind: str
    sequence: int
    payload: bytes
    payload_type: int = 0
    flags: int = 0
    message_id: uuid.UUID = field(default_factory=uuid.uuid4)
    created_ms: int = field(default_factory=lambda: int(time.time() * 1000))


def pack(frame: Frame) -> bytes:
    """The bytes of a frame."""
    identity = frame.message_id.bytes
    head = _HEAD.pack(
        _HEADER_LENGTH,
        frame.kind.encode("ascii").ljust(32),
        SCHEMA_VERSION,
        frame.created_ms,
        frame.sequence,
        frame.flags,
        identity[8:] + identity[:8],
        hashlib.sha256(frame.payload).digest(),
        frame.payload_type,
        len(frame.payload),
    )
    return head + frame.payload


def unpack(data: bytes) -> Frame:
    """The frame in `data`; ValueError, saying what is wrong, if it is cut off or does not match its digest."""
    if len(data) < _HEAD.size:
        raise ValueError(f"data channel frame: expected at least {_HEAD.size} bytes, found {len(data)}")
    header_length, kind, _, created, sequence, flags, identity, digest, payload_type, length = _HEAD.unpack(
        data[: _HEAD.size]
    )
    if header_length != _HEADER_LENGTH:
        raise ValueError(
            f"data channel frame: expected header length {_HEADER_LENGTH}, found {header_length}"
        )
    payload = data[_HEAD.size :]
    if len(payload) != length:
        raise ValueError(f"data channel frame: expected {length} bytes of payload, found {len(payload)}")
    if hashlib.sha256(payload).digest() != digest:
        raise ValueError("data channel frame: expected the payload to match its SHA-256 digest, it does not")
    return Frame(
        kind=kind.rstrip(b" \0").decode("ascii"),
        sequence=sequence,
        payload=payload,
        payload_type=payload_type,
        flags=flags,
        message_id=uuid.UUID(bytes=identity[8:] + identity[:8]),
        created_ms=created,
    )


def acknowledge(received: Frame) -> Frame:
    """The answer to every stream frame."""
    content = {
        "AcknowledgedMessageType": received.kind,
        "AcknowledgedMessageId": str(received.message_id),
        "AcknowledgedMessageSequenceNumber": received.sequence,
        "IsSequentialMessage": True,
    }
    return Frame(ACKNOWLEDGE, 0, json.dumps(content).encode(), flags=ACKNOWLEDGE_FLAGS)


def acknowledged(frame: Frame) -> int:
    """The sequence number that an acknowledgement is about; ValueError if it names none."""
    try:
        return int(json.loads(frame.payload)["AcknowledgedMessageSequenceNumber"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"acknowledgement: expected a sequence number, found {frame.payload!r}") from error
