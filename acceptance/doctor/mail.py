"""Mail as it is set up: who may send, what becomes of what is received, how much a day is left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from acceptance.config.sections import Mail
from acceptance.doctor.finding import Finding
from acceptance.drivers.setup.mail import ReceiptRule, SendQuota

MAILS_OF_A_RUN = 100
"""Mails that a whole run sends, and that the platform sends for it: about 80, and some to spare."""


def unverified(seen: Collection[str], mail: Mail) -> Iterator[Finding]:
    """Domains that SES does not send from."""
    for key, domain in (("mail.domain", mail.domain), ("mail.customer_domain", mail.customer_domain)):
        if domain not in seen:
            yield Finding(
                f"SES does not send from {domain}: it is no verified identity",
                f"verify the domain in SES, or mend {key}",
            )


def unfit_rules(seen: Sequence[ReceiptRule], mail: Mail) -> Iterator[Finding]:
    """Mail that would get to nobody: to the platform, and to the customers."""
    if not any(rule.topics for rule in seen if rule.receives(mail.domain)):
        yield Finding(
            f"no enabled receipt rule hands mail to {mail.domain} on",
            "add a rule for the domain to the active rule set, with an action that tells the session API's topic",
        )
    stored = {place for rule in seen if rule.receives(mail.customer_domain) for place in rule.buckets}
    if (mail.inbox_bucket, mail.inbox_prefix) not in stored:
        found = ", ".join(f"{bucket}/{prefix}" for bucket, prefix in sorted(stored)) or "nowhere"
        yield Finding(
            f"mail to {mail.customer_domain} is stored in {found}, "
            f"expected {mail.inbox_bucket}/{mail.inbox_prefix}",
            "add an enabled rule with an S3 action for the domain to the active rule set, or mend [mail]",
        )


def used_up(seen: SendQuota) -> Iterator[Finding]:
    """Less left of the day's quota than a run needs."""
    if seen.left < MAILS_OF_A_RUN:
        yield Finding(
            f"SES sends {seen.left:.0f} more mails today, of {seen.most:.0f}; a run needs {MAILS_OF_A_RUN}",
            "wait a day, or ask AWS for a larger quota",
        )
