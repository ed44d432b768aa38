"""Listener rules as routes, target groups as clusters: what the rendered configuration says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.alb import envoy, envoy_routes
from sandbox.aws_api.elb_state import (
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

GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/hermes/0123456789abcdef"
FUNCTION_GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/api/fedcba9876543210"
CHECK = HealthCheck("/health", None, "200,300-301", 0.1, 2.0, 1, 2)
NOT_FOUND = FixedResponse(404, "text/html", "nothing")


def paths(*values: str) -> tuple[Condition, ...]:
    return (Condition("path-pattern", values),)


def rendered(*rules: Rule, groups: tuple[TargetGroup, ...] = ()) -> list[envoy_routes.Resource]:
    """The route table of an HTTPS listener with those rules and a default 404."""
    listener = Listener("HTTPS", 443, (*rules, Rule("default", None, (), NOT_FOUND)))
    table = envoy_routes.routes("https", listener, Snapshot((listener,), groups), {80: 10080, 443: 10443})
    routes: list[envoy_routes.Resource] = table["virtual_hosts"][0]["routes"]
    return routes


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/api/*", "/api/health", True),
        ("/api/*", "/api/", True),
        ("/api/*", "/api/a/b", True),
        ("/api/*", "/api", False),
        ("/api/*", "/apiary", False),
        ("/api/*", "/API/health", False),
        ("/session/?", "/session/a", True),
        ("/session/?", "/session/", False),
        ("/a.b", "/a.b", True),
        ("/a.b", "/axb", False),
        ("/a+b", "/a+b", True),
        ("/a$", "/a$", True),
        ("*", "/anything/at/all", True),
        ("/img/*", "//img/x", False),
    ],
)
def test_a_pattern_fits_the_whole_path_case_sensitively(pattern: str, path: str, fits: bool) -> None:
    assert bool(re.fullmatch(envoy_routes.pattern_regex(pattern), path)) is fits


def test_routes_stand_in_the_order_of_the_rules_and_trace_is_refused_first() -> None:
    routes = rendered(
        Rule("a", 10, paths("/a"), NOT_FOUND),
        Rule("b", 20, paths("/b"), NOT_FOUND),
    )
    assert [route["name"] for route in routes] == ["trace", "10", "20", "default"]
    assert routes[0]["direct_response"]["status"] == 405


def test_either_of_a_rules_paths_will_do() -> None:
    (_, rule, _) = rendered(Rule("a", 10, paths("/session/x", "/session/x/*"), NOT_FOUND))
    regex = rule["match"]["safe_regex"]["regex"]
    assert [bool(re.fullmatch(regex, path)) for path in ("/session/x", "/session/x/", "/session/xy")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("condition", "header", "value", "fits"),
    [
        (Condition("host-header", ("*.example.com",)), ":authority", "Shop.Example.com:8443", True),
        (Condition("host-header", ("*.example.com",)), ":authority", "example.com", False),
        (Condition("http-request-method", ("GET", "HEAD")), ":method", "HEAD", True),
        (Condition("http-request-method", ("GET", "HEAD")), ":method", "POST", False),
        (Condition("http-header", ("*Chrome*",), "User-Agent"), "user-agent", "x chrome y", True),
        (Condition("query-string", ("version=v1",)), ":path", "/x?a=b&version=v1", True),
        (Condition("query-string", ("version=v1",)), ":path", "/x?version=v12", False),
        (Condition("query-string", ("=v1",)), ":path", "/x?any=v1&z", True),
    ],
)
def test_other_conditions_look_at_headers(condition: Condition, header: str, value: str, fits: bool) -> None:
    (_, rule, _) = rendered(Rule("a", 10, (condition,), NOT_FOUND))
    (matcher,) = rule["match"]["headers"]
    assert matcher["name"] == header
    regex = matcher["string_match"]["safe_regex"]["regex"]
    assert bool(re.fullmatch(regex, value)) is fits


def test_a_condition_that_cannot_be_routed_by_is_an_error() -> None:
    with pytest.raises(ValueError, match="source-ip, which this load balancer cannot route by"):
        rendered(Rule("a", 10, (Condition("source-ip", ("10.0.0.0/8",)),), NOT_FOUND))


def test_a_redirect_goes_to_the_real_port_of_the_named_one() -> None:
    redirect = Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")
    (_, rule, _) = rendered(Rule("a", 10, paths("*"), redirect))
    target = rule["metadata"]["filter_metadata"][envoy_routes.LUA_FILTER]["redirect"]
    assert (target["status"], target["port"]) == ("301", "10443")


def test_a_function_is_told_its_target_group_and_takes_no_upgrade() -> None:
    group = TargetGroup(FUNCTION_GROUP, (), None, function="arn:f", is_lambda=True, multi_value_headers=True)
    forward = Forward(((FUNCTION_GROUP, 1),))
    _, upgrade, rule, _ = rendered(Rule("a", 10, paths("/api/*"), forward), groups=(group,))
    assert upgrade["direct_response"]["status"] == 400
    (share,) = rule["route"]["weighted_clusters"]["clusters"]
    added = {item["header"]["key"]: item["header"]["value"] for item in share["request_headers_to_add"]}
    assert added == {
        envoy_routes.GROUP_HEADER: FUNCTION_GROUP,
        envoy_routes.MULTI_VALUE_HEADER: "true",
    }


def test_weights_are_kept_and_an_unknown_group_is_no_share() -> None:
    group = TargetGroup(GROUP, (), CHECK)
    forward = Forward(((GROUP, 30), ("arn:gone", 70)))
    _, rule, _ = rendered(Rule("a", 10, paths("/x"), forward), groups=(group,))
    shares = rule["route"]["weighted_clusters"]["clusters"]
    assert [(share["name"], share["weight"]) for share in shares] == [("hermes-0123456789abcdef", 30)]
    _, rule, _ = rendered(Rule("a", 10, paths("/x"), Forward((("arn:gone", 1),))))
    assert rule["route"]["cluster"] == "none"


def test_without_a_listener_everything_is_503() -> None:
    table = envoy_routes.routes("https", None, Snapshot(), {})
    assert table["virtual_hosts"][0]["routes"][-1]["direct_response"]["status"] == 503


def test_only_target_groups_in_use_become_clusters() -> None:
    used = TargetGroup(GROUP, (Endpoint("127.1.2.3", 8080),), CHECK)
    idle = TargetGroup(FUNCTION_GROUP, (), None, is_lambda=True)
    listener = Listener("HTTPS", 443, (Rule("a", 10, paths("/x"), Forward(((GROUP, 1),))),))
    (cluster,) = envoy.clusters(Snapshot((listener,), (used, idle), idle_timeout_s=60), Path("/x"))
    assert cluster["name"] == "hermes-0123456789abcdef"
    (check,) = cluster["health_checks"]
    assert check["http_health_check"]["expected_statuses"] == [
        {"start": 200, "end": 201},
        {"start": 300, "end": 302},
    ]
    assert cluster["common_lb_config"]["healthy_panic_threshold"] == {"value": 1}


def test_a_target_is_checked_under_its_own_address() -> None:
    group = TargetGroup(GROUP, (Endpoint("127.1.2.3", 8080),), CHECK)
    assignment = envoy.load_assignment(group, group.endpoints)
    (endpoint,) = assignment["endpoints"][0]["lb_endpoints"]
    assert endpoint["endpoint"]["health_check_config"] == {"port_value": 8080, "hostname": "127.1.2.3:8080"}


def test_equal_states_have_equal_versions_and_others_do_not() -> None:
    assert envoy.discovery([{"name": "a"}]) == envoy.discovery([{"name": "a"}])
    assert envoy.discovery([{"name": "a"}]) != envoy.discovery([{"name": "b"}])
