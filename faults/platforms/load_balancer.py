"""Ways to break the load balancer: what it serves, and what it does to every request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.aws_api.elb_state import Rule, Snapshot
    from sandbox.settings import Pace


def change_snapshot(change: Callable[[Snapshot], Snapshot]) -> None:
    """Have the load balancer serve what `change` makes of ELBv2's state."""
    from sandbox.alb import balancer

    snapshot = balancer.snapshot  # type: ignore[attr-defined]

    def changed(pace: Pace) -> Snapshot:
        return change(snapshot(pace))

    balancer.snapshot = changed  # type: ignore[attr-defined]


def change_rules(change: Callable[[Sequence[Rule], Snapshot], Sequence[Rule]]) -> None:
    """Have each listener follow, in place of its rules, what `change` makes of them and of all that is known."""

    def changed(right: Snapshot) -> Snapshot:
        listeners = (
            dataclasses.replace(listener, rules=tuple(change(listener.rules, right)))
            for listener in right.listeners
        )
        return dataclasses.replace(right, listeners=tuple(listeners))

    change_snapshot(changed)


def change_redirects(**parts: Any) -> None:
    """Have each redirect differ in these parts of its answer, say `status=302`."""
    from sandbox.aws_api.elb_state import Redirect

    def changed(rule: Rule) -> Rule:
        if not isinstance(rule.action, Redirect):
            return rule
        return dataclasses.replace(rule, action=dataclasses.replace(rule.action, **parts))

    change_rules(lambda rules, _right: [changed(rule) for rule in rules])


def change_lua(old: str, new: str) -> None:
    """Replace a piece of the script that every request goes through; LookupError when it starts, if it lacks that."""
    from sandbox.alb import envoy

    listener = envoy.listener

    def changed(*args: Any, lua: str, **rest: Any) -> Any:
        if old not in lua:
            raise LookupError(f"expected {old!r} in the load balancer's script, found none")
        return listener(*args, lua=lua.replace(old, new), **rest)

    envoy.listener = changed
