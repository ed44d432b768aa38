"""The ELBv2 API's calls on rules: AWS's limits, its order of evaluation, conditions and actions in both their forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from sandbox.aws_api import elbv2_limits as limits

# The conditions that a request may give in either of two forms, and every answer gives in both.
CONFIGS = {"path-pattern": "PathPatternConfig", "host-header": "HostHeaderConfig"}


def create_rule(
    before: Callable[..., Any],
    self: ELBv2Backend,
    *,
    listener_arn: str,
    conditions: list[dict[str, Any]],
    priority: int,
    actions: list[dict[str, Any]],
    tags: list[dict[str, str]] | None = None,
) -> Any:
    """CreateRule."""
    listener = self.describe_listeners(None, [listener_arn])[0]
    limits.check_priority(priority)
    limits.check_conditions(conditions)
    limits.check_actions(actions)
    limits.check_quotas(self, listener.load_balancer_arn, actions)
    rule = before(self, listener_arn, conditions, priority, list(map(full_action, actions)), tags)
    rule.conditions = list(map(full_condition, conditions))
    return rule


def modify_rule(
    before: Callable[..., Any],
    self: ELBv2Backend,
    rule_arn: str,
    conditions: list[dict[str, Any]],
    actions: list[dict[str, Any]],
) -> Any:
    """ModifyRule: what is not given stays."""
    if conditions:
        limits.check_conditions(conditions)
    if actions:
        limits.check_actions(actions)
    rule = before(self, rule_arn, conditions, list(map(full_action, actions)))
    rule.conditions = list(map(full_condition, rule.conditions))
    return rule


def delete_rule(before: Callable[..., Any], self: ELBv2Backend, arn: str) -> None:
    """DeleteRule, but for default rules."""
    (rule,) = self.describe_rules(None, [arn])
    if rule.is_default:
        raise ELBClientError("OperationNotPermitted", f"Default rule '{arn}' cannot be deleted")
    before(self, arn)


def set_rule_priorities(
    before: Callable[..., Any], self: ELBv2Backend, rule_priorities: list[dict[str, Any]]
) -> Any:
    """SetRulePriorities."""
    for item in rule_priorities:
        limits.check_priority(item["Priority"])
    return before(self, rule_priorities)


def describe_rules(
    before: Callable[..., Any],
    self: ELBv2Backend,
    listener_arn: str | None,
    rule_arns: list[str] | None,
) -> list[Any]:
    """DescribeRules, in the order of evaluation."""
    return sorted(before(self, listener_arn, rule_arns), key=rule_order)


def rule_order(rule: Any) -> tuple[str, bool, int]:
    """Sorts moto's rules: per listener by rising priority, the default rule last."""
    return rule.listener_arn, bool(rule.is_default), 0 if rule.is_default else int(rule.priority)


def full_condition(condition: dict[str, Any]) -> dict[str, Any]:
    """A condition on paths or hosts with `Values` beside its config, as DescribeRules gives it; another as it is.

    A request has one of the two; moto refuses both.
    """
    config = CONFIGS.get(condition.get("Field", ""))
    if config is None:
        return condition
    values = limits.condition_values(condition)
    return {**condition, "Values": values, config: {"Values": values}}


def full_action(action: dict[str, Any]) -> dict[str, Any]:
    """A forward action with its `ForwardConfig`, and with `TargetGroupArn` if it is to one group; others as given.

    ELBv2 API, Action, TargetGroupArn: both may stand side by side for one target group only.
    """
    groups = limits.forwarded_groups(action)
    if not groups:
        return action
    stickiness = action.get("ForwardConfig", {}).get("TargetGroupStickinessConfig") or {"Enabled": False}
    config = {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups],
        "TargetGroupStickinessConfig": stickiness,
    }
    one = {"TargetGroupArn": groups[0][0]} if len(groups) == 1 else {}
    return {**action, **one, "ForwardConfig": config}
