"""The load balancer as it is set up: listeners, the rules by rising priority, the tag that lets a suite work here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from acceptance.doctor.finding import Finding
from acceptance.drivers.load_balancer import Listener, Routing, Rule

PATHS: Mapping[str, tuple[str, str]] = {
    "/api/*": ("lambda", "the session API"),
    "/hermes/*": ("ip", "Hermes"),
    "/session/*": ("lambda", "the session API"),
}
"""The contract's rules by rising priority: the type of the target group that each leads to, and whose that is."""

TAG, LEAVE = "live-preview:acceptance", "yes"
"""Key and value of the tag on cluster and load balancer that says that a suite may work here."""


def untagged(what: str, tags: Mapping[str, str]) -> Iterator[Finding]:
    """A part that does not say that a suite may work here: it may be the customers' own."""
    if tags.get(TAG) != LEAVE:
        found = f"{TAG} = {tags[TAG]}" if TAG in tags else "no such tag"
        yield Finding(
            f"{what} does not say that a suite may work here: expected the tag {TAG} = {LEAVE}, found {found}",
            "tag it if no customer uses this deployment; if one does, name another in the profile",
        )


def without_http(listeners: Sequence[Listener]) -> Iterator[Finding]:
    """No listener that could redirect."""
    if not any(listener.protocol == "HTTP" for listener in listeners):
        found = ", ".join(f"{listener.protocol} at {listener.port}" for listener in listeners) or "none"
        yield Finding(
            f"the load balancer has no HTTP listener: expected one that redirects to HTTPS, found {found}",
            "add a listener of protocol HTTP that answers 301 to HTTPS",
        )


def wrong_rules(routing: Routing) -> Iterator[Finding]:
    """Rules that are missing, lead elsewhere, or stand in another order than the contract's."""
    rules = {
        path: rule for rule in reversed(routing.rules) for path in rule.paths if rule.priority is not None
    }
    for path, (kind, whose) in PATHS.items():
        if path not in rules:
            yield Finding(
                f"no rule of the HTTPS listener is for {path}",
                f"add one with the path pattern {path} that forwards to {whose}",
            )
        elif _kinds(rules[path], routing) != {kind}:
            found = ", ".join(sorted(_kinds(rules[path], routing))) or "none"
            yield Finding(
                f"the rule for {path} leads to a target group of type {found}, expected {kind}",
                f"have it forward to the target group of {whose}",
            )
    yield from _wrong_order({path: rules[path] for path in PATHS if path in rules})
    last = rules.get("/session/*")
    for path, rule in rules.items():
        if last and path.startswith("/session/") and (rule.priority or 0) > (last.priority or 0):
            yield Finding(
                f"the rule for {path} has priority {rule.priority}, behind {last.priority} of /session/*",
                "give the rules of sessions priorities below that of /session/*",
            )


def _wrong_order(rules: Mapping[str, Rule]) -> Iterator[Finding]:
    order = [rule.priority or 0 for rule in rules.values()]
    if any(first > second for first, second in pairwise(order)):
        found = ", ".join(f"{rule.priority} {path}" for path, rule in rules.items())
        yield Finding(
            f"the rules' priorities are {found}, expected rising in this order",
            "set them so: sessions, /api/*, /hermes/*, /session/*",
        )


def _kinds(rule: Rule, routing: Routing) -> set[str]:
    return {group.target_type for group in routing.target_groups if group.arn in rule.target_groups}
