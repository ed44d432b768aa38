"""Listener rules as Envoy routes: conditions, actions, and what the load balancer answers by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.aws_api.elb_state import (
    Condition,
    FixedResponse,
    Forward,
    Listener,
    Redirect,
    Rule,
    Snapshot,
    TargetGroup,
)

Resource = dict[str, Any]

# Between Envoy and the Lambda host alone; a client's own headers of these names are overwritten.
GROUP_HEADER = "x-alb-target-group-arn"
MULTI_VALUE_HEADER = "x-alb-multi-value-headers"
LUA_FILTER = "alb"
REASONS: Mapping[int, str] = {
    400: "Bad Request",
    405: "Not Allowed",
    500: "Internal Server Error",
    503: "Service Temporarily Unavailable",
}


def error_page(status: int, reason: str) -> str:
    """The HTML body of the load balancer's own answers."""
    title = f"{status} {reason}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


def cluster_name(arn: str) -> str:
    """Envoy's name for a target group: its name and id out of the ARN."""
    return arn.rsplit(":targetgroup/", 1)[-1].replace("/", "-")


def pattern_regex(pattern: str) -> str:
    """AWS's wildcards as a regular expression for the whole text: `*` is any run of characters, `?` exactly one."""
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


def set_header(name: str, value: str) -> Resource:
    """A header that replaces one of the same name."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def routes(
    name: str, listener: Listener | None, snapshot: Snapshot, real_ports: Mapping[int, int]
) -> Resource:
    """The rules of one listener in ALB order; without a listener, 503 for everything.

    `real_ports` maps the nominal ports 80 and 443 to those that Envoy listens on, for redirects.
    """
    table = [_route("trace", {**_any_path(), "headers": [_exactly(":method", "TRACE")]}, _own_answer(405))]
    if listener is None:
        table.append(_route("no-listener", _any_path(), _own_answer(503)))
    else:
        groups = {group.arn: group for group in snapshot.groups}
        for rule in listener.rules:
            table.extend(_rule_routes(rule, listener, groups, snapshot.idle_timeout_s, real_ports))
    return {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        "name": name,
        # A rule may come to life a moment before its target group's cluster does.
        "validate_clusters": False,
        "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": table}],
    }


def _rule_routes(
    rule: Rule,
    listener: Listener,
    groups: Mapping[str, TargetGroup],
    idle_timeout_s: float,
    real_ports: Mapping[int, int],
) -> Iterator[Resource]:
    name = "default" if rule.priority is None else str(rule.priority)
    match = _match(rule.conditions)
    action = rule.action
    if isinstance(action, Redirect):
        yield _route(name, match, _redirect(action, listener, real_ports))
    elif isinstance(action, FixedResponse):
        yield _route(name, match, _fixed_response(action))
    else:
        if any(groups[arn].is_lambda for arn, _ in action.groups if arn in groups):
            upgrade = _exactly("upgrade", "websocket", ignore_case=True)
            yield _route(name, {**match, "headers": [*match["headers"], upgrade]}, _own_answer(400))
        yield _route(name, match, {"route": _forward(action, groups, idle_timeout_s)})


def _route(name: str, match: Resource, action: Resource) -> Resource:
    return {"name": name, "match": match, **action}


def _any_path() -> Resource:
    return {"safe_regex": {"regex": ".*"}}


def _match(conditions: Sequence[Condition]) -> Resource:
    match: Resource = {**_any_path(), "headers": []}
    for condition in conditions:
        if condition.field == "path-pattern":
            match["safe_regex"] = {"regex": "|".join(pattern_regex(value) for value in condition.values)}
        else:
            match["headers"].append(_header_condition(condition))
    return match


def _header_condition(condition: Condition) -> Resource:
    patterns = "|".join(pattern_regex(value) for value in condition.values)
    if condition.field == "host-header":
        return _matching(":authority", f"(?i)(?:{patterns})(?::[0-9]+)?")
    if condition.field == "http-request-method":
        return _matching(":method", patterns)
    if condition.field == "http-header":
        return _matching(condition.name.lower(), f"(?i)(?:{patterns})")
    if condition.field == "query-string":
        pairs = "|".join(_pair_regex(value) for value in condition.values)
        return _matching(":path", f"(?i)[^?]*\\?(?:.*&)?(?:{pairs})(?:&.*)?")
    raise ValueError(
        f"rule condition: expected path-pattern, host-header, http-request-method, http-header or query-string; "
        f"found {condition.field}, which this load balancer cannot route by"
    )


def _pair_regex(pair: str) -> str:
    key, _, value = pair.partition("=")
    return (f"{pattern_regex(key)}=" if key else "(?:[^&=]*=)?") + pattern_regex(value)


def _matching(header: str, regex: str) -> Resource:
    return {"name": header, "string_match": {"safe_regex": {"regex": regex}}}


def _exactly(header: str, value: str, *, ignore_case: bool = False) -> Resource:
    return {"name": header, "string_match": {"exact": value, "ignore_case": ignore_case}}


def _own_answer(status: int) -> Resource:
    return _direct(status, "text/html", error_page(status, REASONS[status]))


def _fixed_response(action: FixedResponse) -> Resource:
    return _direct(action.status, action.content_type, action.body)


def _direct(status: int, content_type: str, body: str) -> Resource:
    answer: Resource = {"direct_response": {"status": status}}
    if body:
        answer["direct_response"]["body"] = {"inline_string": body}
        answer["response_headers_to_add"] = [set_header("content-type", content_type)]
    return answer


def _redirect(action: Redirect, listener: Listener, real_ports: Mapping[int, int]) -> Resource:
    # The Lua filter makes the Location; the route itself is never reached.
    own_port = str(real_ports.get(listener.port, listener.port))
    port = str(real_ports.get(int(action.port), action.port)) if action.port.isdigit() else action.port
    target = {
        "status": str(action.status),
        "protocol": action.protocol,
        "host": action.host,
        "port": port,
        "path": action.path,
        "query": action.query,
        "own_port": own_port,
    }
    return {"metadata": {"filter_metadata": {LUA_FILTER: {"redirect": target}}}, **_own_answer(500)}


def _forward(action: Forward, groups: Mapping[str, TargetGroup], idle_timeout_s: float) -> Resource:
    common: Resource = {"timeout": "0s", "idle_timeout": f"{idle_timeout_s}s"}
    weighted = [(groups[arn], weight) for arn, weight in action.groups if arn in groups]
    total = sum(weight for _, weight in weighted)
    if not total:
        # No target group can take the request: Envoy's "no cluster" is answered as the ALB's 503.
        return {**common, "cluster": "none"}
    shares = [
        {"name": cluster_name(group.arn), "weight": weight, "request_headers_to_add": _group_headers(group)}
        for group, weight in weighted
    ]
    return {**common, "weighted_clusters": {"clusters": shares}}


def _group_headers(group: TargetGroup) -> list[Resource]:
    if not group.is_lambda:
        return []
    return [
        set_header(GROUP_HEADER, group.arn),
        set_header(MULTI_VALUE_HEADER, str(group.multi_value_headers).lower()),
    ]
