"""What a load balancer is configured to do, at one moment: an immutable picture of ELBv2's state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """Where a target listens."""

    address: str
    port: int


@dataclass(frozen=True)
class HealthCheck:
    """How targets are checked. `port` is None for the traffic port; `codes` is AWS's matcher, e.g. `200,300-399`."""

    path: str
    port: int | None
    codes: str
    interval_s: float
    timeout_s: float
    healthy_after: int
    unhealthy_after: int


@dataclass(frozen=True)
class TargetGroup:
    """A target group; `function` is the ARN of its Lambda function, for target type `lambda` only."""

    arn: str
    endpoints: tuple[Endpoint, ...]
    health_check: HealthCheck | None
    function: str | None = None
    is_lambda: bool = False
    multi_value_headers: bool = False


@dataclass(frozen=True)
class Condition:
    """One condition of a rule: any of `values` fulfils it. `name` is the header's, for `http-header`.

    For `query-string`, a value is `key=value`, or `=value` for any key.
    """

    field: str
    values: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class Forward:
    """Send to one of several target groups: pairs of ARN and weight."""

    groups: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class FixedResponse:
    """Answer without a target."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True)
class Redirect:
    """Answer with a Location made from AWS's templates (`#{host}` and so on)."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str


Action = Forward | FixedResponse | Redirect


@dataclass(frozen=True)
class Rule:
    """A listener rule; `priority` is None for the default rule, which is evaluated last."""

    arn: str
    priority: int | None
    conditions: tuple[Condition, ...]
    action: Action


@dataclass(frozen=True)
class Listener:
    """A listener with its rules in the order of evaluation."""

    protocol: str
    port: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Snapshot:
    """All listeners and the target groups they can forward to. `idle_timeout_s` is the load balancer's."""

    listeners: tuple[Listener, ...] = ()
    groups: tuple[TargetGroup, ...] = ()
    idle_timeout_s: float = 60.0

    def listener(self, port: int) -> Listener | None:
        """The listener on that port, or None."""
        return next((listener for listener in self.listeners if listener.port == port), None)

    def in_use(self) -> set[str]:
        """ARNs of the target groups that some rule forwards to; the others get no traffic and no health checks."""
        return {
            arn for rule in self._rules() if isinstance(rule.action, Forward) for arn, _ in rule.action.groups
        }

    def _rules(self) -> Iterator[Rule]:
        for listener in self.listeners:
            yield from listener.rules
