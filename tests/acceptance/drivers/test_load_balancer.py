"""The load balancer as the suite reads it, in an account that it shares with other people's."""

from __future__ import annotations

from typing import Any

from acceptance.drivers.load_balancer import LoadBalancer

OWN, OTHER = "arn:loadbalancer/own", "arn:loadbalancer/other"


def group(name: str, vpc: str = "vpc-1", *balancers: str) -> dict[str, Any]:
    """A target group as DescribeTargetGroups tells it."""
    return {
        "TargetGroupArn": f"arn:targetgroup/{name}",
        "TargetGroupName": name,
        "TargetType": "ip",
        "Port": 80,
        "VpcId": vpc,
        "LoadBalancerArns": list(balancers),
    }


class Elb:
    """An account with one load balancer of the platform's, and groups of everybody's; also the clients' `of`."""

    def __init__(self, *groups: dict[str, Any]) -> None:
        self.groups = groups

    def of(self, service: str) -> Elb:
        assert service == "elbv2"
        return self

    def describe_load_balancers(self, **asked: list[str]) -> dict[str, Any]:
        assert asked == {"Names": ["alb"]}
        return {"LoadBalancers": [{"LoadBalancerArn": OWN, "VpcId": "vpc-1"}]}

    def describe_listeners(self, **asked: str) -> dict[str, Any]:
        assert asked == {"LoadBalancerArn": OWN}
        return {"Listeners": [{"ListenerArn": "arn:listener", "Protocol": "HTTPS"}]}

    def get_paginator(self, call: str) -> Any:
        pages: dict[str, dict[str, Any]] = {
            "describe_target_groups": {"TargetGroups": self.groups},
            "describe_rules": {"Rules": []},
        }

        class Pages:
            def paginate(self, **_asked: str) -> list[dict[str, Any]]:
                return [pages[call]]

        return Pages()


class Named:
    """As much of the profile's names as is read."""

    load_balancer = "alb"


def test_groups_of_other_load_balancers_and_networks_are_other_peoples() -> None:
    elb = Elb(
        group("attached", "vpc-1", OWN),
        group("unused", "vpc-1"),
        group("of-another", "vpc-1", OTHER),
        group("elsewhere", "vpc-2"),
    )
    routing = LoadBalancer(elb, Named()).routing()  # type: ignore[arg-type]
    assert [found.name for found in routing.target_groups] == ["attached", "unused"]
