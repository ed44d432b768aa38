"""Rules and target groups as the ELBv2 API takes them: their order, their limits, and what is refused."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.alb.alb_stand import Edge


def test_rules_are_listed_by_priority_and_the_default_last(alb: Edge) -> None:
    group = alb.group("listed")
    for priority in (905, 901, 903):
        alb.rule(priority, [f"/listed-{priority}"], group)
    listed = [rule["Priority"] for rule in alb.elbv2.describe_rules(ListenerArn=alb.https)["Rules"]]
    numbers = [int(priority) for priority in listed[:-1]]
    assert listed[-1] == "default"
    assert numbers == sorted(numbers)


def test_a_target_group_is_created_once_for_the_same_settings(alb: Edge) -> None:
    assert alb.group("same") == alb.group("same")
    with pytest.raises(ClientError) as error:
        alb.group("same", Port=9090)
    assert error.value.response["Error"]["Code"] == "DuplicateTargetGroupName"


@pytest.mark.parametrize(
    ("priority", "values", "code"),
    [
        (60_000, ["/x"], "ValidationError"),
        (950, ["/1", "/2", "/3", "/4", "/5", "/6"], "ValidationError"),
        (950, ["/*/*/*", "/*/*/*"], "ValidationError"),
        (950, ["/späti"], "ValidationError"),
        (950, [], "ValidationError"),
    ],
)
def test_rules_beyond_awss_limits_are_refused(alb: Edge, priority: int, values: list[str], code: str) -> None:
    group = alb.group("refused")
    with pytest.raises(ClientError) as error:
        alb.rule(priority, values, group)
    assert error.value.response["Error"]["Code"] == code


def test_a_priority_belongs_to_one_rule_and_the_default_rule_stays(alb: Edge) -> None:
    group = alb.group("once")
    rule = alb.rule(960, ["/once"], group)
    with pytest.raises(ClientError) as error:
        alb.rule(960, ["/twice"], group)
    assert error.value.response["Error"]["Code"] == "PriorityInUse"
    alb.elbv2.delete_rule(RuleArn=rule)
    with pytest.raises(ClientError) as error:
        alb.elbv2.delete_rule(RuleArn=rule)
    assert error.value.response["Error"]["Code"] == "RuleNotFound"
    default = alb.elbv2.describe_rules(ListenerArn=alb.https)["Rules"][-1]["RuleArn"]
    with pytest.raises(ClientError) as error:
        alb.elbv2.delete_rule(RuleArn=default)
    assert error.value.response["Error"]["Code"] == "OperationNotPermitted"


def test_a_load_balancer_has_a_hundred_rules(alb: Edge) -> None:
    group = alb.group("many")
    made: list[str] = []
    try:
        with pytest.raises(ClientError) as error:
            made.extend(alb.rule(2000 + number, [f"/many-{number}"], group) for number in range(101))
    finally:
        for rule in alb.elbv2.describe_rules(ListenerArn=alb.https)["Rules"]:
            if rule["Priority"].isdigit() and int(rule["Priority"]) >= 2000:
                alb.elbv2.delete_rule(RuleArn=rule["RuleArn"])
    assert error.value.response["Error"]["Code"] == "TooManyRules"
