"""Mail through SES's API: receipt rules are applied, messages are stored and published, SNS invokes functions."""

from __future__ import annotations

import base64
import email.policy
import json
import threading
import time
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.aws_api import mail
from sandbox.aws_api.received_mail import ReceivedMail
from tests.sandbox.alb.alb_stand import client, control_plane, eventually

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:session-api"


class Platform:
    """SES with a receiving domain that goes to a topic, and customers' domains that go to a bucket."""

    def __init__(self, url: str) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.failures = 0
        self.heard = threading.Event()
        self.ses, self.sns, self.s3 = (client(url, name) for name in ("ses", "sns", "s3"))
        self.sesv2 = client(url, "sesv2")
        self.topic = self.sns.create_topic(Name="inbound-mail")["TopicArn"]
        self.subscription = self.sns.subscribe(
            TopicArn=self.topic, Protocol="lambda", Endpoint=FUNCTION, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        self.s3.create_bucket(Bucket="customer-mail")
        for domain in ("edit.preview.example", "example.com"):
            self.ses.verify_domain_identity(Domain=domain)
        self.ses.create_receipt_rule_set(RuleSetName="rules")
        self.rule(
            "to-bucket",
            ["example.com"],
            {"S3Action": {"BucketName": "customer-mail", "ObjectKeyPrefix": "inbox/"}},
        )
        self.rule("to-topic", ["edit.preview.example"], {"SNSAction": {"TopicArn": self.topic}})
        self.ses.set_active_receipt_rule_set(RuleSetName="rules")

    def rule(self, name: str, recipients: list[str], action: dict[str, Any], enabled: bool = True) -> None:
        rule = {"Name": name, "Enabled": enabled, "Recipients": recipients, "Actions": [action]}
        self.ses.create_receipt_rule(RuleSetName="rules", Rule=rule)

    def invoke(self, function_arn: str, event: Mapping[str, Any]) -> None:
        assert function_arn == FUNCTION
        if self.failures:
            self.failures -= 1
            raise ConnectionError("told to fail")
        self.events.append(event)
        self.heard.set()

    def notification(self) -> dict[str, Any]:
        """The SES document in the only event so far."""
        assert self.heard.wait(10), "the function heard nothing"
        (event,) = self.events
        document: dict[str, Any] = json.loads(event["Records"][0]["Sns"]["Message"])
        return document

    def inbox(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="customer-mail").get("Contents", [])
        return sorted(item["Key"] for item in listed)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.setattr(mail, "RETRY_S", 0.05)
    with control_plane() as url:
        made = Platform(url)
        uninstall = mail.install(made.invoke)
        yield made
        uninstall()


def letter(to: str = "edit+acme@edit.preview.example", text: str = "Grüße\n", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = "Test <test@example.com>"
    message["To"] = to
    message["Subject"] = "Ein Wunsch: größer"
    message["Message-ID"] = "<own@example.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes(policy=email.policy.SMTP)


def test_a_mail_to_the_receiving_domain_reaches_the_function_with_its_content(platform: Platform) -> None:
    raw = letter(References="<root@example.com>")
    sent = platform.ses.send_raw_email(Source="test@example.com", RawMessage={"Data": raw})
    document = platform.notification()
    assert document["notificationType"] == "Received"
    assert document["receipt"]["recipients"] == ["edit+acme@edit.preview.example"]
    assert document["receipt"]["action"] == {"type": "SNS", "topicArn": platform.topic, "encoding": "UTF8"}
    assert document["receipt"]["spamVerdict"] == {"status": "PASS"}
    common = document["mail"]["commonHeaders"]
    assert common["from"] == ["Test <test@example.com>"]
    assert common["subject"] == "Ein Wunsch: größer"
    assert document["mail"]["messageId"] == sent["MessageId"]
    arrived = message_from_bytes(document["content"].encode(), policy=email.policy.default)
    assert arrived.get_content().strip() == "Grüße"
    assert arrived["References"] == "<root@example.com>"


def test_a_mail_is_under_way_for_as_long_as_it_is_told_to_be() -> None:
    under_way_s = iter([0.5, 0.0])
    with control_plane() as url:
        made = Platform(url)
        uninstall = mail.install(made.invoke, lambda: next(under_way_s))
        sent_at = time.monotonic()
        for text in ("late", "at once"):
            made.ses.send_raw_email(Source="test@example.com", RawMessage={"Data": letter(text=text)})
        eventually(lambda: len(made.events), 1, 5)
        assert time.monotonic() - sent_at < 0.5, "the second one overtakes the first"
        eventually(lambda: len(made.events), 2, 5)
        assert time.monotonic() - sent_at >= 0.5
        uninstall()
    contents = [json.loads(event["Records"][0]["Sns"]["Message"])["content"] for event in made.events]
    assert [content.split()[-1] for content in contents] == ["once", "late"]


def test_raw_mail_arrives_in_the_bytes_that_were_sent(platform: Platform) -> None:
    head = "From: edit@edit.preview.example\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    raw = {"Data": head.encode() + "Grüße".encode("iso-8859-1")}
    source, to = "edit@edit.preview.example", "test@example.com"
    one = platform.ses.send_raw_email(Source=source, Destinations=[to], RawMessage=raw)
    two = platform.sesv2.send_email(
        FromEmailAddress=source, Destination={"ToAddresses": [to]}, Content={"Raw": raw}
    )
    keys = [f"inbox/{answer['MessageId']}" for answer in (one, two)]
    eventually(platform.inbox, sorted(keys), 5)
    for key in keys:
        body = platform.s3.get_object(Bucket="customer-mail", Key=key)["Body"].read()
        assert body.endswith(b"\r\n\r\nGr\xfc\xdfe")


def test_ses_puts_its_own_message_id_and_envelope_sender(platform: Platform) -> None:
    sent = platform.ses.send_raw_email(Source="test@example.com", RawMessage={"Data": letter()})
    document = platform.notification()
    arrived = message_from_bytes(document["content"].encode(), policy=email.policy.default)
    own = f"<{sent['MessageId']}@email.amazonses.com>"
    assert arrived.get_all("Message-ID") == [own]
    assert document["mail"]["commonHeaders"]["messageId"] == own
    assert document["mail"]["source"] == f"{sent['MessageId']}@amazonses.com"
    assert arrived["Return-Path"] == f"<{document['mail']['source']}>"


def test_the_function_gets_snss_event(platform: Platform) -> None:
    published = platform.sns.publish(TopicArn=platform.topic, Message="hello", Subject="greeting")
    assert platform.heard.wait(10)
    (record,) = platform.events[0]["Records"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == platform.subscription
    told = record["Sns"]
    assert (told["Type"], told["TopicArn"]) == ("Notification", platform.topic)
    assert (told["Message"], told["Subject"]) == ("hello", "greeting")
    assert told["MessageId"] == published["MessageId"]


def test_a_function_that_fails_is_invoked_again_thrice_at_most(platform: Platform) -> None:
    platform.failures = 2
    platform.sns.publish(TopicArn=platform.topic, Message="third time lucky")
    assert platform.heard.wait(10)
    platform.heard.clear()
    platform.failures = 3
    platform.sns.publish(TopicArn=platform.topic, Message="never")
    eventually(lambda: platform.failures, 0, 5)
    platform.sns.publish(TopicArn=platform.topic, Message="next")
    assert platform.heard.wait(10)
    messages = [event["Records"][0]["Sns"]["Message"] for event in platform.events]
    assert messages == ["third time lucky", "next"]


def test_a_mail_to_a_customer_is_stored_as_raw_mime(platform: Platform) -> None:
    sent = platform.ses.send_raw_email(
        Source="edit@edit.preview.example", RawMessage={"Data": letter(to="test@example.com")}
    )
    key = f"inbox/{sent['MessageId']}"
    eventually(platform.inbox, [key], 5)
    body = platform.s3.get_object(Bucket="customer-mail", Key=key)["Body"].read()
    arrived = message_from_bytes(body, policy=email.policy.default)
    assert arrived["To"] == "test@example.com"
    assert not platform.events


def test_send_email_is_delivered_as_mime_too(platform: Platform) -> None:
    content = {"Subject": {"Data": "ready"}, "Body": {"Text": {"Data": "https://x/ grün"}}}
    sent = platform.ses.send_email(
        Source="edit@edit.preview.example", Destination={"ToAddresses": ["test@example.com"]}, Message=content
    )
    v2 = platform.sesv2.send_email(
        FromEmailAddress="edit@edit.preview.example",
        Destination={"ToAddresses": ["test@example.com"]},
        Content={"Simple": content},
    )
    keys = sorted(f"inbox/{answer['MessageId']}" for answer in (sent, v2))
    eventually(platform.inbox, keys, 5)
    body = platform.s3.get_object(Bucket="customer-mail", Key=keys[0])["Body"].read()
    arrived = message_from_bytes(body, policy=email.policy.default)
    assert (arrived["Subject"], arrived.get_content().strip()) == ("ready", "https://x/ grün")


def test_a_mail_is_counted_once(platform: Platform) -> None:
    """SES counts recipients, whoever else the headers name."""

    def sent() -> float:
        quota: dict[str, float] = platform.ses.get_send_quota()
        return quota["SentLast24Hours"]

    raw = {"Data": letter(to="test@example.com")}
    platform.ses.send_raw_email(Source="test@example.com", Destinations=["test@example.com"], RawMessage=raw)
    assert sent() == 1
    platform.ses.send_raw_email(Source="test@example.com", RawMessage=raw)
    assert sent() == 2


def test_a_text_and_its_html_are_alternatives(platform: Platform) -> None:
    marked = {"Html": {"Data": "<p>marked</p>"}}
    content: dict[str, Any] = {"Subject": {"Data": "ready"}, "Body": {"Text": {"Data": "plain"}} | marked}
    to = {"ToAddresses": ["test@example.com"], "CcAddresses": ["cc@example.com"]}
    one = platform.ses.send_email(Source="edit@edit.preview.example", Destination=to, Message=content)
    two = platform.sesv2.send_email(
        FromEmailAddress="edit@edit.preview.example", Destination=to, Content={"Simple": content}
    )
    html = platform.ses.send_email(
        Source="edit@edit.preview.example", Destination=to, Message=content | {"Body": marked}
    )
    keys = [f"inbox/{answer['MessageId']}" for answer in (one, two, html)]
    eventually(platform.inbox, sorted(keys), 5)
    kinds = []
    for key in keys:
        body = platform.s3.get_object(Bucket="customer-mail", Key=key)["Body"].read()
        arrived = message_from_bytes(body, policy=email.policy.default)
        assert (arrived["To"], arrived["Cc"]) == ("test@example.com", "cc@example.com")
        kinds.append([part.get_content_type() for part in arrived.walk()])
    both = ["multipart/alternative", "text/plain", "text/html"]
    assert kinds == [both, both, ["text/html"]]


def test_given_destinations_are_the_whole_envelope(platform: Platform) -> None:
    platform.ses.send_raw_email(
        Source="test@example.com",
        Destinations=["edit+acme@edit.preview.example"],
        RawMessage={"Data": letter(to="someone@example.com")},
    )
    assert platform.notification()["mail"]["destination"] == ["edit+acme@edit.preview.example"]
    assert platform.inbox() == []


def test_base64_keeps_every_byte_and_a_big_mail_bounces(platform: Platform) -> None:
    action = {"SNSAction": {"TopicArn": platform.topic, "Encoding": "Base64"}}
    platform.ses.create_receipt_rule_set(RuleSetName="other")
    rule = {"Name": "encoded", "Enabled": True, "Recipients": ["edit.preview.example"], "Actions": [action]}
    platform.ses.create_receipt_rule(RuleSetName="other", Rule=rule)
    platform.ses.set_active_receipt_rule_set(RuleSetName="other")
    big = letter(text="x\n" * 80_000)
    platform.ses.send_raw_email(Source="test@example.com", RawMessage={"Data": big})
    small = letter(text="small\n").rstrip() + b" \xff\x80\n"
    platform.ses.send_raw_email(Source="test@example.com", RawMessage={"Data": small})
    document = platform.notification()
    assert document["receipt"]["action"]["encoding"] == "BASE64"
    assert base64.b64decode(document["content"]).rstrip().endswith(b"small \xff\x80")


@pytest.mark.parametrize(
    ("recipients", "enabled", "address", "wanted"),
    [
        (["example.com"], True, "Test@Example.com", True),
        (["example.com"], True, "test@shop.example.com", False),
        ([".example.com"], True, "test@shop.example.com", True),
        (["test@example.com"], True, "test@example.com", True),
        (["test@example.com"], True, "other@example.com", False),
        ([], True, "any@where.example", True),
        ([], False, "any@where.example", False),
    ],
)
def test_a_rule_is_for_its_recipients(
    recipients: list[str], enabled: bool, address: str, wanted: bool
) -> None:
    assert mail.matches({"Recipients": recipients, "Enabled": enabled}, address) is wanted


def test_only_the_head_of_a_message_is_rewritten() -> None:
    raw = b"From: a@example.com\nMessage-ID:\n <folded@example.com>\nDate: old\n\nDate: in the body\n\nend\n"
    received = ReceivedMail.sent_through_ses("0100", ["B <b@example.com>"], raw)
    head, _, body = received.raw.partition(b"\r\n\r\n")
    assert body == b"Date: in the body\r\n\r\nend\r\n"
    assert b"folded" not in head
    assert head.count(b"Message-ID:") == 1
    assert received.recipients == ("b@example.com",)
