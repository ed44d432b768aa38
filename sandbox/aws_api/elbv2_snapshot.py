"""Reads moto's ELBv2 state into the immutable picture that the load balancer works from."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import FakeListener, FakeTargetGroup

from sandbox.aws_api import elbv2
from sandbox.aws_api.elb_state import (
    Action,
    Condition,
    Endpoint,
    FixedResponse,
    Forward,
    HealthCheck,
    Listener,
    Redirect,
    Rule,
    Snapshot,
    TargetGroup,
)
from sandbox.aws_api.elbv2_limits import condition_values, forwarded_groups
from sandbox.aws_api.elbv2_rules import rule_order
from sandbox.settings import Pace


def snapshot(pace: Pace) -> Snapshot:
    """What ELBv2 says now. The pace's interval and timeout of health checks hold where they are shorter than a group's.

    AWS's shortest interval is 5 s, and its API tells whole seconds: at pace `instant` the true one cannot be told.
    """
    with elbv2.lock:
        state = elbv2.backend()
        balancers = list(state.load_balancers.values())
        idle = [lb.attrs["idle_timeout.timeout_seconds"] for lb in balancers]
        return Snapshot(
            listeners=tuple(_listener(item) for lb in balancers for item in lb.listeners.values()),
            groups=tuple(_group(item, pace) for item in state.target_groups.values()),
            idle_timeout_s=float(idle[0]) if idle else 60.0,
        )


def _listener(listener: FakeListener) -> Listener:
    rules = sorted(listener.rules.values(), key=rule_order)
    return Listener(listener.protocol, int(listener.port), tuple(_rule(rule, listener) for rule in rules))


def _rule(rule: Any, listener: FakeListener) -> Rule:
    return Rule(
        arn=rule.arn,
        priority=None if rule.is_default else int(rule.priority),
        conditions=tuple(_condition(condition) for condition in rule.conditions),
        action=_action([action.data for action in rule.actions], listener),
    )


def _condition(condition: dict[str, Any]) -> Condition:
    name = condition.get("HttpHeaderConfig", {}).get("HttpHeaderName", "")
    return Condition(condition["Field"], tuple(condition_values(condition)), name)


def _action(actions: list[dict[str, Any]], listener: FakeListener) -> Action:
    # Authentication actions may come first; the routing action is always last.
    data = actions[-1]
    if data["Type"] == "fixed-response":
        fixed = data["FixedResponseConfig"]
        return FixedResponse(
            int(fixed["StatusCode"]), fixed.get("ContentType") or "text/plain", fixed.get("MessageBody", "")
        )
    if data["Type"] == "redirect":
        config = data["RedirectConfig"]
        return Redirect(
            status=int(config["StatusCode"].removeprefix("HTTP_")),
            protocol=config.get("Protocol", listener.protocol),
            host=config.get("Host", "#{host}"),
            port=str(config.get("Port", "#{port}")),
            path=config.get("Path", "/#{path}"),
            query=config.get("Query", "#{query}"),
        )
    return Forward(tuple(forwarded_groups(data)))


def _group(group: FakeTargetGroup, pace: Pace) -> TargetGroup:
    if group.target_type == "lambda":
        functions = [target["Id"] for target in group.targets.values()]
        return TargetGroup(
            arn=group.arn,
            endpoints=(),
            health_check=None,
            function=functions[0] if functions else None,
            is_lambda=True,
            multi_value_headers=group.attributes["lambda.multi_value_headers.enabled"] == "true",
        )
    return TargetGroup(
        arn=group.arn,
        endpoints=tuple(Endpoint(target["Id"], target["Port"]) for target in group.targets.values()),
        health_check=_health_check(group, pace) if group.health_check_enabled else None,
    )


def _health_check(group: FakeTargetGroup, pace: Pace) -> HealthCheck:
    port = str(group.health_check_port)
    return HealthCheck(
        path=group.health_check_path or "/",
        port=None if port == "traffic-port" else int(port),
        codes=group.matcher["HttpCode"],
        interval_s=min(float(group.health_check_interval_seconds), pace.health_check_interval_s),
        timeout_s=min(float(group.health_check_timeout_seconds), pace.health_check_timeout_s),
        healthy_after=int(group.healthy_threshold_count),
        unhealthy_after=int(group.unhealthy_threshold_count),
    )
