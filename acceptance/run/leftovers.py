"""What a run left in the platform: sessions of its own, tasks, rules and target groups that were not there before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from acceptance.drivers.load_balancer import Routing
from acceptance.drivers.platform import Platform
from acceptance.waiting.errors import NotObserved


def left_behind(platform: Platform, *, before: Routing, unseen: Callable[[str], None]) -> tuple[str, ...]:
    """A sentence for each thing that is still there. Nothing is waited for.

    Args:
        before: rules and target groups as they were when the run began.
        unseen: told, in a sentence, of what could not be looked at.
    """
    looks: dict[str, Callable[[], Iterator[str]]] = {
        "sessions": lambda: _sessions(platform),
        "tasks": lambda: _tasks(platform),
        "rules and target groups": lambda: _routing(platform, before),
    }
    found: list[str] = []
    for what, look in looks.items():
        try:
            found += look()
        except NotObserved as failure:
            unseen(f"whether {what} were left behind: {failure}")
    return tuple(found)


def _sessions(platform: Platform) -> Iterator[str]:
    for record in platform.records.marked(platform.mark):
        if record.planted:
            yield f"record {record.session_id} was planted by the suite"
        elif not record.ended:
            yield f"session {record.session_id} of {record.client_id} is {record.status}"


def _tasks(platform: Platform) -> Iterator[str]:
    fleet, mark = platform.fleet, platform.mark
    state = fleet.state()
    for task in (*state.hermes_tasks, *state.edit_tasks, *fleet.marked(mark)):
        yield f"{task} is still there"
    for role, counts in (("hermes", state.hermes), ("edit", state.edit)):
        if counts.desired:
            yield f"service {role} still wants {counts.desired} tasks"


def _routing(platform: Platform, before: Routing) -> Iterator[str]:
    now = platform.balancer.routing()
    rules = {rule.arn for rule in before.rules}
    for rule in now.rules:
        if rule.arn not in rules:
            yield f"listener rule {rule.priority} for {' '.join(rule.paths)} was not there before"
    groups = {group.arn for group in before.target_groups}
    for group in now.target_groups:
        if group.arn not in groups:
            yield f"target group {group.name} was not there before"
