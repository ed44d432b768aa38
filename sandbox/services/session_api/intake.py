"""Mail that customers send: from SES's notification to a session, or to an instruction for a live one."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from sandbox.services.session_api import sessions, validation
from sandbox.services.session_api.backend import Backend
from sandbox.services.session_api.web import ApiError

log = logging.getLogger(__name__)

_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_QUOTE_STARTS = re.compile(r"(>|--\s*$|On .+ wrote:\s*$|-{2,}\s*Original Message)", re.IGNORECASE)
_REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|aw|fwd?)\s*:)+\s*", re.IGNORECASE)
_BULK = ("bulk", "junk", "list", "auto_reply")


class Dropped(Exception):
    """A message that asks for nothing the platform does; the text says why."""


@dataclass(frozen=True)
class Letter:
    """What a customer's message asks for. `message_id`, `references`: as in RFC 5322, the thread's root first."""

    asked: validation.Activation
    message_id: str
    references: str
    subject: str

    @property
    def mail(self) -> dict[str, str]:
        """What an answer in the thread needs."""
        found = {"messageId": self.message_id, "references": self.references, "subject": self.subject}
        return {name: value for name, value in found.items() if value}


def receive(platform: Backend, notification: str) -> None:
    """Act on one SES notification (SES guide, "Contents of notifications"); a repeat of it changes nothing.

    Automatic mail and mail that asks for nothing valid leave a log line and no other trace.
    """
    found = json.loads(notification)
    if found.get("notificationType") != "Received":
        log.info("notification of type %s is no mail", found.get("notificationType"))
        return
    try:
        letter = read(found, platform.mail_domain)
    except (Dropped, ApiError) as reason:
        log.warning("mail %s from %s dropped: %s", *_names(found), reason)
        return
    act(platform, letter)


def act(platform: Backend, letter: Letter) -> None:
    """Instruct the live session of the letter's thread, or open one; either once per message."""
    asked = letter.asked
    identity = hashlib.sha256(f"{asked.user_id} {letter.message_id}".encode()).hexdigest()[:32]
    live = sessions.live_session(platform, asked.client_id, asked.user_id, asked.thread_id or "")
    if live is not None and live.instruction_id != identity:
        try:
            sessions.instruct(platform, live, asked.instruction, instruction_id=identity, mail=letter.mail)
        except ApiError:
            log.info("session %s ended before mail %s reached it", live.session_id, letter.message_id)
        else:
            return
    sessions.activate(platform, asked, request=f"mail {identity}", instruction_id=identity, mail=letter.mail)


def read(found: Mapping[str, Any], mail_domain: str) -> Letter:
    """The letter in a notification with content; Dropped or ApiError for what is none."""
    content = found.get("content")
    if not content:
        raise Dropped("the notification carries no content")
    action = found.get("receipt", {}).get("action", {})
    raw = base64.b64decode(content) if action.get("encoding") == "BASE64" else content.encode()
    message = message_from_bytes(raw, policy=policy.default)
    _refuse_automatic(found, message, mail_domain)
    references = _references(message)
    message_id = _first_id(message, "Message-ID") or found["mail"]["messageId"]
    asked = validation.Activation(
        client_id=validation.client_id(_client_id(found, mail_domain)),
        user_id=validation.user_id(parseaddr(_header(message, "From"))[1]),
        instruction=validation.instruction(_instruction(message)),
        thread_id=thread_of([*references, message_id][0]),
    )
    return Letter(asked, message_id, " ".join(references), _header(message, "Subject"))


def thread_of(root: str) -> str:
    """The thread of a mail thread's root message."""
    return f"m-{hashlib.sha256(root.encode()).hexdigest()[:16]}"


def _refuse_automatic(found: Mapping[str, Any], message: EmailMessage, mail_domain: str) -> None:
    """Answering a machine starts a loop (RFC 3834); what failed SES's checks may not be from whom it says."""
    automatic = _header(message, "Auto-Submitted").split(";")[0].strip().lower()
    envelope = str(found.get("mail", {}).get("source", ""))
    sender = parseaddr(_header(message, "From"))[1].lower()
    if automatic not in ("", "no"):
        raise Dropped(f"Auto-Submitted: {automatic}")
    if _header(message, "Precedence").strip().lower() in _BULK:
        raise Dropped(f"Precedence: {_header(message, 'Precedence')}")
    if envelope in ("", "<>") or any(a.lower().startswith("mailer-daemon@") for a in (envelope, sender)):
        raise Dropped("a bounce")
    if sender.endswith(f"@{mail_domain.lower()}"):
        raise Dropped("sent by the platform itself")
    for verdict in ("spamVerdict", "virusVerdict", "dmarcVerdict"):
        if found.get("receipt", {}).get(verdict, {}).get("status") == "FAIL":
            raise Dropped(f"{verdict} FAIL")


def _client_id(found: Mapping[str, Any], mail_domain: str) -> str:
    pattern = re.compile(rf"edit\+([^@]*)@{re.escape(mail_domain)}", re.IGNORECASE)
    recipients = found.get("receipt", {}).get("recipients") or found["mail"].get("destination", [])
    for recipient in recipients:
        if match := pattern.fullmatch(parseaddr(recipient)[1]):
            return match[1].lower()
    raise Dropped(f"no recipient is edit+<client>@{mail_domain}")


def _instruction(message: EmailMessage) -> str:
    """The plain-text body without quoted text and signature, or the subject when nothing is left."""
    own: list[str] = []
    for line in _plain_text(message).splitlines():
        if _QUOTE_STARTS.match(line):
            break
        own.append(line)
    return "\n".join(own).strip() or _REPLY_PREFIX.sub("", _header(message, "Subject")).strip()


def _plain_text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain",))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError, MessageError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _references(message: EmailMessage) -> list[str]:
    found = _MESSAGE_ID.findall(_header(message, "References"))
    return found or _MESSAGE_ID.findall(_header(message, "In-Reply-To"))[:1]


def _first_id(message: EmailMessage, name: str) -> str:
    return next(iter(_MESSAGE_ID.findall(_header(message, name))), "")


def _header(message: EmailMessage, name: str) -> str:
    """A header in one line; empty when absent."""
    return " ".join(str(message.get(name, "")).split())


def _names(found: Mapping[str, Any]) -> tuple[str, str]:
    mail = found.get("mail", {})
    return str(mail.get("messageId", "?")), str(mail.get("source", "?"))
