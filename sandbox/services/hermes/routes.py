"""Sessions' routes on the load balancer: one target group and one listener rule each."""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from sandbox.services.aws import Clients, code_of

log = logging.getLogger(__name__)

_HEALTH_PATH = re.compile(r"/session/([^/]+)/health")
_NAME_PREFIX = "s-"
_MAX_NAME_CHARS = 32
_MIN_INTERVAL_S = 5
_ATTEMPTS = 5


@dataclass(frozen=True)
class Target:
    """Where a preview server listens."""

    ip: str
    port: int


@dataclass(frozen=True)
class Route:
    """What the load balancer holds for one session; `target` is None where it is not there or not known.

    `published`: whether the rule leads visitors to the target, or is there for the health checks alone.
    """

    group: str | None = None
    rules: tuple[str, ...] = ()
    target: Target | None = None
    published: bool = False


@dataclass(frozen=True)
class Frame:
    """What all sessions' routes have in common; durations in seconds."""

    listener_arn: str
    vpc_id: str
    priorities: range
    health_check_interval_s: float
    deregistration_delay_s: float


class Routes:
    """What is routed, as read once and kept up by every change made here; `reload` reads it anew.

    Safe for threads that work on different sessions. Every method may raise AWS_ERRORS, having done a part of its work:
    the next call goes on from there.
    """

    def __init__(self, clients: Clients, frame: Frame) -> None:
        self.clients = clients
        self.frame = frame
        self._routes: dict[str, Route] = {}
        self._priorities: set[int] = set()
        self._loaded = False
        self._lock = threading.RLock()

    def reload(self) -> set[str]:
        """Read target groups, rules and targets; returns the ids of the sessions that have any of them."""
        elb = self.clients.get("elbv2")
        with self._lock:
            groups = elb.get_paginator("describe_target_groups").paginate()
            found = {
                session_id: Route(group=group["TargetGroupArn"])
                for page in groups
                for group in page["TargetGroups"]
                if (session_id := self._session_of(group))
            }
            rules = elb.get_paginator("describe_rules").paginate(ListenerArn=self.frame.listener_arn)
            by_group = {route.group: session_id for session_id, route in found.items()}
            self._priorities = set()
            for rule in (rule for page in rules for rule in page["Rules"]):
                if rule["Priority"].isdigit():
                    self._priorities.add(int(rule["Priority"]))
                if session_id := by_group.get(_group_of(rule)):
                    found[session_id] = replace(
                        found[session_id],
                        rules=(*found[session_id].rules, rule["RuleArn"]),
                        published=_paths_in(rule) == paths_of(session_id),
                    )
            self._routes = {
                session_id: replace(route, target=self._known_target(session_id, route))
                for session_id, route in found.items()
            }
            self._loaded = True
            return set(self._routes)

    def _session_of(self, group: dict[str, Any]) -> str | None:
        """Whose group it is; None for groups of other deployments and other purposes."""
        match = _HEALTH_PATH.fullmatch(group.get("HealthCheckPath") or "")
        if match is None or group.get("VpcId") != self.frame.vpc_id:
            return None
        return match[1] if group["TargetGroupName"] == name_of(match[1]) else None

    def _known_target(self, session_id: str, route: Route) -> Target | None:
        known = self._routes.get(session_id)
        return known.target if known is not None and known.group == route.group else None

    def routed(self, session_id: str) -> bool:
        """Whether the session has its rule, as far as known."""
        return bool(self._route(session_id).rules)

    def prepare(self, session_id: str) -> None:
        """Have the session's target group, so that only target and rule are left when its preview serves."""
        self._group(session_id)

    def attach(self, session_id: str, target: Target) -> None:
        """Have the load balancer check this target and no other; visitors are led to it by `publish`.

        A target group that no rule uses is not checked (ELB guide, "Health checks"), and a target that is not
        healthy yet must get no visitor. Checks go past the rules: at first, the rule has a path that nobody can know.
        """
        group = self._group(session_id)
        if self._route(session_id).target != target:
            self._set_target(group, target)
            self._note(session_id, target=target)
        if not self._route(session_id).rules:
            self._note(session_id, rules=(self._create_rule(session_id, group),))

    def healthy(self, session_id: str, target: Target) -> bool:
        """Whether the load balancer's checks find the session's target healthy."""
        group = self._group(session_id)
        answer = self.clients.get("elbv2").describe_target_health(
            TargetGroupArn=group, Targets=[{"Id": target.ip, "Port": target.port}]
        )
        states = [found["TargetHealth"]["State"] for found in answer["TargetHealthDescriptions"]]
        return states == ["healthy"]

    def publish(self, session_id: str) -> None:
        """Lead the session's paths to its target."""
        route = self._route(session_id)
        if route.published:
            return
        for rule in route.rules:
            self.clients.get("elbv2").modify_rule(RuleArn=rule, Conditions=[_condition(paths_of(session_id))])
        self._note(session_id, published=True)

    def detach(self, session_id: str) -> None:
        """Take the session's rule away, so that visitors wait at the session API; its group stays."""
        rules = self._route(session_id).rules
        for rule in rules:
            _unless_gone(self.clients.get("elbv2").delete_rule, "RuleNotFound", RuleArn=rule)
        if rules:
            self._note(session_id, rules=(), published=False)

    def remove(self, session_id: str) -> None:
        """Take the session's rule and target group away."""
        self.detach(session_id)
        group = self._route(session_id).group
        if group is not None:
            _unless_gone(
                self.clients.get("elbv2").delete_target_group, "TargetGroupNotFound", TargetGroupArn=group
            )
        with self._lock:
            self._routes.pop(session_id, None)

    def _route(self, session_id: str) -> Route:
        with self._lock:
            if not self._loaded:
                self.reload()
            return self._routes.get(session_id, Route())

    def _note(self, session_id: str, **changes: Any) -> None:
        with self._lock:
            self._routes[session_id] = replace(self._routes.get(session_id, Route()), **changes)

    def _group(self, session_id: str) -> str:
        group = self._route(session_id).group
        if group is None:
            group = self._create_group(session_id)
            self._note(session_id, group=group, target=None)
        return group

    def _create_group(self, session_id: str) -> str:
        elb = self.clients.get("elbv2")
        interval_s = max(_MIN_INTERVAL_S, round(self.frame.health_check_interval_s))
        try:
            created = elb.create_target_group(
                Name=name_of(session_id),
                Protocol="HTTP",
                Port=80,
                VpcId=self.frame.vpc_id,
                TargetType="ip",
                HealthCheckProtocol="HTTP",
                HealthCheckPath=health_path(session_id),
                HealthCheckIntervalSeconds=interval_s,
                HealthCheckTimeoutSeconds=interval_s - 1,
                HealthyThresholdCount=2,
                UnhealthyThresholdCount=2,
                Matcher={"HttpCode": "200"},
            )
        except ClientError as error:
            if code_of(error) != "DuplicateTargetGroupName":
                raise
            created = elb.describe_target_groups(Names=[name_of(session_id)])
        group = str(created["TargetGroups"][0]["TargetGroupArn"])
        delay_s = round(self.frame.deregistration_delay_s)
        elb.modify_target_group_attributes(
            TargetGroupArn=group,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay_s)}],
        )
        return group

    def _set_target(self, group: str, target: Target) -> None:
        elb = self.clients.get("elbv2")
        descriptions = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        registered = {
            Target(d["Target"]["Id"], d["Target"]["Port"])
            for d in descriptions
            if d["TargetHealth"]["State"] != "draining"
        }
        if others := registered - {target}:
            elb.deregister_targets(TargetGroupArn=group, Targets=_wire(others))
        if target not in registered:
            elb.register_targets(TargetGroupArn=group, Targets=_wire([target]))

    def _create_rule(self, session_id: str, group: str) -> str:
        """Take the lowest free priority; whoever else takes it first (PriorityInUse) leaves us the next one."""
        for attempt in range(_ATTEMPTS):
            with self._lock:
                priority = next(p for p in self.frame.priorities if p not in self._priorities)
                self._priorities.add(priority)
            try:
                created = self.clients.get("elbv2").create_rule(
                    ListenerArn=self.frame.listener_arn,
                    Priority=priority,
                    Conditions=[_condition([f"/session/{session_id}/{secrets.token_hex(16)}"])],
                    Actions=[{"Type": "forward", "TargetGroupArn": group}],
                )
            except ClientError as error:
                if code_of(error) != "PriorityInUse" or attempt == _ATTEMPTS - 1:
                    raise
                self.reload()
            else:
                return str(created["Rules"][0]["RuleArn"])
        raise AssertionError("the last attempt returns or raises")


def name_of(session_id: str) -> str:
    """The name of a session's target group: AWS allows 32 letters, digits and hyphens."""
    return f"{_NAME_PREFIX}{session_id}"[:_MAX_NAME_CHARS]


def paths_of(session_id: str) -> list[str]:
    """The paths that belong to a session: `/x/*` does not match `/x` (ELB guide, "Path conditions")."""
    return [f"/session/{session_id}", f"/session/{session_id}/*"]


def health_path(session_id: str) -> str:
    """Where a session's preview server answers for itself."""
    return f"/session/{session_id}/health"


def _condition(paths: list[str]) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": paths}}


def _paths_in(rule: dict[str, Any]) -> list[str]:
    conditions = [c for c in rule["Conditions"] if c["Field"] == "path-pattern"]
    return [
        path
        for c in conditions
        for path in c.get("PathPatternConfig", {}).get("Values") or c.get("Values", [])
    ]


def _group_of(rule: dict[str, Any]) -> str | None:
    return next(
        (action.get("TargetGroupArn") for action in rule["Actions"] if action["Type"] == "forward"), None
    )


def _wire(targets: Iterable[Target]) -> list[dict[str, Any]]:
    return [{"Id": target.ip, "Port": target.port} for target in targets]


def _unless_gone(call: Any, gone: str, **arguments: str) -> None:
    try:
        call(**arguments)
    except ClientError as error:
        if code_of(error) not in (gone, f"{gone}Exception"):
            raise
        log.info("already gone: %s", arguments)
