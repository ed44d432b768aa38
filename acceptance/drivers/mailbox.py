"""Mail as a customer sends and receives it: real MIME through SES, her inbox read from the bucket SES fills."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, getaddresses, make_msgid
from typing import Any

from acceptance.capabilities import Capability
from acceptance.config.mark import Mark
from acceptance.config.sections import Mail
from acceptance.drivers.aws import Clients, body_of
from acceptance.waiting.errors import NotOffered
from acceptance.waiting.trace import TRACE, Lane

SETUP_NOTE = "AMAZON_SES_SETUP_NOTIFICATION"
"""SES leaves an object of this name in a bucket it may write to."""

NOBODYS_DOMAIN = "example.com"
"""That of customers whom no mail must reach (RFC 2606, 3)."""


@dataclass(frozen=True)
class Letter:
    """A message to send. `headers` are added as they are; `reply_to` makes it a reply in that message's thread."""

    sender: str
    to: str
    subject: str
    text: str
    reply_to: Received | Sent | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A message that was accepted. SES may replace the Message-ID, so both that it can have are named."""

    letter: Letter
    message_ids: tuple[str, ...]

    @property
    def message_id(self) -> str:
        """The Message-ID we gave it."""
        return self.message_ids[0]

    @property
    def references(self) -> tuple[str, ...]:
        """The thread up to this message, not counting it."""
        return _thread_before(self.letter)


@dataclass(frozen=True)
class Received:
    """A message in the customers' inbox. `references` are message ids, oldest first."""

    key: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    message_id: str
    in_reply_to: str | None
    references: tuple[str, ...]
    at: datetime

    def __str__(self) -> str:
        return f"mail {self.subject!r} from {self.sender} to {', '.join(self.to)}: {' '.join(self.text.split())[:160]}"


class Mailbox:
    """Sends as any test customer and reads any test customer's mail."""

    def __init__(self, clients: Clients, mail: Mail | None, region: str, mark: Mark) -> None:
        """`mail` is None of a deployment that has none: its customers have addresses then, and nothing to read."""
        self._clients = clients
        self._told = mail
        self._region = region
        self._mark = mark
        self._read: dict[str, Received] = {}
        self._lock = threading.Lock()

    @property
    def _mail(self) -> Mail:
        if self._told is None:
            raise NotOffered(Capability.MAIL)
        return self._told

    def intake(self, client_id: str) -> str:
        """The address that takes instructions for a client."""
        return f"{self._mail.local_part}+{client_id}@{self._mail.domain}"

    def customer(self, name: str) -> str:
        """The address of a test customer of this run; with mail, one whose inbox the suite can read."""
        return f"{self._mark.customer(name)}@{self._told.customer_domain if self._told else NOBODYS_DOMAIN}"

    def reached(self, address: str) -> str:
        """The same name where mail reaches somebody: nobody receives for `example.com`, where the request's customer is
        at home (RFC 2606, RFC 7505), and mail that comes back counts against the account (SES guide, "Bounces").
        """
        local = address.partition("@")[0]
        return f"{local}@{self._told.customer_domain}" if self._told else address

    def elsewhere(self, address: str) -> str:
        """The same name at another domain that mail reaches: the platform's own, whose intake drops it."""
        local, _, domain = address.partition("@")
        return f"{local}@{self._told.domain if self._told else f'elsewhere.{domain}'}"

    def send(self, letter: Letter) -> Sent:
        """Send a message through SES."""
        message, message_id = _mime(letter)
        return self.post(letter, message.as_bytes(policy=SMTP), message_id)

    def post(self, letter: Letter, raw: bytes, *message_ids: str) -> Sent:
        """Send a letter in a MIME form of one's own through SES; `message_ids` are those that it brings with it."""
        with TRACE.during(Lane.MAIL, f"sent to {letter.to}", f"{letter.subject}: {letter.text}"):
            answer = self._clients.of("ses").send_raw_email(
                Source=letter.sender, Destinations=[letter.to], RawMessage={"Data": raw}
            )
        domain = "email.amazonses.com" if self._region == "us-east-1" else f"{self._region}.amazonses.com"
        return Sent(letter, (*message_ids, f"<{answer['MessageId']}@{domain}>"))

    def inbox(self, address: str) -> tuple[Received, ...]:
        """All mail that reached a customer, oldest first."""
        mine = [message for message in self._all() if address.lower() in message.to]
        return tuple(sorted(mine, key=lambda message: (message.at, message.key)))

    def _all(self) -> list[Received]:
        bucket = self._clients.of("s3")
        keys = [
            (str(entry["Key"]), entry["LastModified"])
            for page in bucket.get_paginator("list_objects_v2").paginate(
                Bucket=self._mail.inbox_bucket, Prefix=self._mail.inbox_prefix
            )
            for entry in page.get("Contents", [])
            if not str(entry["Key"]).endswith(SETUP_NOTE)
        ]
        return [self._message(bucket, key, at) for key, at in keys]

    def clear_away(self, mark: Mark) -> int:
        """Remove the mail to customers under a mark, and nobody else's, from the inbox; how many there were."""
        found, bucket = self._marked(mark), self._clients.of("s3")
        for message in found:
            bucket.delete_object(Bucket=self._mail.inbox_bucket, Key=message.key)
        return len(found)

    def count(self, mark: Mark) -> int:
        """How much mail to customers under a mark is in the inbox."""
        return len(self._marked(mark))

    def _marked(self, mark: Mark) -> list[Received]:
        domain = self._mail.customer_domain.lower()

        def is_of(address: str) -> bool:
            local, _, at = address.partition("@")
            return at == domain and mark.owns_customer(local)

        return [message for message in self._all() if any(map(is_of, message.to))]

    def answers_to(self, sent: Sent) -> tuple[Received, ...]:
        """Mail to the sender that refers to `sent` as its thread."""
        return tuple(message for message in self.inbox(sent.letter.sender) if answers(message, sent))

    def _message(self, bucket: Any, key: str, at: datetime) -> Received:
        with self._lock:
            known = self._read.get(key)
        if known is not None:
            return known
        body = body_of(bucket.get_object(Bucket=self._mail.inbox_bucket, Key=key))
        message = parse(key, body, at)
        TRACE.add(Lane.MAIL, f"received by {', '.join(message.to)}", outcome=str(message))
        with self._lock:
            self._read[key] = message
        return message


def answers(message: Received, sent: Sent) -> bool:
    """Whether `message` stands in the thread of `sent`: it names that by In-Reply-To or References, and the thread's
    first mail by References, as programs tell a thread by (RFC 5322, 3.6.4).
    """
    named = {*message.references, *([message.in_reply_to] if message.in_reply_to else [])}
    first = _thread_before(sent.letter)[:1]
    return bool(named & set(sent.message_ids)) and set(first) <= set(message.references)


def parse(key: str, raw: bytes, at: datetime) -> Received:
    """A raw MIME message as an observation; `at` is when it arrived."""
    message = message_from_bytes(raw, policy=default)
    body = message.get_body(preferencelist=("plain", "html"))
    recipients = getaddresses([str(value) for name in ("to", "cc") for value in message.get_all(name, [])])
    in_reply_to = message["In-Reply-To"]
    return Received(
        key=key,
        sender=str(message["From"] or ""),
        to=tuple(address.lower() for _, address in recipients),
        subject=str(message["Subject"] or ""),
        text=str(body.get_content()) if body is not None else "",
        message_id=str(message["Message-ID"] or "").strip(),
        in_reply_to=str(in_reply_to).strip() if in_reply_to else None,
        references=tuple(str(message["References"] or "").split()),
        at=at,
    )


def _mime(letter: Letter) -> tuple[EmailMessage, str]:
    message = EmailMessage()
    message_id = make_msgid(domain=letter.sender.rpartition("@")[2])
    message["From"] = letter.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = message_id
    if letter.reply_to is not None:
        message["In-Reply-To"] = letter.reply_to.message_id
        message["References"] = " ".join(_thread_before(letter))
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    return message, message_id


def _thread_before(letter: Letter) -> tuple[str, ...]:
    if letter.reply_to is None:
        return ()
    return (*letter.reply_to.references, letter.reply_to.message_id)
