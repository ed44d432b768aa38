"""The suite's wait beside boto3's `services_stable` waiter: one claim, one change of a service, two waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from acceptance.bench.spread import Spread, spread
from acceptance.bench.stand import Stand
from acceptance.waiting.concurrently import at_once
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import MONOTONIC, wait_until

CLOSE = timedelta(milliseconds=10)
"""Between two looks of the third watcher, whose first sight counts as the moment: no stamp of ECS says "stable"."""


@dataclass(frozen=True)
class Change:
    """One deployment of Hermes, in seconds: how long it took, and how much later each wait returned."""

    took_s: float
    suite_s: float
    waiter_s: float


@dataclass(frozen=True)
class SideBySide:
    """All changes, and the spread of both waits over them."""

    changes: tuple[Change, ...]
    suite: Spread
    waiter: Spread


def side_by_side(stand: Stand) -> SideBySide:
    """Deploy Hermes anew so many times, a session keeping it awake; the waits begin when ECS has taken the change."""
    changes = []
    for number in range(1, stand.plan.against_waiter + 1):
        stand.say(f"beside boto3's waiter, deployment {number} of {stand.plan.against_waiter}")
        changes.append(_deployment(stand))
    return SideBySide(
        tuple(changes),
        spread(change.suite_s for change in changes),
        spread(change.waiter_s for change in changes),
    )


def stable() -> DescribedMatcher[dict[str, Any]]:
    """What `services_stable` waits for (botocore, ecs/waiters-2.json): one deployment, as many tasks as desired."""
    return DescribedMatcher(
        "one deployment with as many running tasks as desired",
        lambda service: (
            len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]
        ),
        lambda service: f"{len(service['deployments'])} deployments, {service['runningCount']} tasks running",
    )


def _deployment(stand: Stand) -> Change:
    platform, names = stand.platform, stand.platform.profile.names
    ecs = platform.clients.of("ecs")

    def service() -> dict[str, Any]:
        found = ecs.describe_services(cluster=names.cluster, services=[names.hermes])
        return {**found["services"][0]}

    def suite(every: timedelta) -> Callable[[], float]:
        def wait() -> float:
            patience = platform.profile.patience
            wait_until(service, stable(), what=f"service {names.hermes}", within=patience.wake, every=every)
            return MONOTONIC.now()

        return wait

    def waiter() -> float:
        # As it comes: a look every 15 s, at most 40.
        ecs.get_waiter("services_stable").wait(cluster=names.cluster, services=[names.hermes])
        return MONOTONIC.now()

    began = MONOTONIC.now()
    platform.fleet.redeploy("hermes")
    moment, suite_at, waiter_at = at_once([suite(CLOSE), suite(platform.profile.patience.poll), waiter])
    return Change(moment - began, suite_at - moment, waiter_at - moment)
