"""What the ELBv2 API says of load balancers, listeners, rules and target groups, as AWS says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws_api import elbv2
from sandbox.aws_api.elbv2_snapshot import snapshot
from sandbox.settings import FARGATE, INSTANT
from tests.sandbox.alb.alb_stand import client, control_plane

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:session-api"
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


class NoBalancer:
    """Nothing behind the API."""

    def changed(self) -> None:
        """Nobody works from the state."""

    def checked(self, group_arn: str, address: str, port: int) -> elbv2.TargetHealth:
        """Nobody checks."""
        raise AssertionError(f"no check of {address}:{port} in {group_arn} was expected")


class Api:
    """The ELBv2 API with one load balancer that has both listeners."""

    def __init__(self, url: str) -> None:
        self.elb = client(url, "elbv2")
        ec2 = client(url, "ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")
            for i, zone in enumerate("ab")
        ]
        balancer = self.elb.create_load_balancer(
            Name="alb", Subnets=[subnet["Subnet"]["SubnetId"] for subnet in subnets]
        )
        self.balancer: str = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        self.listeners = {
            "HTTP": self.listener("HTTP", 80),
            "HTTPS": self.listener(
                "HTTPS",
                443,
                SslPolicy=POLICY,
                Certificates=[{"CertificateArn": "arn:aws:iam::123456789012:server-certificate/alb"}],
            ),
        }

    def listener(self, protocol: str, port: int, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.elb.create_listener(
            LoadBalancerArn=self.balancer, Protocol=protocol, Port=port, DefaultActions=[NOT_FOUND], **more
        )["Listeners"][0]
        return found

    def group(self, name: str, **more: Any) -> dict[str, Any]:
        given = {"Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc, "TargetType": "ip"} | more
        given = {key: value for key, value in given.items() if value is not None}
        found: dict[str, Any] = self.elb.create_target_group(Name=name, **given)["TargetGroups"][0]
        return found

    def rule(
        self, priority: int, condition: dict[str, Any], *groups: str, **action: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A rule's condition and action, as DescribeRules gives them."""
        to = {"TargetGroupArn": groups[0]} if groups else {}
        made = self.elb.create_rule(
            ListenerArn=self.listeners["HTTPS"]["ListenerArn"],
            Priority=priority,
            Conditions=[condition],
            Actions=[{"Type": "forward", **to, **action}],
        )["Rules"][0]
        (found,) = self.elb.describe_rules(RuleArns=[made["RuleArn"]])["Rules"]
        assert found == made
        return found["Conditions"][0], found["Actions"][0]

    def attributes(self) -> dict[str, str]:
        told = self.elb.describe_load_balancer_attributes(LoadBalancerArn=self.balancer)["Attributes"]
        assert len({entry["Key"] for entry in told}) == len(told)
        return {entry["Key"]: entry["Value"] for entry in told}


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with control_plane() as url:
        uninstall = elbv2.install(NoBalancer(), INSTANT)
        yield Api(url)
        uninstall()


@pytest.mark.parametrize(
    ("field", "config", "values"),
    [
        ("path-pattern", "PathPatternConfig", ["/one", "/one/*"]),
        ("host-header", "HostHeaderConfig", ["one.example", "*.example"]),
    ],
)
def test_a_condition_is_told_in_both_forms(api: Api, field: str, config: str, values: list[str]) -> None:
    group = api.group(f"both-{field}")["TargetGroupArn"]
    full = {"Field": field, "Values": values, config: {"Values": values}}
    assert api.rule(len(field), {"Field": field, config: {"Values": values}}, group)[0] == full
    short = {"Field": field, "Values": values[:1]}
    single = {**short, config: {"Values": values[:1]}}
    assert api.rule(100 + len(field), short, group)[0] == single


def test_a_rule_that_was_modified_tells_both_forms_too(api: Api) -> None:
    group = api.group("modified")["TargetGroupArn"]
    api.rule(40, {"Field": "path-pattern", "Values": ["/before"]}, group)
    rules = api.elb.describe_rules(ListenerArn=api.listeners["HTTPS"]["ListenerArn"])["Rules"]
    (arn,) = [rule["RuleArn"] for rule in rules if rule["Priority"] == "40"]
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/after"]}}
    modified = api.elb.modify_rule(RuleArn=arn, Conditions=[path])["Rules"][0]
    assert modified["Conditions"] == [{**path, "Values": ["/after"]}]


def test_a_condition_that_has_one_form_is_told_so(api: Api) -> None:
    group = api.group("one-form")["TargetGroupArn"]
    condition = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}}
    assert api.rule(50, condition, group)[0] == condition


def test_a_forward_action_tells_its_groups_and_weights(api: Api) -> None:
    one, two = (api.group(f"weighted-{name}")["TargetGroupArn"] for name in ("one", "two"))
    path = {"Field": "path-pattern", "Values": ["/weighted"]}
    config = {
        "TargetGroups": [{"TargetGroupArn": one, "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }
    assert api.rule(60, path, one)[1] == {"Type": "forward", "TargetGroupArn": one, "ForwardConfig": config}
    pairs = [{"TargetGroupArn": one, "Weight": 1}, {"TargetGroupArn": two, "Weight": 9}]
    action = api.rule(61, path, ForwardConfig={"TargetGroups": pairs})[1]
    assert action == {"Type": "forward", "ForwardConfig": {**config, "TargetGroups": pairs}}


def test_a_target_group_names_each_load_balancer_once_and_only_while_a_rule_uses_it(api: Api) -> None:
    group = api.group("used-twice")["TargetGroupArn"]
    listener = api.listeners["HTTPS"]["ListenerArn"]

    def balancers() -> list[str]:
        (found,) = api.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
        return list(found["LoadBalancerArns"])

    assert balancers() == []
    for priority in (70, 71):
        api.rule(priority, {"Field": "path-pattern", "Values": [f"/used/{priority}"]}, group)
    assert balancers() == [api.balancer]
    used = api.elb.describe_target_groups(LoadBalancerArn=api.balancer)["TargetGroups"]
    assert group in [found["TargetGroupArn"] for found in used]
    for rule in api.elb.describe_rules(ListenerArn=listener)["Rules"]:
        if rule["Priority"] in ("70", "71"):
            api.elb.delete_rule(RuleArn=rule["RuleArn"])
    assert balancers() == []


def test_only_the_https_listener_has_a_security_policy(api: Api) -> None:
    told = api.elb.describe_listeners(LoadBalancerArn=api.balancer)["Listeners"]
    http, https = (next(one for one in told if one["Protocol"] == name) for name in ("HTTP", "HTTPS"))
    assert not {"SslPolicy", "Certificates", "AlpnPolicy", "MutualAuthentication"} & http.keys()
    assert (https["SslPolicy"], https["MutualAuthentication"]) == (POLICY, {"Mode": "off"})
    assert "AlpnPolicy" not in https
    modified = api.elb.modify_listener(ListenerArn=http["ListenerArn"], DefaultActions=[NOT_FOUND])
    assert "SslPolicy" not in modified["Listeners"][0]


def test_a_load_balancer_tells_all_attributes_that_its_type_has(api: Api) -> None:
    """Those that the API reference lists for all load balancers and for Application Load Balancers."""
    told = api.attributes()
    assert told["idle_timeout.timeout_seconds"] == "60"
    model = api.elb.meta.service_model.shape_for("LoadBalancerAttribute").members["Key"].documentation
    network_only = model.index("supported by only Network Load Balancers")
    listed = {part.partition("</code>")[0] for part in model[:network_only].split("<li> <p> <code>")[1:]}
    assert {name for name in listed if "." in name} == told.keys()


def test_the_idle_timeout_that_is_set_is_told_and_holds(api: Api) -> None:
    setting = [{"Key": "idle_timeout.timeout_seconds", "Value": "61"}]
    api.elb.modify_load_balancer_attributes(LoadBalancerArn=api.balancer, Attributes=setting)
    assert api.attributes()["idle_timeout.timeout_seconds"] == "61"
    assert snapshot(INSTANT).idle_timeout_s == 61.0


def test_a_functions_group_has_no_health_check_and_attributes_of_its_own(api: Api) -> None:
    group = api.group("function", TargetType="lambda", Protocol=None, Port=None, VpcId=None)
    assert (group["HealthCheckEnabled"], group["HealthCheckIntervalSeconds"]) == (False, 35)
    told = api.elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    keys = {entry["Key"] for entry in told}
    assert "lambda.multi_value_headers.enabled" in keys
    assert "deregistration_delay.timeout_seconds" not in keys
    target = [{"Id": FUNCTION}]
    api.elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=target)
    api.elb.deregister_targets(TargetGroupArn=group["TargetGroupArn"], Targets=target)


def test_health_checks_are_as_told_but_for_a_quicker_pace(api: Api) -> None:
    arn = api.group(
        "checked",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=3,
        HealthyThresholdCount=4,
        UnhealthyThresholdCount=3,
    )["TargetGroupArn"]

    def check(pace: Any) -> tuple[float, float, int, int]:
        (found,) = [group.health_check for group in snapshot(pace).groups if group.arn == arn]
        assert found is not None
        return found.interval_s, found.timeout_s, found.healthy_after, found.unhealthy_after

    assert check(FARGATE) == (5.0, 3.0, 4, 3)
    assert check(INSTANT) == (0.2, 2.0, 4, 3)
