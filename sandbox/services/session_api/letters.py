"""A customer's message as MIME: its sender, its thread and its words, read so that no message can be too odd.

Python's parser is used with its oldest policy, which takes headers for text: its newer one raises errors of every kind
over headers that are none.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses

from sandbox.services.mail import MESSAGE_ID
from sandbox.services.session_api.html_text import text_of

log = logging.getLogger(__name__)

_QUOTE_STARTS = re.compile(r"(>|--\s*$|On .+ wrote:\s*$|-{2,}\s*Original Message)", re.IGNORECASE)
_REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|aw|fwd?)\s*:)+\s*", re.IGNORECASE)
_BULK = ("bulk", "junk", "list", "auto_reply")
# RFC 5322, 2.1.1: no line is longer. An answer names the thread's root and its latest messages.
_MAX_ID_CHARS = 998
_MAX_REFERENCES = 9
_MAX_HEADER_CHARS = 16_000
_MAX_SUBJECT_CHARS = 998


class Unreadable(Exception):
    """What came cannot be read as a mail of one customer; the text says why."""


class _Policy(Compat32):
    """Cuts a header, in any part, where no person's would end: what reads it takes time by the square of its length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """The name and the value of the header in these lines."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_HEADER_CHARS]


class Letter:
    """One parsed message. Every property may raise; `read` says how that is told."""

    def __init__(self, raw: bytes) -> None:
        self.message = message_from_bytes(raw, policy=_Policy())

    def header(self, name: str) -> str:
        """A header's first value, decoded, in one line; empty when absent."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        """All values of a header, each decoded and in one line."""
        return [_decoded(str(value)) for value in self.message.get_all(name, [])]

    @property
    def sender(self) -> str:
        """The address that the message is from; Unreadable unless it is exactly one."""
        # As it is spelt: an encoded display name must not bring an address of its own.
        headers = [" ".join(str(value).split()) for value in self.message.get_all("From", [])]
        found = [address for _, address in getaddresses(headers)]
        if len(headers) != 1 or len(found) != 1:
            raise Unreadable(f"expected one sender, found {len(found)} in {len(headers)} From headers")
        return found[0]

    @property
    def automatic(self) -> str | None:
        """Why the message is a machine's, which must not be answered (RFC 3834); None for a person's."""
        for value in self.headers("Auto-Submitted"):
            if value.split(";")[0].strip().lower() not in ("", "no"):
                return f"Auto-Submitted: {value}"
        for value in self.headers("Precedence"):
            if value.lower() in _BULK:
                return f"Precedence: {value}"
        bounced = "<>" in self.headers("Return-Path") or self.message.get_content_type() == "multipart/report"
        return "a bounce" if bounced else None

    @property
    def message_id(self) -> str:
        """Its `Message-ID`; empty when it has none."""
        return next(iter(_ids(self.header("Message-ID"))), "")

    @property
    def references(self) -> list[str]:
        """The earlier messages of its thread, the root first."""
        found = _ids(self.header("References")) or _ids(self.header("In-Reply-To"))[:1]
        return [*found[:1], *found[1:][-_MAX_REFERENCES:]]

    @property
    def subject(self) -> str:
        """Its subject."""
        return self.header("Subject")[:_MAX_SUBJECT_CHARS]

    @property
    def words(self) -> str:
        """What the customer wrote: the plain-text part, else the HTML part's text, else the subject.

        Without what she quotes and her signature. Attachments say nothing.
        """
        parts = list(_parts(self.message))
        for kind, convert in (("text/plain", str), ("text/html", text_of)):
            for part in parts:
                if part.get_content_type() == kind and (own := _own(convert(_text(part)))):
                    return own
        return _REPLY_PREFIX.sub("", self.subject).strip()


def read(raw: bytes) -> Letter:
    """The letter; Unreadable for bytes that Python's parser fails on, in whichever way."""
    try:
        letter = Letter(raw)
        _ = letter.sender, letter.automatic, letter.message_id, letter.references, letter.words
    except Unreadable:
        raise
    except Exception as error:
        log.info("no mail to Python's parser", exc_info=True)
        raise Unreadable(f"it cannot be parsed: {type(error).__name__}") from error
    return letter


def _parts(message: Message) -> Iterator[Message]:
    """The parts that are shown as text, in their order; nothing of an attached message."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.get_content_disposition() == "attachment":
            continue
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting.extend(one for one in reversed(inner) if isinstance(one, Message))
        elif part.get_content_maintype() == "text":
            yield part


def _text(part: Message) -> str:
    """A part's text. An unknown or untrue character set is read as UTF-8: what is none is replaced."""
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        charset = codecs.lookup(part.get_content_charset("utf-8")).name
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def _own(text: str) -> str:
    own: list[str] = []
    for line in text.splitlines():
        if _QUOTE_STARTS.match(line):
            break
        own.append(line)
    return "\n".join(own).strip()


def _ids(header: str) -> list[str]:
    return [found for found in MESSAGE_ID.findall(header) if len(found) <= _MAX_ID_CHARS]


def _decoded(value: str) -> str:
    """A header's value as RFC 2047 spells it, in one line of UTF-8; what is not spelt so stays as it is."""
    try:
        pieces = [
            text if isinstance(text, str) else text.decode(charset or "ascii", "replace")
            for text, charset in decode_header(value)
        ]
    except (MessageError, LookupError, ValueError):
        pieces = [value]
    line = " ".join("".join(pieces).split())
    return line.encode("utf-8", "replace").decode()
