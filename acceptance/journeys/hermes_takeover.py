"""Two Hermes at once: a second one beside the service's own while a scenario needs it, or a deployment's new one."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from hamcrest.core.matcher import Matcher

from acceptance.drivers.ecs import Task
from acceptance.drivers.load_balancer import Rule
from acceptance.drivers.platform import Platform
from acceptance.drivers.standalone_task import StandaloneTask, stopped
from acceptance.journeys.customer_group import ask_in_parallel
from acceptance.journeys.customer_session import CustomerSession
from acceptance.waiting.concurrently import at_once
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import wait_until

LIFETIME = timedelta(minutes=15)
"""It ends by itself after this, should the suite be killed before it stops it: nothing else would ever end it."""


class SecondHermes:
    """One task of Hermes's definition, outside its service. `start` it once; `end` it always."""

    def __init__(self, platform: Platform) -> None:
        self._patience = platform.profile.patience
        self._task = StandaloneTask(
            platform.fleet, "hermes", started_by=str(platform.mark), lifetime=LIFETIME
        )

    def start(self) -> None:
        """Start it and wait until it runs.

        Raises:
            UnexpectedAnswer: ECS starts none. NotInTime, NeverWill: it does not come up.
        """
        self._task.start()
        wait_until(
            self._task.look,
            DescribedMatcher[Task | None](
                "running", lambda seen: seen is not None and seen.last_status == "RUNNING", str
            ),
            what="the second Hermes",
            within=self._patience.wake,
            every=self._patience.poll,
            fatal=stopped(),
        )

    def end(self) -> None:
        """Stop it and wait until it is gone; one never started is no error."""
        self._task.end(self._patience.session_end)


def one_rule() -> Matcher[tuple[Rule, ...]]:
    """Exactly one rule."""
    return DescribedMatcher(
        "exactly one rule",
        lambda rules: len(rules) == 1,
        lambda rules: ", ".join(f"{rule.priority} {' '.join(rule.paths)}" for rule in rules) or "none",
    )


def ask_during_deployment(session: CustomerSession, role: str, times: int) -> None:
    """Replace a service's tasks by new ones, and have a session ask so often at the same moment."""
    at_once([partial(session.platform.fleet.redeploy, role), partial(ask_in_parallel, [session], times)])
