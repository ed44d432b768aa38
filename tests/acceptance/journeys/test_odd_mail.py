"""Odd mails are odd in the one way that their name says, and ask for what they should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

import pytest

from acceptance.drivers.mailbox import Letter, Received
from acceptance.journeys.odd_mail import DECOY, odd

WORDS = 'Change the heading to "Käse & Brot"'
LETTER = Letter("anna@customers.example", "edit+acme@edit.example", "My website", WORDS)


def parts(oddity: str) -> dict[str, tuple[str, str | None]]:
    """The text of each part that is no container, and its disposition, by media type."""
    message = message_from_bytes(odd(oddity, LETTER))
    return {
        part.get_content_type(): (text_of(part), part.get_content_disposition())
        for part in message.walk()
        if not part.is_multipart()
    }


def text_of(part: Message) -> str:
    """A part's text; what its character set does not know is replaced."""
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    charset = part.get_content_charset("utf-8")
    known = "utf-8" if charset == "x-nobody-knows" else charset
    return payload.decode(known, "replace").strip()


def test_of_two_parts_the_plain_one_is_what_is_asked() -> None:
    found = parts("a text and an HTML part")
    assert found == {"text/plain": (WORDS, None), "text/html": (f"<p>{DECOY}</p>", None)}


def test_an_html_part_alone_says_what_is_asked_in_markup() -> None:
    text, _ = parts("an HTML part alone")["text/html"]
    assert '<p>Change the heading to "Käse &amp; Brot"</p>' in text
    assert f"<style>/* {DECOY} */" in text


def test_an_attached_text_is_not_what_is_asked() -> None:
    message = message_from_bytes(odd("attached files", LETTER))
    leaves = [part for part in message.walk() if not part.is_multipart()]
    assert [part.get_content_disposition() for part in leaves] == [None, "attachment", "attachment"]
    assert [part.get_content_type() for part in leaves[:2]] == ["text/html", "text/plain"]
    assert "Käse &amp; Brot" in text_of(leaves[0])
    assert text_of(leaves[1]) == DECOY


def test_a_reply_may_name_the_first_mail_of_its_thread_alone() -> None:
    answer = Received("k", "edit@edit.example", (), "Re", "", "<2@x>", "<1@x>", ("<1@x>",), datetime.now(UTC))
    message = message_from_bytes(odd("no mail named but the first", replace(LETTER, reply_to=answer)))
    assert (message["In-Reply-To"], message["References"]) == ("<1@x>", None)
    with pytest.raises(ValueError, match="expected a letter in a thread"):
        odd("no mail named but the first", LETTER)


def test_a_text_in_latin_1_is_no_utf_8() -> None:
    raw = odd("its text in ISO-8859-1", LETTER)
    assert b"K=E4se" in raw
    assert parts("its text in ISO-8859-1")["text/plain"][0] == WORDS


def test_nobody_knows_the_unknown_character_set() -> None:
    assert b'charset="x-nobody-knows"' in odd("an unknown character set", LETTER)
    with pytest.raises(LookupError):
        "x".encode("x-nobody-knows")


def test_two_senders_are_in_two_headers_or_in_one() -> None:
    two = message_from_bytes(odd("two senders", LETTER)).get_all("From")
    assert two == ["Eve <eve@customers.example>", "anna@customers.example"]
    one = message_from_bytes(odd("two senders in one line", LETTER)).get_all("From")
    assert one == ["anna@customers.example, eve@customers.example"]


def test_headers_that_are_none_name_no_sender() -> None:
    message = message_from_bytes(odd("headers that are none", LETTER))
    assert message["From"] == "anna@@<>"
    assert message.get_content_type() == "multipart/mixed"
    assert not message.get_boundary()


def test_a_returned_mail_is_a_report() -> None:
    message = message_from_bytes(odd("the form of a returned one", LETTER))
    assert message.get_content_type() == "multipart/report"
    assert [part.get_content_type() for part in message.walk()][1:3] == [
        "text/plain",
        "message/x-delivery-status",
    ]


def test_a_subject_alone_is_all_that_is_said() -> None:
    message = message_from_bytes(odd("nothing but its subject", LETTER))
    assert str(make_header(decode_header(str(message["Subject"])))) == WORDS
    assert text_of(message) == ""


def test_far_too_many_words_are_a_mail_that_can_be_answered() -> None:
    message = message_from_bytes(odd("far too many words", LETTER))
    assert len(text_of(message)) > 10_000
    assert message["Message-ID"]
