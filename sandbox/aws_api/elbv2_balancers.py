"""What ELBv2 says of load balancers, listeners and target groups beyond what moto keeps of them.

Source of names and defaults: the ELBv2 API reference (botocore's model), LoadBalancerAttribute, TargetGroupAttribute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeLoadBalancer, FakeTargetGroup

from sandbox.aws_api.elbv2_limits import forwarded_groups

BALANCER_ATTRIBUTES = {
    "deletion_protection.enabled": "false",
    "load_balancing.cross_zone.enabled": "true",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "ipv6.deny_all_igw_traffic": "false",
    "zonal_shift.config.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.prefix": "",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
}
GROUP_ATTRIBUTES = {
    "stickiness.enabled": "false",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
# What a group has beyond: of targets with an address, and of a Lambda function.
ADDRESS_GROUP_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "300",
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "slow_start.duration_seconds": "0",
}
FUNCTION_GROUP_ATTRIBUTES = {"lambda.multi_value_headers.enabled": "false"}
# ELBG, "Health checks for your target groups": a function's checks are off unless they are asked for, and are slower.
FUNCTION_HEALTH_CHECK = {
    "healthcheck_enabled": "false",
    "healthcheck_interval_seconds": 35,
    "healthcheck_timeout_seconds": 30,
    "healthy_threshold_count": 5,
    "unhealthy_threshold_count": 5,
}


def create_load_balancer(
    before: Callable[..., FakeLoadBalancer], self: ELBv2Backend, *args: Any, **kwargs: Any
) -> FakeLoadBalancer:
    """CreateLoadBalancer, with all attributes of an Application Load Balancer."""
    created = before(self, *args, **kwargs)
    created.attrs = dict(BALANCER_ATTRIBUTES)
    return created


def create_listener(
    before: Callable[..., FakeListener], self: ELBv2Backend, *args: Any, **kwargs: Any
) -> FakeListener:
    """CreateListener, for the two listeners that Envoy has."""
    given = dict(zip(("load_balancer_arn", "protocol", "port"), args, strict=False)) | kwargs
    if (given["protocol"], int(given["port"])) not in {("HTTP", 80), ("HTTPS", 443)}:
        raise ELBClientError(
            "ValidationError",
            f"This load balancer serves HTTP on port 80 and HTTPS on port 443; "
            f"found {given['protocol']} on port {given['port']}",
        )
    return only_its_own(before(self, *args, **kwargs))


def modify_listener(
    before: Callable[..., FakeListener], self: ELBv2Backend, *args: Any, **kwargs: Any
) -> FakeListener:
    """ModifyListener."""
    return only_its_own(before(self, *args, **kwargs))


def only_its_own(listener: FakeListener) -> FakeListener:
    """The listener without what one of its protocol has not: ALPN is for TLS, a security policy for HTTPS, too."""
    https = listener.protocol == "HTTPS"
    own = {"mutual_authentication": {"Mode": "off"}} if https else {"ssl_policy": None}
    vars(listener).update(own, alpn_policy=None)
    return listener


def create_target_group(
    before: Callable[..., FakeTargetGroup], self: ELBv2Backend, name: str, **kwargs: Any
) -> FakeTargetGroup:
    """CreateTargetGroup, with the attributes and the health check of its type."""
    function = kwargs.get("target_type") == "lambda"
    for key, value in FUNCTION_HEALTH_CHECK.items() if function else ():
        kwargs[key] = value if kwargs.get(key) is None else kwargs[key]
    created = before(self, name, **kwargs)
    own = FUNCTION_GROUP_ATTRIBUTES if function else ADDRESS_GROUP_ATTRIBUTES
    created.attributes = {**GROUP_ATTRIBUTES, **own}
    return created


def describe_target_groups(
    before: Callable[..., Iterable[FakeTargetGroup]], self: ELBv2Backend, *args: Any, **kwargs: Any
) -> Iterable[FakeTargetGroup]:
    """DescribeTargetGroups: each with the load balancers that have a rule which forwards to it, once."""
    users: dict[str, list[str]] = {}
    for balancer in self.load_balancers.values():
        rules = [rule for listener in balancer.listeners.values() for rule in listener.rules.values()]
        actions = [action.data for rule in rules for action in rule.actions]
        for arn in {arn for action in actions for arn, _ in forwarded_groups(action)}:
            users.setdefault(arn, []).append(balancer.arn)
    for group in self.target_groups.values():
        group.load_balancer_arns = users.get(group.arn, [])
    return before(self, *args, **kwargs)
