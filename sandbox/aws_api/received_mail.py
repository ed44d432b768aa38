"""A message on its way through SES: what SES puts into it, and how SES tells about it.

Sources: SES guide, "Contents of notifications for Amazon SES email receiving" and "Header fields in Amazon SES".
"""

from __future__ import annotations

import base64
import contextlib
import email
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Any

from sandbox.settings import REGION

SES_DOMAIN = "email.amazonses.com" if REGION == "us-east-1" else f"{REGION}.amazonses.com"
VERDICTS = ("spamVerdict", "virusVerdict", "spfVerdict", "dkimVerdict", "dmarcVerdict")
# Decoding takes time by the square of a value's length.
_MAX_HEADER_CHARS = 16_000
_REPLACED = re.compile(
    rb"^(?:message-id|date|return-path):[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class ReceivedMail:
    """A message as it arrived: `source` is the envelope's sender, `raw` the MIME with what SES put into it."""

    message_id: str
    source: str
    recipients: tuple[str, ...]
    raw: bytes
    received_at: datetime

    @classmethod
    def sent_through_ses(cls, message_id: str, recipients: Sequence[str], raw: bytes) -> ReceivedMail:
        """What becomes of a message that SES sends: Message-ID, Date and envelope sender are SES's own."""
        now = datetime.now(UTC)
        source = f"{message_id}@{SES_DOMAIN.partition('.')[2]}"
        addresses = tuple(address for _, address in getaddresses(list(recipients)) if address)
        added = {
            "Return-Path": f"<{source}>",
            "Received": f"from {SES_DOMAIN} by inbound-smtp.{REGION}.amazonaws.com with SMTP id {message_id} "
            f"for {addresses[0] if addresses else ''}; {format_datetime(now)}",
            "X-SES-Spam-Verdict": "PASS",
            "X-SES-Virus-Verdict": "PASS",
            "Date": format_datetime(now),
            "Message-ID": f"<{message_id}@{SES_DOMAIN}>",
        }
        head, separator, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        kept = _REPLACED.sub(b"", head + b"\n")
        lines = "".join(f"{name}: {value}\n" for name, value in added.items()).encode()
        full = (lines + kept + separator[1:] + body).replace(b"\n", b"\r\n")
        return cls(message_id, source, addresses, full, now)

    def notification(self, matched: Sequence[str], action: Mapping[str, str]) -> dict[str, Any]:
        """The JSON document that SES publishes; `matched` are the recipients that the receipt rule matched."""
        message = self._parsed()
        timestamp = self.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "notificationType": "Received",
            "mail": {
                "timestamp": timestamp,
                "source": self.source,
                "messageId": self.message_id,
                "destination": list(self.recipients),
                "headersTruncated": False,
                "headers": [{"name": name, "value": _decoded(value)} for name, value in message.items()],
                "commonHeaders": _common_headers(message),
            },
            "receipt": {
                "timestamp": timestamp,
                "processingTimeMillis": 1,
                "recipients": list(matched),
                **{verdict: {"status": "PASS"} for verdict in VERDICTS},
                "action": dict(action),
            },
        }

    def content(self, encoding: str) -> str:
        """The message as an SNS action carries it: `Base64`, or `UTF-8`, which replaces what is none."""
        if encoding == "Base64":
            return base64.b64encode(self.raw).decode("ascii")
        return self.raw.decode("utf-8", "replace")

    def _parsed(self) -> Message:
        # Python's newer policy raises errors of every kind over headers that are none.
        return email.message_from_bytes(self.raw)


def _common_headers(message: Message) -> dict[str, Any]:
    common: dict[str, Any] = {
        "returnPath": parseaddr(str(message["Return-Path"] or ""))[1],
        "from": _list(message, "From"),
        "date": _decoded(message["Date"] or ""),
        "to": _list(message, "To"),
        "messageId": _decoded(message["Message-ID"] or ""),
        "subject": _decoded(message["Subject"] or ""),
    }
    for name in ("Cc", "Reply-To", "Sender"):
        if message[name]:
            common[name[0].lower() + name[1:].replace("-", "")] = _list(message, name)
    return common


def _list(message: Message, name: str) -> list[str]:
    return [
        part.strip()
        for value in message.get_all(name, [])
        for part in _decoded(value).split(",")
        if part.strip()
    ]


def _decoded(value: object) -> str:
    """A header's value without its line breaks and encoded words, as far as it can be read."""
    text = str(value)[:_MAX_HEADER_CHARS]
    with contextlib.suppress(MessageError, LookupError, ValueError):
        text = str(make_header(decode_header(text)))
    return "".join(text.splitlines()).strip().encode("utf-8", "replace").decode()


def sns_event(
    *, topic_arn: str, subscription_arn: str, message_id: str, message: str, subject: str | None
) -> dict[str, Any]:
    """The event with which SNS invokes a Lambda function (Lambda guide, "Using AWS Lambda with Amazon SNS")."""
    return {
        "Records": [
            {
                "EventVersion": "1.0",
                "EventSource": "aws:sns",
                "EventSubscriptionArn": subscription_arn,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": message_id,
                    "TopicArn": topic_arn,
                    "Subject": subject,
                    "Message": message,
                    "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    "SignatureVersion": "1",
                    "Signature": "EXAMPLE",
                    "SigningCertUrl": "EXAMPLE",
                    "UnsubscribeUrl": "EXAMPLE",
                    "MessageAttributes": {},
                },
            }
        ]
    }


def as_json(document: Mapping[str, Any]) -> str:
    """A document as SES and SNS send it."""
    return json.dumps(document, ensure_ascii=False)
