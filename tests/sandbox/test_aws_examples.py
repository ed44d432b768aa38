"""What the sandbox sends in AWS's place has the form, and here the words, of AWS's own examples."""

from __future__ import annotations

from datetime import datetime

from sandbox.aws_api.received_mail import ReceivedMail
from sandbox.lambda_ import event as lambda_event
from tests.sandbox.aws_examples import ALB_EVENT, SES_NOTIFICATION


def test_the_load_balancers_event_is_that_of_the_example() -> None:
    made = lambda_event.event(
        target_group_arn=ALB_EVENT["requestContext"]["elb"]["targetGroupArn"],
        method="GET",
        target="/",
        headers=[(name.title(), value) for name, value in ALB_EVENT["headers"].items()],
        body=b"request_body",
        multi_value=False,
    )
    assert made == ALB_EVENT


def test_the_notification_of_a_mail_is_that_of_the_example() -> None:
    mail, receipt = SES_NOTIFICATION["mail"], SES_NOTIFICATION["receipt"]
    arrived = ReceivedMail(
        mail["messageId"],
        mail["source"],
        tuple(mail["destination"]),
        SES_NOTIFICATION["content"].encode(),
        datetime.fromisoformat(mail["timestamp"]),
    )
    made = arrived.notification(receipt["recipients"], receipt["action"])
    assert made["mail"] | {"timestamp": mail["timestamp"]} == mail
    told = made["receipt"] | {name: receipt[name] for name in ("timestamp", "processingTimeMillis")}
    # SES has judged by DMARC, too, since the example was written (SES guide, "Contents of notifications").
    assert told == receipt | {"dmarcVerdict": {"status": "PASS"}}
    assert arrived.content("UTF-8") == SES_NOTIFICATION["content"]
