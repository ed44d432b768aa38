"""The load balancer's configuration as ELBv2 tells it: rules, target groups, target health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from acceptance.config.sections import Names
from acceptance.drivers.aws import Clients
from acceptance.waiting.errors import UnexpectedAnswer

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


@dataclass(frozen=True)
class Rule:
    """A rule of the HTTPS listener. `priority` is None for the default rule; `target_groups` are ARNs."""

    arn: str
    priority: int | None
    paths: tuple[str, ...]
    target_groups: tuple[str, ...]


@dataclass(frozen=True)
class TargetGroup:
    """A target group of the load balancer."""

    arn: str
    name: str
    target_type: str
    port: int | None


@dataclass(frozen=True)
class Listener:
    """A listener of the load balancer: what it speaks (`HTTP`, `HTTPS`), and where."""

    protocol: str
    port: int


@dataclass(frozen=True)
class Target:
    """One registered target with AWS's health state (`initial`, `healthy`, ...) and reason code."""

    address: str
    port: int | None
    state: str
    reason: str | None
    description: str | None

    def __str__(self) -> str:
        reason = f" ({self.reason}: {self.description})" if self.reason else ""
        return f"{self.address}:{self.port} {self.state}{reason}"


@dataclass(frozen=True)
class Routing:
    """All rules by rising priority, the default last, and all target groups by name."""

    rules: tuple[Rule, ...]
    target_groups: tuple[TargetGroup, ...]

    def rules_for(self, session_id: str) -> tuple[Rule, ...]:
        """The rules that name a session's path."""
        own = (f"/session/{session_id}", f"/session/{session_id}/*")
        return tuple(rule for rule in self.rules if any(path in own for path in rule.paths))

    def __str__(self) -> str:
        rules = ", ".join(
            f"{rule.priority or 'default'} {' '.join(rule.paths)}".strip() for rule in self.rules
        )
        return f"rules [{rules}]; target groups [{', '.join(group.name for group in self.target_groups)}]"


class LoadBalancer:
    """Reads the load balancer named in the profile. Nothing here changes anything."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names

    def routing(self) -> Routing:
        """Rules and target groups as they are now; groups of other load balancers and networks are other people's."""
        rules = self.rules()
        own = self._own
        groups = [
            _group(group)
            for page in self._elb.get_paginator("describe_target_groups").paginate()
            for group in page["TargetGroups"]
            if group.get("VpcId") == own.get("VpcId")
            and own["LoadBalancerArn"] in (group.get("LoadBalancerArns") or [own["LoadBalancerArn"]])
        ]
        return Routing(rules, tuple(sorted(groups, key=lambda group: group.name)))

    def led_to(self) -> Routing:
        """Rules with the target groups that they lead to, whatever network these are in."""
        rules = self.rules()
        arns = sorted({group for rule in rules for group in rule.target_groups})
        # DescribeTargetGroups without names would tell of everybody's.
        found = self._elb.describe_target_groups(TargetGroupArns=arns)["TargetGroups"] if arns else []
        return Routing(rules, tuple(map(_group, found)))

    def listeners(self) -> tuple[Listener, ...]:
        """All listeners by rising port."""
        found = [Listener(str(one["Protocol"]), int(one["Port"])) for one in self._listeners()]
        return tuple(sorted(found, key=lambda listener: listener.port))

    def tags(self) -> Mapping[str, str]:
        """The load balancer's tags."""
        found = self._elb.describe_tags(ResourceArns=[self._own["LoadBalancerArn"]])["TagDescriptions"]
        return {str(tag["Key"]): str(tag["Value"]) for one in found for tag in one["Tags"]}

    def deregistration_delay_s(self, target_group_arn: str) -> int:
        """Seconds for which a group's target may finish its requests before its task is told to end."""
        found = self._elb.describe_target_group_attributes(TargetGroupArn=target_group_arn)["Attributes"]
        values = {attribute["Key"]: attribute["Value"] for attribute in found}
        return int(values["deregistration_delay.timeout_seconds"])

    def rules(self) -> tuple[Rule, ...]:
        """All rules of the HTTPS listener by rising priority, the default last."""
        found = [
            _rule(rule)
            for page in self._elb.get_paginator("describe_rules").paginate(ListenerArn=self._https_listener)
            for rule in page["Rules"]
        ]
        return tuple(sorted(found, key=lambda rule: (rule.priority is None, rule.priority or 0)))

    def rules_for(self, session_id: str) -> tuple[Rule, ...]:
        """The rules that name a session's path."""
        return Routing(self.rules(), ()).rules_for(session_id)

    def targets_of(self, session_id: str) -> tuple[Target, ...]:
        """The targets behind a session's rules with their health; empty while it has no rule."""
        groups = [group for rule in self.rules_for(session_id) for group in rule.target_groups]
        return tuple(target for group in dict.fromkeys(groups) for target in self.health(group))

    def health(self, target_group_arn: str) -> tuple[Target, ...]:
        """The targets of a group with their health; empty if the group is gone."""
        try:
            found = self._elb.describe_target_health(TargetGroupArn=target_group_arn)
        except self._elb.exceptions.TargetGroupNotFoundException:
            return ()
        return tuple(_target(description) for description in found["TargetHealthDescriptions"])

    @property
    def _elb(self) -> ElasticLoadBalancingv2Client:
        return self._clients.of("elbv2")

    @cached_property
    def _own(self) -> Mapping[str, Any]:
        """The load balancer as AWS describes it, looked up once: sessions come and go with rules, it stays."""
        found = self._elb.describe_load_balancers(Names=[self._names.load_balancer])["LoadBalancers"]
        return dict(found[0])

    @cached_property
    def _https_listener(self) -> str:
        """The listener's ARN; it stays, too."""
        https = [
            str(listener["ListenerArn"]) for listener in self._listeners() if listener["Protocol"] == "HTTPS"
        ]
        if len(https) != 1:
            raise UnexpectedAnswer(
                f"{self._names.load_balancer}: expected one HTTPS listener, found {len(https)}"
            )
        return https[0]

    def _listeners(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self._elb.describe_listeners(
            LoadBalancerArn=self._own["LoadBalancerArn"]
        )["Listeners"]
        return found


def _rule(rule: Mapping[str, Any]) -> Rule:
    paths: list[str] = []
    for condition in rule.get("Conditions", []):
        if condition.get("Field") == "path-pattern":
            paths += condition.get("PathPatternConfig", {}).get("Values") or condition.get("Values", [])
    groups: list[str] = []
    for action in rule.get("Actions", []):
        if action.get("TargetGroupArn"):
            groups.append(action["TargetGroupArn"])
        groups += [
            group["TargetGroupArn"] for group in action.get("ForwardConfig", {}).get("TargetGroups", [])
        ]
    priority = str(rule["Priority"])
    return Rule(
        str(rule["RuleArn"]),
        int(priority) if priority.isdigit() else None,
        tuple(paths),
        tuple(dict.fromkeys(groups)),
    )


def _group(group: Mapping[str, Any]) -> TargetGroup:
    return TargetGroup(
        str(group["TargetGroupArn"]),
        str(group["TargetGroupName"]),
        str(group["TargetType"]),
        group.get("Port"),
    )


def _target(description: Mapping[str, Any]) -> Target:
    target, health = description["Target"], description["TargetHealth"]
    return Target(
        str(target["Id"]),
        target.get("Port"),
        str(health["State"]),
        health.get("Reason"),
        health.get("Description"),
    )
