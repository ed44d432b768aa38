"""How mail is set up: whose SES sends, whose it receives and where to, and how much may still be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acceptance.config.sections import Mail
from acceptance.drivers.aws import AwsRefusal, Clients, error_code

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient


@dataclass(frozen=True)
class ReceiptRule:
    """An enabled rule of the active rule set: addresses or domains that it is for, and where the mail goes."""

    name: str
    recipients: tuple[str, ...]
    buckets: tuple[tuple[str, str], ...]
    """Bucket and key prefix of each S3 action."""
    topics: tuple[str, ...]

    def receives(self, domain: str) -> bool:
        """Whether it is for any address of a domain (SES guide, "Recipient conditions")."""
        wanted = [recipient.lower() for recipient in self.recipients]
        return not wanted or any(
            domain.endswith(one) if one.startswith(".") else one == domain for one in wanted
        )


@dataclass(frozen=True)
class SendQuota:
    """Mails in 24 hours: how many may be sent, how many were. A negative `most` is no limit."""

    most: float
    sent: float

    @property
    def left(self) -> float:
        """How many may still be sent."""
        return float("inf") if self.most < 0 else self.most - self.sent


class MailSetup:
    """Reads the settings of SES and the customers' inbox. Nothing here changes anything."""

    def __init__(self, clients: Clients, mail: Mail) -> None:
        self._clients = clients
        self._mail = mail

    def verified(self, *domains: str) -> frozenset[str]:
        """Those of the domains that SES may send from."""
        found = self._ses.get_identity_verification_attributes(Identities=list(domains))
        states = found["VerificationAttributes"]
        return frozenset(name for name, state in states.items() if state["VerificationStatus"] == "Success")

    def rules(self) -> tuple[ReceiptRule, ...]:
        """The enabled rules of the active rule set in their order; none where no set is active."""
        try:
            found = self._ses.describe_active_receipt_rule_set().get("Rules", [])
        except AwsRefusal as refusal:
            if error_code(refusal) != "RuleSetDoesNotExist":
                raise
            found = []
        return tuple(_rule(rule) for rule in found if rule.get("Enabled"))

    def quota(self) -> SendQuota:
        """What may be sent, and what was."""
        found = self._ses.get_send_quota()
        return SendQuota(float(found["Max24HourSend"]), float(found["SentLast24Hours"]))

    def inbox(self) -> None:
        """Look whether the customers' inbox can be listed; AwsRefusal if there is no such bucket."""
        self._clients.of("s3").list_objects_v2(
            Bucket=self._mail.inbox_bucket, Prefix=self._mail.inbox_prefix, MaxKeys=1
        )

    @property
    def _ses(self) -> SESClient:
        return self._clients.of("ses")


def _rule(rule: Mapping[str, Any]) -> ReceiptRule:
    actions = rule.get("Actions", [])
    stored = [action["S3Action"] for action in actions if "S3Action" in action]
    return ReceiptRule(
        str(rule["Name"]),
        tuple(map(str, rule.get("Recipients") or ())),
        tuple((str(one["BucketName"]), str(one.get("ObjectKeyPrefix", ""))) for one in stored),
        tuple(str(action["SNSAction"]["TopicArn"]) for action in actions if "SNSAction" in action),
    )
