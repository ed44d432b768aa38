"""Platforms on which requests take a wrong turn, tell too much, or are let in where they should not be."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from faults.platforms.load_balancer import change_lua, change_redirects, change_rules, change_snapshot
from faults.platforms.scenarios import (
    ASLEEP,
    AWAKE,
    BAD_SOCKET,
    CONTROL,
    ENCRYPTED,
    EVERYTHING,
    FIRST_REQUEST,
    FORGED,
    OTHER_NAME,
    OTHERS_COME,
    OWN_TASK,
    SOCKET_ENDS,
    TRACE,
)
from faults.registry import fault


@fault(
    "Whatever begins like a service's path is given to it: /apiary, /hermesx.",
    part="sandbox",
    caught_by=(ASLEEP,),
    clause="A path outside its prefix (`/apiary`, `/hermesx`, `/session`) belongs to the default",
)
def prefixes_too_wide() -> None:
    """`/api/*` matches as `/api*` would."""
    from sandbox.aws_api.elb_state import Condition, Rule, Snapshot

    def widened(condition: Condition) -> Condition:
        return dataclasses.replace(condition, values=tuple(v.replace("/*", "*") for v in condition.values))

    def change(rules: Sequence[Rule], _right: Snapshot) -> Sequence[Rule]:
        return [dataclasses.replace(rule, conditions=tuple(map(widened, rule.conditions))) for rule in rules]

    change_rules(change)


@fault(
    "A preview's address without a slash at the end does not work.",
    part="hermes",
    caught_by=(AWAKE,),
    clause="listener rule for `/session/{id}` and",
)
def bare_path_forgotten() -> None:
    """A session's rule has `/session/{id}/*` alone."""
    from sandbox.services.hermes import routes

    def without_bare(session_id: str) -> list[str]:
        return [f"/session/{session_id}/*"]

    routes.paths_of = without_bare


@fault(
    "One in four requests is answered by another customer's task.",
    part="sandbox",
    caught_by=(OWN_TASK,),
    clause="every endpoint reachable with the right answer from the right service",
)
def requests_go_astray() -> None:
    """What asks a session's health goes, for a quarter, to the target group of another session."""
    from sandbox.aws_api.elb_state import Condition, Forward, Rule, Snapshot

    def change(rules: Sequence[Rule], right: Snapshot) -> Sequence[Rule]:
        sessions = [group.arn for group in right.groups if ":targetgroup/s-" in group.arn and group.endpoints]
        astray: list[Rule] = []
        for rule in rules:
            paths = [value for c in rule.conditions for value in c.values if value.endswith("/*")]
            if isinstance(rule.action, Forward) and rule.action.groups[0][0] in sessions and paths:
                own = rule.action.groups[0][0]
                other = next((arn for arn in sessions if arn != own), own)
                health = Condition("path-pattern", (paths[0].replace("*", "health"),))
                astray.append(
                    Rule(f"{rule.arn}-astray", rule.priority, (health,), Forward(((own, 3), (other, 1))))
                )
            astray.append(rule)
        return astray

    change_rules(change)


@fault(
    "Whoever asks can command Edit: open, change and end anybody's sessions.",
    part="sandbox",
    caught_by=(CONTROL,),
    clause="every endpoint reachable with the right answer from the right service",
)
def control_port_routed() -> None:
    """A rule leads from `/sessions` to the control port of the tasks that serve previews."""
    from sandbox.aws_api.elb_state import Condition, Endpoint, Forward, Rule, Snapshot, TargetGroup

    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/control/0"
    rule = Rule(
        "control", 1, (Condition("path-pattern", ("/sessions", "/sessions/*")),), Forward(((arn, 1),))
    )

    def with_control(right: Snapshot) -> Snapshot:
        addresses = {e.address for g in right.groups if ":targetgroup/s-" in g.arn for e in g.endpoints}
        control = TargetGroup(arn, tuple(Endpoint(address, 8080) for address in sorted(addresses)), None)
        return dataclasses.replace(right, groups=(*right.groups, control))

    change_snapshot(with_control)
    change_rules(lambda rules, _right: [rule, *rules])


@fault(
    "Visitors lose what they asked for on the way to the encrypted site.",
    part="sandbox",
    caught_by=(ENCRYPTED,),
    clause="HTTP redirects 301 to it",
)
def redirect_drops_query() -> None:
    """The redirect keeps the path and not the query."""
    change_redirects(query="")


@fault(
    "Open pages lose their connection after a second.",
    part="sandbox",
    caught_by=(OTHERS_COME,),
    clause="WebSocket upgrade works",
)
def sockets_cut() -> None:
    """The load balancer's idle timeout is a second."""
    change_snapshot(lambda right: dataclasses.replace(right, idle_timeout_s=1.0))


@fault(
    "Pages cannot open their update sockets through the load balancer.",
    part="sandbox",
    caught_by=(FIRST_REQUEST,),
    clause="WebSocket upgrades pass",
)
def upgrade_not_passed() -> None:
    """The load balancer speaks HTTP only."""
    from sandbox.alb import envoy

    manager = envoy._connection_manager

    def without_upgrade(name: str, folder: Path, lua: str, access_log: Path) -> dict[str, Any]:
        return {**manager(name, folder, lua, access_log), "upgrade_configs": []}

    envoy._connection_manager = without_upgrade


@fault(
    "Any website can listen to a customer's update socket.",
    part="sandbox",
    caught_by=(BAD_SOCKET,),
    clause="with subprotocol `vite-hmr` and the page's token",
)
def socket_token_unchecked() -> None:
    """The load balancer hides where a request comes from; Vite asks for the token only where it sees an origin."""
    change_lua('headers:remove("te")', 'headers:remove("origin")')


@fault(
    "A visitor can pass for whoever he says he is.",
    part="sandbox",
    caught_by=(FORGED,),
    clause="the method, path and headers that it was called with",
)
def forged_origin_trusted() -> None:
    """A forwarded address that came with the request is passed on as it is."""
    change_lua('forwarded and (forwarded .. ", " .. client) or client', "forwarded or client")


@fault(
    "Requests cannot be followed through the services: each gets a new trace.",
    part="sandbox",
    caught_by=(TRACE,),
    clause="the method, path and headers that it was called with",
)
def trace_begins_anew() -> None:
    """A trace that came with the request is dropped."""
    change_lua('if not given then return "Root="', 'if true then return "Root="')


@fault(
    "The platform can prove that it is another site.",
    part="sandbox",
    caught_by=(OTHER_NAME,),
    clause="Application Load Balancer, HTTPS listener",
)
def certificate_for_all_names() -> None:
    """The certificate names others' sites too."""
    import trustme

    issue = trustme.CA.issue_cert

    def generous(self: trustme.CA, *names: str, **rest: Any) -> trustme.LeafCert:
        return issue(self, *names, "*.example.org", **rest)

    trustme.CA.issue_cert = generous  # type: ignore[method-assign]


@fault(
    "Every page tells the address of the task that serves it.",
    part="edit",
    caught_by=(EVERYTHING,),
    clause="Everything that the page loads resolves through the ALB",
)
def internal_address_told() -> None:
    """Vite's client is told where the dev server listens."""
    from sandbox.services.edit import preview

    settings = preview.preview_settings

    def talkative(*, host: str, port: int, **rest: Any) -> dict[str, object]:
        return {**settings(host=host, port=port, **rest), "publicHost": f"{host}:{port}"}

    preview.preview_settings = talkative


@fault(
    "A page stays connected to a preview that has ended.",
    part="hermes",
    caught_by=(SOCKET_ENDS,),
    clause="its socket is closed, and what it shows then says",
)
def ended_preview_runs_on() -> None:
    """Edit is not told that a session has ended, and its tasks are never fewer than they were."""
    from sandbox.services.hermes.edit import Edit
    from sandbox.services.hermes.reconcile import Reconciler

    scale = Reconciler.scale

    def never_close(self: Edit, ip: str, session_id: str) -> None:
        del self, ip, session_id

    def only_up(self: Reconciler) -> None:
        if self.wanted() > self.known_fleet().desired or not self.wanted():
            scale(self)

    Edit.close = never_close  # type: ignore[method-assign]
    Reconciler.scale = only_up  # type: ignore[method-assign]
