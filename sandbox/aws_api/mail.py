"""SES that delivers: what is sent to a receiving domain goes through the active receipt rules; SNS invokes functions.

moto 5.2.5 stores rules and sent messages, and never applies the one to the other; its SNS and its Lambda hand events
to containers. All are replaced here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.models import s3_backends
from moto.ses.models import RawMessage, SESBackend, ses_backends
from moto.ses.responses import EmailResponse
from moto.sns.models import Subscription, sns_backends

from sandbox.aws_api import composed_mail, functions
from sandbox.aws_api.functions import Invoke
from sandbox.aws_api.hooks import Hooks
from sandbox.aws_api.received_mail import ReceivedMail, as_json, sns_event
from sandbox.settings import ACCOUNT, REGION

logger = logging.getLogger(__name__)

MAX_SNS_CONTENT_BYTES = 150 * 1024
ATTEMPTS = 3
RETRY_S = 1.0
PARALLEL_INVOCATIONS = 8


class MailRoom:
    """Carries mail and notifications off the threads that send them, mail in the order of its arrival."""

    def __init__(self, invoke: Invoke, under_way_s: Callable[[], float]) -> None:
        """`under_way_s` tells how many seconds each mail takes."""
        self._invoke = invoke
        self._under_way_s = under_way_s
        self._stopped = threading.Event()
        self._mail = ThreadPoolExecutor(1, thread_name_prefix="mail")
        self._functions = ThreadPoolExecutor(PARALLEL_INVOCATIONS, thread_name_prefix="sns")

    def deliver(self, mail: ReceivedMail) -> None:
        """Have a message go through the receipt rules; returns at once."""
        late_s = self._under_way_s()
        if not late_s:
            self._arrive(mail)
            return
        arrival = threading.Timer(late_s, self._arrive, (mail,))
        arrival.daemon = True
        arrival.start()

    def invoke(self, function_arn: str, event: Mapping[str, Any]) -> None:
        """Have a function invoked, thrice at most, as Lambda does for asynchronous invocations; returns at once."""
        self._functions.submit(_logged, "SNS", self._try, function_arn, event)

    def close(self) -> None:
        """Take on nothing more and give up what waits for another attempt."""
        self._stopped.set()
        self._mail.shutdown(cancel_futures=True)
        self._functions.shutdown(wait=False, cancel_futures=True)

    def _arrive(self, mail: ReceivedMail) -> None:
        if not self._stopped.is_set():
            self._mail.submit(_logged, "mail", apply_receipt_rules, mail)

    def _try(self, function_arn: str, event: Mapping[str, Any]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._invoke(function_arn, event)
            except Exception:
                logger.exception("SNS: attempt %d of %d to invoke %s failed", attempt, ATTEMPTS, function_arn)
                if self._stopped.wait(RETRY_S):
                    return
            else:
                return


def install(invoke: Invoke, under_way_s: Callable[[], float] = lambda: 0.0) -> Callable[[], None]:
    """Make SES deliver, SNS and Lambda's API invoke functions; returns the function that puts moto's methods back.

    A function that failed is invoked again, unless the caller waits for its answer. `under_way_s` tells how many
    seconds each mail takes.
    """
    room = MailRoom(invoke, under_way_s)
    hooks = Hooks()
    hooks.replace(EmailResponse, "send_raw_email", _any_bytes)
    hooks.replace(SESBackend, "send_raw_email", _send_raw_email(SESBackend.send_raw_email, room))
    composed_mail.install(hooks, room.deliver)
    functions.install(hooks, invoke, room.invoke)
    hooks.replace(Subscription, "publish", _publish(Subscription.publish, room))

    def uninstall() -> None:
        hooks.remove()
        room.close()

    return uninstall


def apply_receipt_rules(mail: ReceivedMail) -> None:
    """Carry out the actions of every rule of the active rule set that matches a recipient, in order."""
    active = ses_backends[ACCOUNT][REGION].describe_active_receipt_rule_set()
    for rule in active.rules if active else []:
        matched = [address for address in mail.recipients if matches(rule, address)]
        if not matched:
            continue
        for action in rule.get("Actions", []):
            if "StopAction" in action:
                return
            carry_out(action, mail, matched)


def matches(rule: Mapping[str, Any], address: str) -> bool:
    """Whether an enabled rule is for an address: by address, domain, `.domain` for its subdomains, or for all."""
    if str(rule.get("Enabled", False)).lower() != "true":
        return False
    wanted: Sequence[str] = rule.get("Recipients") or []
    address = address.lower()
    domain = address.rpartition("@")[2]
    return not wanted or any(
        domain.endswith(condition) if condition.startswith(".") else condition in (address, domain)
        for condition in (item.lower() for item in wanted)
    )


def carry_out(action: Mapping[str, Any], mail: ReceivedMail, matched: Sequence[str]) -> None:
    """One action of a receipt rule: S3Action or SNSAction; another is logged."""
    if "S3Action" in action:
        store(action["S3Action"], mail, matched)
    elif "SNSAction" in action:
        publish(action["SNSAction"], mail, matched)
    else:
        logger.warning(
            "receipt rule: expected S3Action or SNSAction, found %s: not carried out", list(action)
        )


def store(action: Mapping[str, Any], mail: ReceivedMail, matched: Sequence[str]) -> None:
    """Put the raw message into the bucket, at prefix and message id, and tell the action's topic if it has one."""
    key = action.get("ObjectKeyPrefix", "") + mail.message_id
    s3_backends[ACCOUNT]["aws"].put_object(action["BucketName"], key, mail.raw)
    if topic := action.get("TopicArn"):
        told = {"type": "S3", "topicArn": topic, "bucketName": action["BucketName"], "objectKey": key}
        _tell(topic, mail.notification(matched, told))


def publish(action: Mapping[str, Any], mail: ReceivedMail, matched: Sequence[str]) -> None:
    """Publish the notification with the message in it; a message above 150 KB bounces, as SES says."""
    if len(mail.raw) > MAX_SNS_CONTENT_BYTES:
        logger.warning(
            "mail %s bounced: %d bytes are too many for an SNS action", mail.message_id, len(mail.raw)
        )
        return
    encoding = action.get("Encoding") or "UTF-8"
    told = {"type": "SNS", "topicArn": action["TopicArn"], "encoding": encoding.upper().replace("-", "")}
    content = {"content": mail.content(encoding)}
    _tell(action["TopicArn"], mail.notification(matched, told) | content)


def _tell(topic_arn: str, document: Mapping[str, Any]) -> None:
    sns_backends[ACCOUNT][REGION].publish(
        as_json(document), arn=topic_arn, subject="Amazon SES Email Receipt Notification"
    )


def _logged(what: str, work: Callable[..., None], *arguments: Any) -> None:
    try:
        work(*arguments)
    except Exception:
        logger.exception("%s: not delivered", what)


def _any_bytes(self: EmailResponse) -> ActionResult:
    """A raw message is bytes; moto fails on those that are no UTF-8, which many an old program's mail is not."""
    raw: bytes = self._get_param("RawMessage.Data")
    message = self.backend.send_raw_email(
        self._get_param("Source"),
        self._get_param("Destinations", []),
        raw.decode("utf-8", "surrogateescape"),
    )
    return ActionResult({"MessageId": message.id})


def _send_raw_email(before: Callable[..., RawMessage], room: MailRoom) -> Callable[..., RawMessage]:
    def call(self: SESBackend, source: str, destinations: list[str], raw_data: str) -> RawMessage:
        # moto adds the header's recipients to the list, and counts them; given ones are the whole envelope.
        envelope = list(destinations)
        sent = before(self, source, destinations, raw_data)
        if envelope:
            self.sent_message_count -= len(sent.destinations) - len(envelope)
            sent.destinations = envelope
        room.deliver(
            ReceivedMail.sent_through_ses(
                sent.id, sent.destinations, raw_data.encode("utf-8", "surrogateescape")
            )
        )
        return sent

    return call


def _publish(before: Callable[..., None], room: MailRoom) -> Callable[..., None]:
    def call(self: Subscription, message: str, message_id: str, **details: Any) -> None:
        if self.protocol != "lambda":
            before(self, message, message_id, **details)
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(details.get("message_attributes"), message):
            return
        event = sns_event(
            topic_arn=self.topic.arn,
            subscription_arn=self.arn,
            message_id=message_id,
            message=message,
            subject=details.get("subject"),
        )
        room.invoke(self.endpoint, event)

    return call
