"""Deployments of another account, with too few permissions, or that somebody uses."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tests.acceptance.doctor.broken import case
from tests.acceptance.doctor.deployment import Deployment


def put(made: Deployment, client: str, **more: Any) -> None:
    """Put a session on record."""
    item = {"sessionId": f"s-{client}", "userId": "a@x.org", "clientId": client, "status": "active"}
    record: dict[str, Any] = {name: {"S": value} for name, value in item.items()}
    record |= {"ttl": {"N": str(int(time.time()) + 60)}, **more}
    made.client("dynamodb").put_item(TableName="edit-sessions", Item=record)


@case(
    "aws.account: this profile is for the account that ends with 3333.*credentials of the deployment's account"
)
def another_account(made: Deployment) -> None:
    made.settings |= {"aws.account": "111122223333", "names.cluster": "not there either"}


@case("credentials.*SignatureDoesNotMatch|credentials.*InvalidSignature.* -> give credentials that AWS takes")
def a_wrong_key(made: Deployment) -> None:
    made.settings["aws.secret_key"] = "wrong"


@case(
    r"do not allow application-autoscaling:DescribeScalableTargets, ecs:DescribeClusters -> allow these actions"
)
def permissions_are_missing(made: Deployment) -> None:
    made.denied += [
        ("ecs", "DescribeClusters"),
        ("application-autoscaling", "DescribeScalableTargets"),
    ]


@case("cluster live-preview does not say that a suite may work here.*found no such tag -> tag it")
def the_cluster_has_no_tag(made: Deployment) -> None:
    made.client("ecs").untag_resource(resourceArn=made.made.cluster_arn, tagKeys=["live-preview:acceptance"])


@case("load balancer live-preview-alb does not say.*found live-preview:acceptance = no -> tag it")
def the_load_balancer_says_no(made: Deployment) -> None:
    tags = [{"Key": "live-preview:acceptance", "Value": "no"}]
    made.client("elbv2").add_tags(ResourceArns=[made.made.load_balancer], Tags=tags)


@case("other people use the platform: open sessions of acme -> wait until they have ended")
def somebody_else_works(made: Deployment) -> None:
    put(made, "acme")


@case(
    "sessions of the suite's own are open: s-test-client-1125-130000-abcd-1 -> .*python -m acceptance sweep"
)
def a_killed_run_left_a_session(made: Deployment) -> None:
    put(made, "test-client-1125-130000-abcd-1")


@case("the deployment is held by run 1125-1 of anna, since .* -> wait until that has ended")
def another_run_is_at_it(made: Deployment) -> None:
    made.platform().lease.take("1125-1", "anna", since=datetime.now(UTC), term_s=60)
