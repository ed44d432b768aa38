"""A second Hermes beside the service's own: for as long as a scenario needs, what a deployment has for a moment."""

from __future__ import annotations

from functools import partial

from hamcrest.core.matcher import Matcher

from acceptance.drivers.ecs import Task
from acceptance.drivers.load_balancer import Rule
from acceptance.drivers.platform import Platform
from acceptance.journeys.customer_group import ask_in_parallel
from acceptance.journeys.customer_session import CustomerSession
from acceptance.waiting.concurrently import at_once
from acceptance.waiting.errors import UnexpectedAnswer
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import wait_until


class SecondHermes:
    """One task of Hermes's definition, outside its service. `start` it once; `end` it always."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._names = platform.profile.names
        self._arn: str | None = None

    def start(self) -> None:
        """Start it and wait until it runs.

        Raises:
            UnexpectedAnswer: ECS starts none. NotInTime, NeverWill: it does not come up.
        """
        ecs, patience = self._platform.clients.of("ecs"), self._platform.profile.patience
        (service,) = ecs.describe_services(cluster=self._names.cluster, services=[self._names.hermes])[
            "services"
        ]
        answer = ecs.run_task(
            cluster=self._names.cluster,
            taskDefinition=service["taskDefinition"],
            launchType=service.get("launchType", "FARGATE"),
            networkConfiguration=service["networkConfiguration"],
            startedBy=self._platform.profile.suite.client_prefix[:36],
        )
        if not answer["tasks"]:
            raise UnexpectedAnswer(f"ECS started no second Hermes: {answer.get('failures')}")
        self._arn = str(answer["tasks"][0]["taskArn"])
        wait_until(
            self._task,
            DescribedMatcher[Task | None](
                "running", lambda seen: seen is not None and seen.last_status == "RUNNING", str
            ),
            what="the second Hermes",
            within=patience.wake,
            every=patience.poll,
            fatal=_stopped(),
        )

    def end(self) -> None:
        """Stop it and wait until it is gone; one never started is no error."""
        if self._arn is None:
            return
        self._platform.fleet.stop_task(self._arn, "the suite is done with it")
        wait_until(
            self._task,
            _stopped(),
            what="the second Hermes",
            within=self._platform.profile.patience.session_end,
        )

    def _task(self) -> Task | None:
        return self._platform.fleet.task(self._arn) if self._arn else None


def _stopped() -> Matcher[Task | None]:
    return DescribedMatcher("stopped", lambda seen: seen is None or seen.stopped, str)


def one_rule() -> Matcher[tuple[Rule, ...]]:
    """Exactly one rule."""
    return DescribedMatcher(
        "exactly one rule",
        lambda rules: len(rules) == 1,
        lambda rules: ", ".join(f"{rule.priority} {' '.join(rule.paths)}" for rule in rules) or "none",
    )


# What customers ask for while a part of the platform is being replaced by a new copy of itself.


def ask_during_deployment(platform: Platform, role: str, session: CustomerSession, times: int) -> None:
    """Replace a service's tasks by new ones, and have a session ask so often at the same moment."""
    at_once([partial(platform.fleet.redeploy, role), partial(ask_in_parallel, platform, [session], times)])
