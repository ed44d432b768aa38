"""ELBv2 that tells the truth: changes reach the load balancer, health is what its checks saw, rules are in order.

Replaces methods of moto 5.2.5's backend. Rules live in `elbv2_rules.py`, what is told of load balancers, listeners and
target groups in `elbv2_balancers.py`, limits in `elbv2_limits.py`.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from moto.elbv2.exceptions import DuplicateTargetGroupName
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup, elbv2_backends

from sandbox.aws_api import elbv2_balancers as balancers
from sandbox.aws_api import elbv2_limits as limits
from sandbox.aws_api import elbv2_rules as rules
from sandbox.aws_api.hooks import Hooks
from sandbox.settings import ACCOUNT, REGION, Pace

# Calls of moto's backend after which the load balancer has to look again.
CHANGES = (
    "create_load_balancer",
    "delete_load_balancer",
    "modify_load_balancer_attributes",
    "create_listener",
    "modify_listener",
    "delete_listener",
    "create_rule",
    "modify_rule",
    "delete_rule",
    "set_rule_priorities",
    "create_target_group",
    "modify_target_group",
    "modify_target_group_attributes",
    "delete_target_group",
    "register_targets",
    "deregister_targets",
)
READS = (
    "describe_load_balancers",
    "describe_listeners",
    "describe_rules",
    "describe_target_groups",
)

lock = threading.RLock()
_draining: dict[str, dict[str, tuple[dict[str, Any], float]]] = {}
_requested: dict[str, dict[str, Any]] = {}


class TargetHealth(NamedTuple):
    """A target's health in AWS's words; `reason` and `description` are None for a healthy target."""

    state: str
    reason: str | None = None
    description: str | None = None


NOT_REGISTERED = TargetHealth(
    "unused", "Target.NotRegistered", "Target is not registered to the target group"
)
NOT_IN_USE = TargetHealth(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
DRAINING = TargetHealth("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
UNCHECKED = TargetHealth(
    "unavailable", "Target.HealthCheckDisabled", "Health checks are not enabled for this target"
)


class LoadBalancer(Protocol):
    """What does the work behind the API."""

    def changed(self) -> None:
        """Something in ELBv2's state changed."""

    def checked(self, group_arn: str, address: str, port: int) -> TargetHealth:
        """What the health checks of a registered target in use have seen."""


def install(balancer: LoadBalancer, pace: Pace) -> Callable[[], None]:
    """Put `balancer` behind moto's ELBv2; returns the function that puts moto's own methods back.

    A deregistered target is shown as draining for its group's deregistration delay, at most the pace's.
    """
    hooks = Hooks()
    changed: dict[str, Callable[..., Any]] = {
        "create_rule": rules.create_rule,
        "modify_rule": rules.modify_rule,
        "delete_rule": rules.delete_rule,
        "set_rule_priorities": rules.set_rule_priorities,
        "describe_rules": rules.describe_rules,
        "create_load_balancer": balancers.create_load_balancer,
        "create_listener": balancers.create_listener,
        "modify_listener": balancers.modify_listener,
        "create_target_group": _create_target_group,
        "describe_target_groups": balancers.describe_target_groups,
    }
    replaced: dict[str, Callable[..., Any]] = {
        "register_targets": _register_targets,
        "deregister_targets": functools.partial(_deregister_targets, pace.deregistration_delay_s),
    }
    for name in CHANGES + READS:
        before = getattr(ELBv2Backend, name)
        after = functools.partial(changed[name], before) if name in changed else replaced.get(name, before)
        hooks.replace(ELBv2Backend, name, _guarded(after, balancer.changed if name in CHANGES else None))
    # Not under the lock: health may take a look at the target itself.
    hooks.replace(ELBv2Backend, "describe_target_health", _describe_target_health(balancer))

    def uninstall() -> None:
        hooks.remove()
        with lock:
            _draining.clear()
            _requested.clear()

    return uninstall


def backend() -> ELBv2Backend:
    """moto's ELBv2 state. Hold `lock` while walking through it."""
    return elbv2_backends[ACCOUNT][REGION]


def target_health(
    group_arn: str, address: str, port: int | None, checked: Callable[[str, str, int], TargetHealth]
) -> TargetHealth:
    """The health of one target as DescribeTargetHealth gives it; `checked` tells what the health checks saw."""
    with lock:
        group = backend().target_groups.get(group_arn)
        key = _key(address, port)
        if group is None:
            return NOT_REGISTERED
        if key not in group.targets:
            return DRAINING if key in _still_draining(group_arn) else NOT_REGISTERED
        if not backend()._any_listener_using(group_arn):
            return NOT_IN_USE
    if group.target_type == "lambda" or port is None:
        return UNCHECKED
    return checked(group_arn, address, port)


def _guarded(method: Callable[..., Any], changed: Callable[[], None] | None) -> Callable[..., Any]:
    def call(self: ELBv2Backend, *args: Any, **kwargs: Any) -> Any:
        with lock:
            result = method(self, *args, **kwargs)
        if changed is not None:
            changed()
        return result

    return call


def _create_target_group(
    before: Callable[..., Any], self: ELBv2Backend, name: str, **kwargs: Any
) -> FakeTargetGroup:
    limits.check_health_check(kwargs)
    settings = {key: value for key, value in kwargs.items() if key != "tags"}
    for group in self.target_groups.values():
        if group.name == name:
            if _requested.get(group.arn) != settings:
                raise DuplicateTargetGroupName()
            return group
    created = balancers.create_target_group(before, self, name, **kwargs)
    _requested[created.arn] = settings
    return created


def _register_targets(self: ELBv2Backend, target_group_arn: str, instances: list[dict[str, Any]]) -> None:
    group = limits.known_group(self, target_group_arn)
    for target in instances:
        limits.check_target(group, target)
    for target in instances:
        full = _with_port(group, target)
        group.targets[_key(full["Id"], full.get("Port"))] = full
        _draining.get(group.arn, {}).pop(_key(full["Id"], full.get("Port")), None)


def _deregister_targets(
    pace_delay_s: float,
    self: ELBv2Backend,
    target_group_arn: str,
    instances: list[dict[str, Any]],
) -> None:
    group = limits.known_group(self, target_group_arn)
    used = self._any_listener_using(group.arn)
    # A function has no such attribute, and no connections to drain.
    told_s = float(str(group.attributes.get("deregistration_delay.timeout_seconds", 0)))
    for target in instances:
        for key in _registered(group, target):
            gone = group.targets.pop(key)
            if used and group.target_type != "lambda":
                _draining.setdefault(group.arn, {})[key] = (
                    gone,
                    time.monotonic() + min(told_s, pace_delay_s),
                )


def _describe_target_health(balancer: LoadBalancer) -> Callable[..., Any]:
    def call(
        self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]] | None
    ) -> list[FakeHealthStatus]:
        with lock:
            group = limits.known_group(self, target_group_arn)
            draining = [target for target, _ in _still_draining(group.arn).values()]
            registered = list(group.targets.values())
        asked = [_with_port(group, target) for target in targets or []] or [*registered, *draining]
        return [_status(group, target, balancer) for target in asked]

    return call


def _status(group: FakeTargetGroup, target: dict[str, Any], balancer: LoadBalancer) -> FakeHealthStatus:
    port = target.get("Port")
    health = target_health(group.arn, target["Id"], port, balancer.checked)
    check_port = port if group.health_check_port == "traffic-port" else group.health_check_port
    return FakeHealthStatus(target["Id"], port, check_port and str(check_port), *health)  # type: ignore[arg-type]


def _still_draining(group_arn: str) -> dict[str, tuple[dict[str, Any], float]]:
    draining = _draining.get(group_arn, {})
    for key in [key for key, (_, until) in draining.items() if until <= time.monotonic()]:
        del draining[key]
    return draining


def _with_port(group: FakeTargetGroup, target: dict[str, Any]) -> dict[str, Any]:
    if group.target_type == "lambda":
        return {"Id": target["Id"]}
    return {"Id": target["Id"], "Port": int(target.get("Port", group.port))}


def _registered(group: FakeTargetGroup, target: dict[str, Any]) -> list[str]:
    if "Port" in target or group.target_type == "lambda":
        keys = [_key(target["Id"], target.get("Port"))]
    else:
        keys = [key for key, known in group.targets.items() if known["Id"] == target["Id"]]
    return [key for key in keys if key in group.targets]


def _key(address: str, port: int | None) -> str:
    """One address on two ports is two targets."""
    return address if port is None else f"{address}:{port}"
