"""Platforms whose load balancer keeps what should be gone, loses it for a moment, or sends visitors elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from faults.platforms.load_balancer import change_redirects, change_rules, change_snapshot
from faults.platforms.scenarios import ASLEEP, AWAKE, ENCRYPTED, ENDING, READY, SHRINKING, WAITING_PAGE
from faults.registry import fault


def _every_third(seen: dict[str, int], session_id: str) -> bool:
    return seen.setdefault(session_id, len(seen) + 1) % 3 == 0


@fault(
    "Of every third session the target group stays behind.",
    part="hermes",
    caught_by=(SHRINKING,),
    clause="No rule, target group or running process stays behind",
)
def every_third_group_stays() -> None:
    """Its rule goes, its target group does not."""
    from sandbox.services.hermes.routes import Routes

    remove = Routes.remove
    seen: dict[str, int] = {}

    def mostly(self: Routes, session_id: str) -> None:
        if _every_third(seen, session_id):
            self.detach(session_id)
        else:
            remove(self, session_id)

    Routes.remove = mostly  # type: ignore[method-assign]


@fault(
    "Of every third session the rule stays behind, and leads nowhere.",
    part="hermes",
    caught_by=(SHRINKING,),
    clause="takes both away when it ends",
)
def every_third_rule_stays() -> None:
    """Nothing of its route is taken away."""
    from sandbox.services.hermes.routes import Routes

    remove = Routes.remove
    seen: dict[str, int] = {}

    def mostly(self: Routes, session_id: str) -> None:
        if not _every_third(seen, session_id):
            remove(self, session_id)

    Routes.remove = mostly  # type: ignore[method-assign]


@fault(
    "Whenever a session ends, all other previews are away for a moment.",
    part="hermes",
    caught_by=(ENDING,),
    clause="no preview blinks",
)
def rules_made_anew_at_each_end() -> None:
    """All sessions' rules are taken away and made again."""
    from sandbox.services.hermes.routes import Routes

    remove = Routes.remove

    def all_anew(self: Routes, session_id: str) -> None:
        remove(self, session_id)
        for other, route in list(self._routes.items()):
            if route.published and route.target is not None:
                self.detach(other)
                self.attach(other, route.target)
                self.publish(other)

    Routes.remove = all_anew  # type: ignore[method-assign]


@fault(
    "An unencrypted request is sent on for now only.",
    part="sandbox",
    caught_by=(ENCRYPTED,),
    clause="HTTP redirects 301 to it",
)
def redirects_for_now() -> None:
    """302 in place of 301."""
    change_redirects(status=302)


@fault(
    "The platform answers without encryption, too.",
    part="sandbox",
    caught_by=(ENCRYPTED,),
    clause="HTTP redirects 301 to it",
)
def unencrypted_answered() -> None:
    """The listener for HTTP has the rules of that for HTTPS."""
    from sandbox.aws_api.elb_state import Snapshot

    def same(right: Snapshot) -> Snapshot:
        https = right.listener(443)
        if https is None:
            return right
        return dataclasses.replace(
            right,
            listeners=tuple(dataclasses.replace(one, rules=https.rules) for one in right.listeners),
        )

    change_snapshot(same)


@fault(
    "What belongs to no service is given to the session API.",
    part="sandbox",
    caught_by=(ASLEEP,),
    clause="the default answers 404",
)
def default_is_the_session_api() -> None:
    """The default rule forwards where `/api/*` does."""
    from sandbox.aws_api.elb_state import FixedResponse, Rule, Snapshot

    def change(rules: Sequence[Rule], _right: Snapshot) -> Sequence[Rule]:
        api = next(
            (r.action for r in rules for c in r.conditions if any(v.startswith("/api/") for v in c.values)),
            None,
        )
        return [
            dataclasses.replace(rule, action=api)
            if api is not None and isinstance(rule.action, FixedResponse)
            else rule
            for rule in rules
        ]

    change_rules(change)


@fault(
    "Hermes' health does not say whose it is.",
    part="hermes",
    caught_by=(AWAKE,),
    clause='200 `{"service": "hermes", ...}` while Hermes runs',
)
def hermes_health_unnamed() -> None:
    """The document lacks `service`."""
    from sandbox.services.hermes.health import HealthServer

    document = HealthServer.document

    def unnamed(self: HealthServer) -> dict[str, Any]:
        return {name: value for name, value in document(self).items() if name != "service"}

    HealthServer.document = unnamed  # type: ignore[method-assign]


@fault(
    "Previews are shadowed by the waiting page's rule.",
    part="sandbox",
    caught_by=(AWAKE,),
    clause="Rules by rising priority: sessions",
)
def session_rules_come_last() -> None:
    """The rule for `/session/*` comes before those of the sessions."""
    from sandbox.aws_api.elb_state import Rule, Snapshot

    def change(rules: Sequence[Rule], _right: Snapshot) -> Sequence[Rule]:
        return sorted(rules, key=lambda rule: all(c.values != ("/session/*",) for c in rule.conditions))

    change_rules(change)


@fault(
    "A Hermes that sleeps is called unknown.",
    part="sandbox",
    caught_by=(ASLEEP,),
    clause="the ALB's 503 while it sleeps",
)
def sleeping_hermes_not_found() -> None:
    """404 for `/hermes/*` while nothing is registered there."""
    from sandbox.aws_api.elb_state import FixedResponse, Forward, Rule, Snapshot

    def change(rules: Sequence[Rule], right: Snapshot) -> Sequence[Rule]:
        empty = {group.arn for group in right.groups if not group.endpoints and not group.is_lambda}
        gone = FixedResponse(404, "text/plain", "")
        return [
            dataclasses.replace(rule, action=gone)
            if isinstance(rule.action, Forward) and {arn for arn, _ in rule.action.groups} <= empty
            else rule
            for rule in rules
        ]

    change_rules(change)


@fault(
    "Visitors are let in at a preview's server before it serves.",
    part="hermes",
    caught_by=(WAITING_PAGE, READY),
    clause="until its preview is served, nothing but the load balancer's own checks reaches its",
)
def visitors_let_in_early() -> None:
    """A session's rule is there for visitors as soon as its target group is."""
    from sandbox.services.hermes.routes import Routes

    prepare = Routes.prepare

    def public(self: Routes, session_id: str) -> None:
        prepare(self, session_id)
        if not self.routed(session_id):
            self._note(session_id, rules=(self._create_rule(session_id, self._group(session_id)),))
            self.publish(session_id)

    Routes.prepare = public  # type: ignore[method-assign]
