"""Mail to the session API: what opens a session, what instructs one, and what leaves no trace."""

from __future__ import annotations

import pytest
from moto.backends import get_backend

from tests.sandbox.services.session_api.session_api_stand import Stand


def test_a_mail_opens_a_session_and_its_reply_instructs_it(stand: Stand) -> None:
    stand.mail()
    (opened,) = stand.records.of_client("test-client")
    assert (opened.user_id, opened.instruction, opened.thread_id[:2]) == (
        "test@example.com",
        "Make it blue",
        "m-",
    )
    assert opened.mail == {"messageId": "<root@example.com>", "subject": "My site"}
    stand.mail()
    reply = "And green\n\nOn Monday, we wrote:\n> Your preview is live"
    stand.mail(reply, Message_ID="<two@example.com>", References="<root@example.com> <answer@ses>")
    assert len(stand.records.of_client("test-client")) == 1
    found = [(command["type"], command.get("instruction")) for command in stand.commands()]
    assert found == [("activate", None), ("instruction", "And green")]
    stand.end(opened.session_id, "expired")
    stand.mail("Again", Message_ID="<three@example.com>", In_Reply_To="<root@example.com>")
    newest = stand.records.of_client("test-client")[0]
    assert (newest.session_id != opened.session_id, newest.thread_id) == (True, opened.thread_id)


def test_a_mail_without_text_asks_by_its_subject(stand: Stand) -> None:
    stand.mail("\n", Subject="Re: Add a contact page")
    assert stand.records.of_client("test-client")[0].instruction == "Add a contact page"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"sender": "MAILER-DAEMON@example.com"},
        {"sender": "edit@edit.preview.example"},
        {"text": " ", "Subject": ""},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_mail_that_nobody_should_answer_leaves_no_trace(stand: Stand, headers: dict[str, str]) -> None:
    stand.mail(**headers)
    assert (stand.items(), stand.seen) == (0, [])


def test_an_over_long_instruction_by_mail_is_answered_in_its_thread(stand: Stand) -> None:
    stand.mail("long " * 1000, sender="long@example.com")
    assert (stand.items(), stand.seen) == (0, [])
    sent = get_backend("ses")["123456789012"]["us-east-1"].sent_messages
    (answer,) = [one.raw_data for one in sent if "long@example.com" in one.destinations]
    assert "at most 4000 characters" in answer
    assert "In-Reply-To: <root@example.com>" in answer


def test_a_mail_of_two_senders_leaves_no_trace(stand: Stand) -> None:
    stand.mail(Sender="b@example.com", sender="a@example.com>, B <b@example.com")
    assert (stand.items(), stand.seen) == (0, [])
