"""Deployments that do not send or receive the mail of a run, or keep no logs."""

from __future__ import annotations

from typing import Any

from moto.ses.models import ses_backends

from sandbox.settings import ACCOUNT, REGION
from tests.acceptance.doctor.broken import case
from tests.acceptance.doctor.deployment import Deployment


def receipt(made: Deployment, name: str, **changes: Any) -> None:
    """Change a receipt rule."""
    ses = made.client("ses")
    rules = ses.describe_active_receipt_rule_set()["Rules"]
    rule = {**next(rule for rule in rules if rule["Name"] == name), **changes}
    ses.update_receipt_rule(RuleSetName="live-preview", Rule=rule)


@case("SES does not send from edit.preview.example: it is no verified identity -> verify the domain")
def the_platforms_domain_is_not_verified(made: Deployment) -> None:
    made.client("ses").delete_identity(Identity="edit.preview.example")


@case("SES does not send from customers.example: it is no verified identity -> .*mend mail.customer_domain")
def the_customers_domain_is_not_verified(made: Deployment) -> None:
    made.client("ses").delete_identity(Identity="customers.example")


@case("no enabled receipt rule hands mail to edit.preview.example on -> add a rule")
def the_intakes_rule_is_off(made: Deployment) -> None:
    receipt(made, "edit", Enabled=False)


@case("mail to customers.example is stored in nowhere, expected customer-mail/inbox/ -> add an enabled rule")
def the_customers_rule_is_another(made: Deployment) -> None:
    receipt(made, "customers", Recipients=["example.com"])


@case("mail to customers.example is stored in customer-mail/in/, expected customer-mail/inbox/")
def the_inbox_is_another(made: Deployment) -> None:
    action = {"BucketName": "customer-mail", "ObjectKeyPrefix": "in/"}
    receipt(made, "customers", Actions=[{"S3Action": action}])


@case("the customers' inbox: NoSuchBucket.* -> create the bucket, or mend mail.inbox_bucket")
def no_bucket(made: Deployment) -> None:
    made.client("s3").delete_bucket(Bucket="customer-mail")


@case("SES sends 50 more mails today, of 200; a run needs 100 -> wait a day")
def the_quota_is_used_up(_: Deployment) -> None:
    ses_backends[ACCOUNT][REGION].sent_message_count = 150


@case("log group /ecs/edit: ResourceNotFoundException.* -> create it, or mend logs.groups")
def no_log_group(made: Deployment) -> None:
    made.client("logs").delete_log_group(logGroupName="/ecs/edit")
