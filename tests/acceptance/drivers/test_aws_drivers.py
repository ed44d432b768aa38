"""Records, commands, mail and the account, against a control plane on loopback."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from acceptance.config.mark import Mark
from acceptance.config.sections import Aws, Mail
from acceptance.drivers.aws import Clients
from acceptance.drivers.mailbox import Letter, Mailbox, Sent, answers, parse
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_table import Commands, SessionTable
from acceptance.waiting.errors import ConfigurationError, UnknownSession
from acceptance.waiting.trace import TRACE, Lane
from tests.acceptance.drivers.names import NAMES

RUN = "1125-130000-abcd"

MAIL = Mail("edit.example", "edit", "customers.example", "inbox", "in/")


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = Clients(Aws("us-east-1", f"http://{host}:{port}", "test", "test"))
    made.of("dynamodb").create_table(
        TableName="sessions",
        KeySchema=[{"AttributeName": "sessionId", "KeyType": "HASH"}, {"AttributeName": "userId", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("sessionId", "userId", "clientId", "status")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-client",
                "KeySchema": [
                    {"AttributeName": "clientId", "KeyType": "HASH"}, {"AttributeName": "status", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    for queue in ("commands.fifo", "dead.fifo"):
        made.of("sqs").create_queue(QueueName=queue, Attributes={"FifoQueue": "true"})
    made.of("s3").create_bucket(Bucket="inbox")
    made.of("ses").verify_email_identity(EmailAddress="ann@customers.example")
    yield made
    server.stop()


def put(clients: Clients, session: str, client: str, status: str = "active", **more: str) -> None:
    item = {"sessionId": session, "userId": "a@x.org", "clientId": client, "status": status, **more}
    clients.of("dynamodb").put_item(
        TableName="sessions", Item={**{k: {"S": v} for k, v in item.items()}, "ttl": {"N": "1800000000"}}
    )


def test_a_record_is_read_with_its_types(clients: Clients) -> None:
    put(clients, "s-1", "one", createdAt="2026-01-02T03:04:05.678Z", previewUrl="https://h/session/s-1/")
    record = SessionTable(clients, NAMES).get("s-1")
    assert (record.client_id, record.status, record.ttl) == ("one", "active", 1_800_000_000)
    assert record.created_at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert record.last_commit is None
    assert not record.ended


def test_records_by_client_and_by_mark(clients: Clients) -> None:
    first, second = f"acc-{RUN}-1", "acc-1124-000000-0000-1"
    put(clients, "s-b", first, createdAt="2026-01-02T00:00:00.000Z")
    put(clients, "s-a", first, createdAt="2026-01-01T00:00:00.000Z")
    put(clients, "s-c", second)
    put(clients, "s-d", "test-client")
    put(clients, "s-e", "accounting")
    put(clients, "s-f", "acc-shop-1")
    records = SessionTable(clients, NAMES)
    assert [record.session_id for record in records.of_client(first)] == ["s-a", "s-b"]
    assert records.count("none") == 0
    assert [record.session_id for record in records.all_of_client(second)] == ["s-c"]
    assert {record.session_id for record in records.marked(Mark("acc", RUN))} == {"s-a", "s-b", "s-d"}
    assert {record.session_id for record in records.marked(Mark("acc"))} == {"s-a", "s-b", "s-c", "s-d"}
    with pytest.raises(UnknownSession):
        records.get("none")


def test_a_planted_record_has_expired_and_can_be_uprooted(clients: Clients) -> None:
    put(clients, "s-live", "plant", previewUrl="https://h/session/s-live/")
    records = SessionTable(clients, NAMES)
    planted = records.plant_expired(records.get("s-live"), session_id="s-old")
    assert planted.ttl is not None
    assert planted.ttl < time.time()
    assert planted.preview_url == "https://h/session/s-old/"
    assert (planted.planted, records.get("s-live").planted) == (True, False)
    records.uproot(planted)
    records.uproot(planted)
    assert records.find("s-old") is None
    assert records.find("s-live") is not None


def test_an_item_that_is_no_session_is_told_by_its_keys(clients: Clients) -> None:
    put(clients, "s-1", "one")
    table, records = clients.of("dynamodb"), SessionTable(clients, NAMES)
    assert records.strangers() == ()
    table.put_item(TableName="sessions", Item={"sessionId": {"S": "count"}, "userId": {"S": "acme"}})
    assert records.strangers() == ("count acme",)


def test_commands_that_wait_are_counted(clients: Clients) -> None:
    records = SessionTable(clients, NAMES)
    assert records.commands() == Commands(0, 0, 0)
    url = clients.of("sqs").get_queue_url(QueueName="commands.fifo")["QueueUrl"]
    clients.of("sqs").send_message(
        QueueUrl=url, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId="1"
    )
    assert records.commands() == Commands(1, 0, 0)
    clients.of("sqs").receive_message(QueueUrl=url)
    assert records.commands() == Commands(0, 1, 0)


def letter(**more: Any) -> Letter:
    return Letter(
        sender="ann@customers.example", to="edit+acme@edit.example", subject="Ä title", text="Do it", **more
    )


def test_mail_goes_out_as_mime_with_its_thread(clients: Clients) -> None:
    mailbox = Mailbox(clients, MAIL, "us-east-1", Mark("acc", RUN))
    first = mailbox.send(letter())
    second = mailbox.send(letter(reply_to=first, headers={"Auto-Submitted": "auto-replied"}))
    assert first.message_ids[1].endswith("@email.amazonses.com>")
    assert second.references == (first.message_id,)
    assert mailbox.intake("acme") == "edit+acme@edit.example"


def test_the_inbox_is_read_from_the_bucket(clients: Clients) -> None:
    mailbox = Mailbox(clients, MAIL, "us-east-1", Mark("acc", RUN))
    TRACE.begin()
    sent = mailbox.send(letter())
    raw = (
        f"From: edit@edit.example\r\nTo: Ann <Ann@customers.example>\r\nSubject: =?utf-8?q?Re=3A_=C3=84_title?=\r\n"
        f"Message-ID: <1@x>\r\nIn-Reply-To: {sent.message_ids[1]}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        "Live: https://h/session/s-1/\r\n"
    ).encode()
    for key in ("in/1", "in/AMAZON_SES_SETUP_NOTIFICATION", "elsewhere/1"):
        clients.of("s3").put_object(Bucket="inbox", Key=key, Body=raw)
    (received,) = mailbox.inbox("ann@customers.example")
    assert (received.subject, received.text.strip()) == ("Re: Ä title", "Live: https://h/session/s-1/")
    assert mailbox.answers_to(sent) == (received,)
    assert mailbox.inbox("bob@customers.example") == ()
    assert [(event.title, event.detail) for event in TRACE.end() if event.lane is Lane.MAIL] == [
        ("sent to edit+acme@edit.example", "Ä title: Do it"),
        ("received by ann@customers.example", ""),
    ], "once each, however often the inbox is read"


def test_mail_in_another_thread_is_no_answer() -> None:
    sent = Sent(letter(), ("<a@x>", "<b@x>"))
    now = datetime.now(UTC)
    assert answers(parse("k", b"References: <r@x> <b@x>\r\n\r\nx", now), sent)
    assert not answers(parse("k", b"In-Reply-To: <c@x>\r\n\r\nx", now), sent)


@pytest.mark.parametrize("account", [None, "123456789012"])
def test_a_profile_is_used_in_its_own_account(clients: Clients, account: str | None) -> None:
    platform_in(clients, account).check_account()


def test_a_profile_of_another_account_is_refused_with_both_endings(clients: Clients) -> None:
    with pytest.raises(ConfigurationError, match=r"aws\.account: .* ends with 3333, .* ends with 9012"):
        platform_in(clients, "111122223333").check_account()


def test_sts_is_asked_once_whose_account_it_is(clients: Clients) -> None:
    platform = platform_in(clients, "123456789012")
    platform.check_account()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clients, "of", pytest.fail)
        assert platform.account == "123456789012"


def platform_in(clients: Clients, account: str | None) -> Platform:
    """As much of a platform as knows its account."""
    profile = SimpleNamespace(source=Path("aws.toml"), aws=SimpleNamespace(account=account))
    parts: Any = dict.fromkeys(field.name for field in dataclasses.fields(Platform))
    return Platform(**parts | {"profile": profile, "clients": clients})


def test_every_client_has_short_timeouts_and_no_retries_of_botocores(clients: Clients) -> None:
    config: Any = clients.of("ecs").meta.config
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries["total_max_attempts"] == 1
    assert clients.of("ecs") is clients.of("ecs")
    assert config.user_agent_extra == "md/live-preview-acceptance"


def test_mail_of_the_suites_customers_is_cleared_away_and_nobody_elses(clients: Clients) -> None:
    bucket, mailbox = clients.of("s3"), Mailbox(clients, MAIL, "us-east-1", Mark("acc", RUN))
    own = [mailbox.customer("ann"), mailbox.customer("ann").upper(), mailbox.reached("test@example.com")]
    others = [
        "ann@customers.example",
        f"ann-{RUN}@elsewhere.example",
        "ann-1124-000000-0000@customers.example",
    ]
    for number, to in enumerate((*own, *others)):
        body = f"From: edit@edit.example\r\nTo: {to}\r\nMessage-ID: <c{number}@x>\r\n\r\nLive\r\n".encode()
        bucket.put_object(Bucket=MAIL.inbox_bucket, Key=f"{MAIL.inbox_prefix}clear-{number}", Body=body)
    assert mailbox.clear_away(Mark("acc", RUN)) == len(own)
    left = bucket.list_objects_v2(Bucket=MAIL.inbox_bucket, Prefix=f"{MAIL.inbox_prefix}clear-")["Contents"]
    assert [entry["Key"][-1] for entry in left] == ["3", "4", "5"]
    assert (mailbox.count(Mark("acc", RUN)), mailbox.count(Mark("acc"))) == (0, 1)
