"""What ELBv2 refuses: AWS's limits on rules, conditions, target groups and targets, with its error codes.

Sources: AWS's "Quotas for your Application Load Balancers" and the ELBv2 API reference (botocore's model). Messages are
AWS's where a public one is known.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from moto.elbv2.exceptions import ELBClientError, TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeTargetGroup

MAX_PRIORITY = 50_000
MAX_CONDITION_VALUES = 5
MAX_WILDCARDS = 5
MAX_GROUPS_PER_ACTION = 5
MAX_RULES = 100
MAX_TARGET_GROUPS = 100
SINGLE_CONDITIONS = ("host-header", "http-request-method", "path-pattern", "source-ip")
PATH_PATTERN = re.compile(r"""[A-Za-z0-9_\-.$/~"'@:+&*?]+""")
HEALTH_CHECK_RANGES = {
    "healthcheck_interval_seconds": (5, 300),
    "healthcheck_timeout_seconds": (2, 120),
    "healthy_threshold_count": (2, 10),
    "unhealthy_threshold_count": (2, 10),
}


def known_group(backend: ELBv2Backend, arn: str) -> FakeTargetGroup:
    """The target group, or TargetGroupNotFound."""
    group = backend.target_groups.get(arn)
    if group is None:
        raise TargetGroupNotFoundError()
    return group


def check_priority(priority: int) -> None:
    """ValidationError unless it is 1 to 50000."""
    if not 1 <= int(priority) <= MAX_PRIORITY:
        bound, word = (MAX_PRIORITY, "less") if int(priority) > MAX_PRIORITY else (1, "greater")
        raise _invalid(
            f"1 validation error detected: Value '{priority}' at 'priority' failed to satisfy constraint: "
            f"Member must have value {word} than or equal to {bound}"
        )


def check_conditions(conditions: list[dict[str, Any]]) -> None:
    """ValidationError for conditions that no rule may have."""
    if not conditions:
        raise _invalid("A rule must have at least one condition")
    fields = [condition.get("Field") for condition in conditions]
    for field in SINGLE_CONDITIONS:
        if fields.count(field) > 1:
            raise _invalid(f"A rule can only have one '{field}' condition")
    if "source-ip" in fields:
        raise _invalid("The sandbox cannot route by 'source-ip': every client comes from loopback")
    values = [value for condition in conditions for value in condition_values(condition)]
    if len(values) > MAX_CONDITION_VALUES:
        raise _invalid(f"A rule can only have '{MAX_CONDITION_VALUES}' condition values")
    if sum(value.count("*") + value.count("?") for value in values) > MAX_WILDCARDS:
        raise _invalid(f"A rule can only have '{MAX_WILDCARDS}' condition wildcards")
    for condition in conditions:
        if condition.get("Field") == "path-pattern":
            for value in condition_values(condition):
                if not PATH_PATTERN.fullmatch(value):
                    raise _invalid(f"The path pattern '{value}' contains characters that are not allowed")


def condition_values(condition: dict[str, Any]) -> list[str]:
    """The values of a condition in either of the API's two forms; a query string's as `key=value`."""
    for key in ("PathPatternConfig", "HostHeaderConfig", "HttpHeaderConfig", "HttpRequestMethodConfig"):
        if condition.get(key):
            return list(condition[key].get("Values", []))
    if condition.get("QueryStringConfig"):
        pairs = condition["QueryStringConfig"].get("Values", [])
        return [f"{pair.get('Key', '')}={pair['Value']}" for pair in pairs]
    return list(condition.get("Values", []))


def check_actions(actions: list[dict[str, Any]]) -> None:
    """ValidationError unless there is exactly one forward, redirect or fixed response."""
    routing = [a for a in actions if a.get("Type") in ("forward", "redirect", "fixed-response")]
    if len(routing) != 1:
        raise _invalid(
            "A rule must have exactly one action of type 'forward', 'redirect' or 'fixed-response'"
        )
    if len(forwarded_groups(routing[0])) > MAX_GROUPS_PER_ACTION:
        raise _invalid(f"A forward action can only have '{MAX_GROUPS_PER_ACTION}' target groups")


def forwarded_groups(action: dict[str, Any]) -> list[tuple[str, int]]:
    """Target group ARNs and weights of a forward action in either of the API's two forms; empty for other actions."""
    if action.get("Type") != "forward":
        return []
    weighted = action.get("ForwardConfig", {}).get("TargetGroups", [])
    if weighted:
        return [(item["TargetGroupArn"], int(item.get("Weight", 1))) for item in weighted]
    return [(action["TargetGroupArn"], 1)] if "TargetGroupArn" in action else []


def check_quotas(backend: ELBv2Backend, load_balancer_arn: str, actions: list[dict[str, Any]]) -> None:
    """TooManyRules or TooManyUniqueTargetGroupsPerLoadBalancer if one more rule would pass a quota."""
    listeners = backend.load_balancers[load_balancer_arn].listeners.values()
    rules = [rule for listener in listeners for rule in listener.rules.values()]
    if sum(1 for rule in rules if not rule.is_default) >= MAX_RULES:
        raise ELBClientError(
            "TooManyRules", "You've reached the limit on the number of rules per load balancer."
        )
    used = {arn for rule in rules for action in rule.actions for arn, _ in forwarded_groups(action.data)}
    added = {arn for action in actions for arn, _ in forwarded_groups(action)}
    if len(used | added) > max(len(used), MAX_TARGET_GROUPS):
        raise ELBClientError(
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            "You've reached the limit on the number of unique target groups per load balancer across all listeners.",
        )


def check_health_check(settings: dict[str, Any]) -> None:
    """ValidationError for health check settings out of AWS's range; absent ones take the API's defaults."""
    for name, (low, high) in HEALTH_CHECK_RANGES.items():
        value = settings.get(name)
        if value is not None and not low <= int(value) <= high:
            raise _invalid(f"'{name}' value '{value}' must be between '{low}-{high}' inclusive")


def check_target(group: FakeTargetGroup, target: dict[str, Any]) -> None:
    """ValidationError for a target that does not fit the group's type."""
    if group.target_type == "lambda":
        if any(known != target["Id"] for known in group.targets):
            raise ELBClientError(
                "TooManyTargets", "A target group with target type 'lambda' can have one target"
            )
        return
    port = int(target.get("Port", group.port))
    if not 1 <= port <= 65535:
        raise _invalid(f"'port' value '{port}' must be between '1-65535' inclusive")
    if group.target_type == "ip":
        try:
            ipaddress.ip_address(target["Id"])
        except ValueError:
            raise _invalid(f"The IP address '{target['Id']}' is not a valid IPv4 address") from None


def _invalid(message: str) -> ELBClientError:
    return ELBClientError("ValidationError", message)
