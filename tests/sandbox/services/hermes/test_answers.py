"""Each session's customer is told once that the preview is live, and once why it failed, whoever is about to tell."""

from __future__ import annotations

import threading
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.services.aws import Clients
from sandbox.services.hermes.customer_mail import Answers, Claimed
from sandbox.services.session_record import SessionRecord, stamp
from tests.sandbox.services.hermes.hermes_stand import SENDER, Stand, eventually


def answers(stand: Stand, claim_s: float = 60.0) -> Answers:
    """The answers of one Hermes."""
    return Answers(Clients(), SENDER, stand.records, claim_s)


def failed(stand: Stand, user: str, **more: str) -> SessionRecord:
    """A session that has failed, as another reader sees it."""
    return stand.ask(user=user, status="failed", failure="No workspace.", **more)


@pytest.mark.parametrize("kind", ["live", "failed"])
def test_of_two_who_see_the_same_record_one_tells(stand: Stand, kind: str) -> None:
    record = stand.ask(user=f"two-{kind}@example.com")
    getattr(answers(stand), kind)(record)
    told = getattr(answers(stand), kind)(record)
    assert (told.answered_at or told.failure_answered_at) is not None
    assert len(stand.mail_to(record.user_id)) == 1


def test_who_comes_while_another_sends_leaves_it_to_him(stand: Stand) -> None:
    record = failed(stand, "during@example.com")
    first, second = answers(stand), answers(stand)
    sending, go_on = threading.Event(), threading.Event()
    send = first._send

    def slowly(*arguments: object) -> None:
        sending.set()
        assert go_on.wait(10)
        send(*arguments)  # type: ignore[arg-type]

    first._send = slowly  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=first.failed, args=(record,))
    thread.start()
    assert sending.wait(10)
    for seen in (record, stand.now(record)):
        with pytest.raises(Claimed):
            second.failed(seen)
    go_on.set()
    thread.join(10)
    assert second.failed(record).failure_answered_at is not None
    assert len(stand.mail_to(record.user_id)) == 1


def test_the_claim_of_one_who_died_before_sending_lapses(stand: Stand) -> None:
    record = failed(stand, "lapsed@example.com", telling_since=stamp(time.time() - 61))
    told = answers(stand).failed(record)
    assert (told.telling_since, told.failure_answered_at is not None) == (None, True)
    assert len(stand.mail_to(record.user_id)) == 1


def test_a_mail_that_ses_did_not_take_is_sent_at_the_next_attempt(stand: Stand) -> None:
    record = failed(stand, "throttled@example.com")
    ours = answers(stand)
    send = ours._send

    def throttled(*_arguments: object) -> None:
        raise ClientError({"Error": {"Code": "Throttling"}}, "SendRawEmail")

    ours._send = throttled  # type: ignore[method-assign, assignment]
    with pytest.raises(ClientError):
        ours.failed(record)
    ours._send = send  # type: ignore[method-assign]
    ours.failed(stand.now(record))
    assert len(stand.mail_to(record.user_id)) == 1


def test_a_failing_session_is_told_once_with_an_audit_under_way_all_the_time(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.services.hermes.reconcile._AUDIT_TICKS", 0)
    users = [f"audited{number}@example.com" for number in range(6)]
    stand.capacity.prepare = lambda task: task.failing.update(dict.fromkeys(asked, "No workspace."))
    asked = [stand.ask(user=user).session_id for user in users]
    stand.start()
    for user in users:
        eventually(lambda user=user: stand.mail_to(user), bool, "an answer")  # type: ignore[misc]
    eventually(lambda: stand.capacity.hermes, lambda seen: seen == 0, "Hermes at 0")
    assert [len(stand.mail_to(user)) for user in users] == [1] * len(users)


def test_deleted_records_leave_no_protected_task_behind(stand: Stand) -> None:
    first = stand.start()
    asked = stand.wait_status(stand.ask(user="deleted@example.com"))
    key = {"sessionId": {"S": asked.session_id}, "userId": {"S": asked.user_id}}
    boto3.client("dynamodb").delete_item(TableName=stand.table, Key=key)
    stand.capacity.set_edit(0)
    stand.capacity.set_hermes(0)
    first.stop()
    assert stand.capacity.safe, "the task is protected from scale-in"
    assert stand.capacity.hermes == 1, "a task that nobody would stop needs a Hermes"
    stand.start()
    eventually(lambda: stand.capacity.tasks, lambda seen: not seen, "no Edit task")
    eventually(lambda: stand.capacity.hermes, lambda seen: seen == 0, "Hermes at 0")
    assert (stand.rules(), stand.groups()) == ([], [])
