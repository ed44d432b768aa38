"""Mail that customers send: from SES's notification to a session, or to an instruction for a live one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from sandbox.services.mail import compose, send
from sandbox.services.session_api import letters, sessions, validation
from sandbox.services.session_api.backend import Backend
from sandbox.services.session_api.web import ApiError

log = logging.getLogger(__name__)


class Dropped(Exception):
    """A message that asks for nothing the platform does; the text says why."""


@dataclass(frozen=True)
class Wish:
    """What a customer's message asks for, and where. `message_id` is SES's own where the message has none."""

    client_id: str
    user_id: str
    words: str
    message_id: str
    references: str
    subject: str

    @property
    def thread_id(self) -> str:
        """The thread of its mail thread."""
        return thread_of([*self.references.split(), self.message_id][0])

    @property
    def mail(self) -> dict[str, str]:
        """What an answer in the thread needs."""
        found = {"messageId": self.message_id, "references": self.references, "subject": self.subject}
        return {name: value for name, value in found.items() if value}


def receive(platform: Backend, notification: str) -> None:
    """Act on one SES notification (SES guide, "Contents of notifications"); a repeat of it changes nothing.

    Automatic mail and what is no customer's mail leave a log line and no other trace. A customer whose words cannot be
    an instruction is answered with the reason.
    """
    found = json.loads(notification)
    if found.get("notificationType") != "Received":
        log.info("notification of type %s is no mail", found.get("notificationType"))
        return
    try:
        wish = read(found, platform.mail_domain)
    except (Dropped, letters.Unreadable, ApiError) as reason:
        log.warning("mail %s from %s dropped: %s", *_names(found), reason)
        return
    try:
        instruction = validation.instruction(wish.words)
    except ApiError as reason:
        log.warning("mail %s from %s refused: %s", *_names(found), reason)
        refuse(platform, wish, reason.message)
        return
    act(platform, wish, instruction)


def act(platform: Backend, wish: Wish, instruction: str) -> None:
    """Instruct the live session of the letter's thread, or open one; either once per message."""
    asked = validation.Activation(wish.client_id, wish.user_id, instruction, wish.thread_id)
    identity = hashlib.sha256(f"{asked.user_id} {wish.message_id}".encode()).hexdigest()[:32]
    live = sessions.live_session(platform, asked.client_id, asked.user_id, wish.thread_id)
    if live is not None and live.instruction_id != identity:
        try:
            sessions.instruct(platform, live, instruction, instruction_id=identity, mail=wish.mail)
        except ApiError:
            log.info("session %s ended before mail %s reached it", live.session_id, wish.message_id)
        else:
            return
    sessions.activate(platform, asked, request=f"mail {identity}", instruction_id=identity, mail=wish.mail)


def refuse(platform: Backend, wish: Wish, reason: str) -> None:
    """Tell the customer, in the thread, why her message is no instruction."""
    text = (
        f"Your change could not be made.\n\n{reason}\n\nNothing was changed. Answer this mail to try again.\n"
    )
    send(
        platform.clients,
        compose(platform.mail_from, wish.user_id, "Your change could not be made", text, wish.mail),
    )


def read(found: Mapping[str, Any], mail_domain: str) -> Wish:
    """The wish in a notification with content; Dropped, Unreadable or ApiError for what holds none."""
    letter = letters.read(_content(found))
    _refuse_automatic(found, letter, mail_domain)
    wish = Wish(
        client_id=validation.client_id(_client_id(found, mail_domain)),
        user_id=validation.user_id(letter.sender),
        words=letter.words,
        message_id=letter.message_id or found["mail"]["messageId"],
        references=" ".join(letter.references),
        subject=letter.subject,
    )
    if not wish.words:
        raise Dropped("it says nothing")
    return wish


def _content(found: Mapping[str, Any]) -> bytes:
    content = found.get("content")
    if not content:
        raise Dropped("the notification carries no content")
    if found.get("receipt", {}).get("action", {}).get("encoding") != "BASE64":
        return str(content).encode("utf-8", "replace")
    try:
        return base64.b64decode(content)
    except (binascii.Error, ValueError) as error:
        raise Dropped("its content is not the base64 that it claims to be") from error


def thread_of(root: str) -> str:
    """The thread of a mail thread's root message."""
    return f"m-{hashlib.sha256(root.encode()).hexdigest()[:16]}"


def _refuse_automatic(found: Mapping[str, Any], letter: letters.Letter, mail_domain: str) -> None:
    """Answering a machine starts a loop (RFC 3834); what failed SES's checks may not be from whom it says."""
    envelope, sender = str(found.get("mail", {}).get("source", "")), letter.sender.lower()
    if letter.automatic is not None:
        raise Dropped(letter.automatic)
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


def _names(found: Mapping[str, Any]) -> tuple[str, str]:
    mail = found.get("mail", {})
    return str(mail.get("messageId", "?")), str(mail.get("source", "?"))
