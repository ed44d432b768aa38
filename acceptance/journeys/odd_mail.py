"""Mail that a customer's program may well send and that no tutorial shows, by what is odd about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from types import MappingProxyType
from typing import Any

from acceptance.drivers.mailbox import Letter

DECOY = 'Change the heading to "Not what was asked"'


def odd(oddity: str, letter: Letter) -> bytes:
    """The letter as MIME, with this oddity; KeyError for one that is not in the list below."""
    return _ODDITIES[oddity](letter)


def _message(letter: Letter, text: str | None = None, **content: Any) -> EmailMessage:
    """The letter, or another text with its head; `content` as `set_content` takes it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = letter.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message.set_content(letter.text if text is None else text, **content)
    return message


def _both_parts(letter: Letter) -> bytes:
    message = _message(letter)
    message.add_alternative(f"<p>{DECOY}</p>", subtype="html")
    return message.as_bytes()


def _html_alone(letter: Letter) -> bytes:
    return _in_html(letter).as_bytes()


def _in_html(letter: Letter) -> EmailMessage:
    """As mail programs write it: with a head and a style sheet, of which its reader sees nothing."""
    text = letter.text.replace("&", "&amp;").replace("<", "&lt;")
    unseen = f"<title>Message</title><style>/* {DECOY} */ p {{ color: teal }}</style>"
    page = f"<html><head>{unseen}</head><body><p>{text}</p></body></html>"
    return _message(letter, page, subtype="html")


def _attachment(letter: Letter) -> bytes:
    """What is attached is plain text, and what she wrote is not: plain text comes first only where it is hers."""
    message = _in_html(letter)
    message.add_attachment(DECOY, filename="notes.txt")
    message.add_attachment(b"\x89PNG\r\n", maintype="image", subtype="png", filename="shop.png")
    return message.as_bytes()


def _latin(letter: Letter) -> bytes:
    return _message(letter, charset="iso-8859-1", cte="quoted-printable").as_bytes()


def _unknown_charset(letter: Letter) -> bytes:
    message = _message(letter)
    message.replace_header("Content-Type", 'text/plain; charset="x-nobody-knows"')
    return message.as_bytes()


def _two_senders(letter: Letter) -> bytes:
    # The email package refuses to write a second From.
    eve = f"From: Eve <eve@{letter.sender.partition('@')[2]}>\r\n"
    return eve.encode() + _message(letter).as_bytes()


def _two_in_one(letter: Letter) -> bytes:
    both = f"{letter.sender}, eve@{letter.sender.partition('@')[2]}"
    return _message(replace(letter, sender=both)).as_bytes()


def _automatic(letter: Letter) -> bytes:
    message = _message(letter)
    message["Auto-Submitted"] = "auto-replied"
    return message.as_bytes()


def _returned(letter: Letter) -> bytes:
    """As a mail server returns what it cannot deliver (RFC 6522)."""
    message = _message(letter)
    message.add_attachment(b"Action: failed\r\n", maintype="message", subtype="x-delivery-status")
    message.replace_header("Content-Type", "multipart/report")
    message.set_param("report-type", "delivery-status")
    message.set_boundary("returned")
    return message.as_bytes()


def _first_named_alone(letter: Letter) -> bytes:
    """No `References`, which a program may leave out (RFC 5322, 3.6.4); the mail answered is the thread's first."""
    if letter.reply_to is None or not letter.reply_to.references:
        raise ValueError(f"expected a letter in a thread, found {letter}")
    message = _message(letter)
    message["In-Reply-To"] = letter.reply_to.references[0]
    return message.as_bytes()


def _subject_alone(letter: Letter) -> bytes:
    return _message(replace(letter, subject=letter.text), "").as_bytes()


def _too_many_words(letter: Letter) -> bytes:
    message = _message(letter, f"{letter.text} {'and so on ' * 2000}")
    message["Message-ID"] = make_msgid(domain=letter.sender.partition("@")[2])
    return message.as_bytes()


def _no_mail(letter: Letter) -> bytes:
    head = f"From: {letter.sender.partition('@')[0]}@@<>\r\nTo: {letter.to}\r\nSubject: =?utf-8?q?=\r\n"
    return f'{head}Content-Type: multipart/mixed; boundary=""\r\nContent-ID: <[\r\n\r\n--\r\n{letter.text}'.encode()


_ODDITIES: Mapping[str, Callable[[Letter], bytes]] = MappingProxyType(
    {
        "a text and an HTML part": _both_parts,
        "an HTML part alone": _html_alone,
        "attached files": _attachment,
        "its text in ISO-8859-1": _latin,
        "an unknown character set": _unknown_charset,
        "two senders": _two_senders,
        "two senders in one line": _two_in_one,
        "the mark of an automatic answer": _automatic,
        "the form of a returned one": _returned,
        "nothing but its subject": _subject_alone,
        "no mail named but the first": _first_named_alone,
        "far too many words": _too_many_words,
        "headers that are none": _no_mail,
    }
)
