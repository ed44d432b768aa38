"""Whatever comes as a mail is read or dropped: as its sender meant it where that can be known, never a crash."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from sandbox.aws_api.received_mail import ReceivedMail, as_json
from sandbox.services.session_api import letters
from sandbox.services.session_api.html_text import text_of
from tests.acceptance.journeys.odd_mail import mutated, outcome

HEAD = b"From: A Customer <a@example.com>\n"


def both(text: str, markup: str) -> EmailMessage:
    """A message with both forms, as most programs send it."""
    message = EmailMessage()
    message["From"] = "a@example.com"
    message.set_content(text)
    message.add_alternative(markup, subtype="html")
    return message


def test_the_plain_text_part_is_what_she_wrote() -> None:
    assert letters.read(both("Make it blue", "<p>Make it <b>red</b></p>").as_bytes()).words == "Make it blue"


def test_an_attachment_says_nothing() -> None:
    message = both("Make it blue", "<p>blue</p>")
    message.add_attachment("Make it red", filename="wish.txt")
    message.add_attachment(both("Make it green", "<p>green</p>"))
    assert letters.read(message.as_bytes()).words == "Make it blue"
    only = HEAD + b"Subject: Re: See the file\nContent-Disposition: attachment\n\nMake it red\n"
    assert letters.read(only).words == "See the file"


def test_of_html_alone_the_text_is_what_she_wrote() -> None:
    markup = (
        "<html><head><title>No</title><style>p {}</style><body><p>Change the\nheading to &quot;A &amp; B&quot;</p>"
        "<script>if (a<b) no()</script><div>and the foot</div><blockquote>earlier</blockquote></body></html>"
    )
    raw = HEAD + b"Content-Type: text/html; charset=utf-8\n\n" + markup.encode()
    assert letters.read(raw).words == 'Change the heading to "A & B"\nand the foot'


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("iso-8859-1", b"Gr\xfc\xdfe"),
        ("utf-8", b"Gr\xc3\xbc\xc3\x9fe"),
        ("x-unknown", b"Gr\xc3\xbc\xc3\x9fe"),
        ("base64", b"Gr\xc3\xbc\xc3\x9fe"),
        ("utf-16", "Grüße".encode("utf-16")),
    ],
)
def test_every_character_set_is_read_and_an_unknown_one_as_utf_8(charset: str, content: bytes) -> None:
    raw = HEAD + f"Content-Type: text/plain; charset={charset}\n\n".encode() + content
    assert letters.read(raw).words == "Grüße"


@pytest.mark.parametrize(
    "senders",
    [
        b"From: a@example.com\nFrom: b@example.com\n",
        b"From: a@example.com, b@example.com\n",
        b"Subject: no sender\n",
    ],
)
def test_a_mail_of_two_senders_or_none_is_nobodys(senders: bytes) -> None:
    with pytest.raises(letters.Unreadable, match="expected one sender"):
        letters.read(senders + b"\nMake it blue\n")


def test_a_senders_encoded_name_brings_no_address() -> None:
    raw = b"From: =?utf-8?q?x_=3Cboss=40example=2Ecom=3E=2C?= <a@example.com>\n\nMake it blue\n"
    assert letters.read(raw).sender == "a@example.com"


@pytest.mark.parametrize(
    "head",
    [
        b"Auto-Submitted: no\nAuto-Submitted: auto-replied; x\n",
        b"Precedence: Bulk\n",
        b"Return-Path: <>\n",
        b"Content-Type: multipart/report; report-type=delivery-status\n",
    ],
)
def test_a_machine_is_known(head: bytes) -> None:
    assert letters.read(HEAD + head + b"\ntext\n").automatic
    assert letters.read(HEAD + b"Auto-Submitted: no\nReturn-Path: <a@x>\n\ntext\n").automatic is None


def test_five_hundred_mutated_mails_are_read_or_dropped_and_told_by_ses() -> None:
    for seed in range(500):
        raw = mutated(seed)
        outcome(raw)
        received = ReceivedMail.sent_through_ses("0100", ["edit+acme@edit.preview.example"], raw)
        assert as_json(received.notification(received.recipients, {})).encode(), f"seed {seed}"


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", "<a b='", "</", "&", "<![", "<script>", "<p>", "<!DOCTYPE a ["]
)
def test_html_takes_time_by_its_length(piece: str) -> None:
    began = time.process_time()
    text_of(piece * (150_000 // len(piece)))
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "name", [b"Subject", b"References", b"From", b"Content-Type", b"Content-Disposition"]
)
@pytest.mark.parametrize("piece", [b"=?a?q?", b'"', b'";"', b";a=", b"<a", b"(", b"\\", b"re :", b"''"])
def test_a_long_header_takes_no_long_time(name: bytes, piece: bytes) -> None:
    began = time.process_time()
    outcome(HEAD + name + b": " + piece * (150_000 // len(piece)) + b"\n\nMake it blue\n")
    assert time.process_time() - began < 3


def test_parts_within_parts_without_end_are_dropped() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1100))
    with pytest.raises(letters.Unreadable, match="RecursionError"):
        letters.read(HEAD + deep + b"\nMake it blue\n")
