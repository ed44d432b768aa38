"""Deployments whose load balancer lacks listeners or rules, or has them otherwise."""

from __future__ import annotations

from tests.acceptance.doctor.broken import case
from tests.acceptance.doctor.deployment import Deployment


def rule_of(made: Deployment, path: str) -> str:
    """The ARN of the rule for a path."""
    rules = made.client("elbv2").describe_rules(ListenerArn=made.made.https_listener)["Rules"]
    return next(str(rule["RuleArn"]) for rule in rules if path in str(rule["Conditions"]))


def listener_of(made: Deployment, protocol: str) -> str:
    """The ARN of the listener for a protocol."""
    arn = made.made.load_balancer
    listeners = made.client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
    return next(str(one["ListenerArn"]) for one in listeners if one["Protocol"] == protocol)


@case("load balancer: LoadBalancerNotFound.* -> mend names.load_balancer")
def no_such_load_balancer(made: Deployment) -> None:
    made.settings["names.load_balancer"] = "live-preview-lab"


@case("has no HTTP listener: .*found HTTPS at 443 -> add a listener of protocol HTTP")
def no_http_listener(made: Deployment) -> None:
    made.client("elbv2").delete_listener(ListenerArn=listener_of(made, "HTTP"))


@case("expected one HTTPS listener, found 0 -> have one HTTPS listener")
def no_https_listener(made: Deployment) -> None:
    made.client("elbv2").delete_listener(ListenerArn=listener_of(made, "HTTPS"))


@case(r"no rule of the HTTPS listener is for /api/\* -> add one .* that forwards to the session API")
def no_rule_for_the_api(made: Deployment) -> None:
    made.client("elbv2").delete_rule(RuleArn=rule_of(made, "/api/*"))


@case(r"no rule of the HTTPS listener is for /hermes/\* -> add one .* that forwards to Hermes")
def no_rule_for_hermes(made: Deployment) -> None:
    made.client("elbv2").delete_rule(RuleArn=rule_of(made, "/hermes/*"))


@case(r"no rule of the HTTPS listener is for /session/\* -> add one")
def no_rule_for_sessions(made: Deployment) -> None:
    made.client("elbv2").delete_rule(RuleArn=rule_of(made, "/session/*"))


@case(r"priorities are 30000 /api/\*, 30010 /hermes/\*, 20 /session/\*, expected rising.* -> set them so")
def rules_in_another_order(made: Deployment) -> None:
    wanted = [{"RuleArn": rule_of(made, "/session/*"), "Priority": 20}]
    made.client("elbv2").set_rule_priorities(RulePriorities=wanted)


@case(r"rule for /session/\* leads to a target group of type ip, expected lambda -> have it forward")
def sessions_lead_to_hermes(made: Deployment) -> None:
    forward = [{"Type": "forward", "TargetGroupArn": made.made.hermes_group}]
    made.client("elbv2").modify_rule(RuleArn=rule_of(made, "/session/*"), Actions=forward)


@case(r"rule for /session/s-1 has priority 30030, behind 30020 of /session/\* -> give the rules of sessions")
def a_session_is_shadowed(made: Deployment) -> None:
    made.client("elbv2").create_rule(
        ListenerArn=made.made.https_listener,
        Priority=30030,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/session/s-1"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": made.made.hermes_group}],
    )


@case("may take 305 s to end .deregistration delay 300 s, stopTimeout 5 s.* -> shorten the delay")
def tasks_end_slowly(made: Deployment) -> None:
    wanted = [{"Key": "deregistration_delay.timeout_seconds", "Value": "300"}]
    made.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=made.made.hermes_group, Attributes=wanted
    )
