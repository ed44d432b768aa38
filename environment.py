"""behave's hooks: choose the deployment, end what each scenario and feature began, collect evidence of failures."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from behave.model import Feature, Scenario, Step
from behave.runner import Context

from drivers.ledger import ScenarioResult, StepTime
from drivers.suite import Suite
from drivers.tags import check_tags
from drivers.visits import Visits
from drivers.world import World


def before_all(context: Context) -> None:
    """Check the profile before anything starts; then start or find the deployment."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # behave runs its cleanups on KeyboardInterrupt and not on SIGTERM.
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    context.suite = Suite.start(dict(context.config.userdata), _say)
    context.add_cleanup(context.suite.close)


def before_feature(context: Context, feature: Feature) -> None:
    """A feature starts from a platform asleep and leaves it asleep."""
    check_tags(feature)
    suite: Suite = context.suite
    visits = Visits(suite.platform)
    visits.until_asleep()
    context.add_cleanup(suite.unless_kept(visits.until_asleep))
    context.add_cleanup(suite.unless_kept(suite.shared.forget))


def before_scenario(context: Context, scenario: Scenario) -> None:  # noqa: ARG001 - behave's signature
    """Each scenario has a world of its own."""
    suite: Suite = context.suite
    context.world = World(suite, lambda undo: context.add_cleanup(suite.unless_kept(undo)))
    context.add_cleanup(context.world.close)


def after_step(context: Context, step: Step) -> None:
    """Time every step; a failed one leaves its evidence."""
    suite: Suite = context.suite
    suite.ledger.steps.append(StepTime(step.name, context.scenario.name, step.duration))
    if step.status.has_failed():
        suite.failed = True
        world: World = context.world
        world.leave_evidence(context.scenario.name, step.error_message or str(step.exception))


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Enter the scenario's result; the ledger is on disk after each."""
    failed = next((step for step in scenario.all_steps if step.status.has_failed()), None)
    if failed:
        _say(f"      Evidence: {context.suite.evidence.folder(scenario.name)}\n")
    suite: Suite = context.suite
    suite.ledger.add(
        ScenarioResult(
            feature=context.feature.name if context.feature else "",
            name=scenario.name,
            location=str(scenario.location),
            tags=tuple(str(tag) for tag in scenario.effective_tags),
            status=scenario.status.name if scenario.status else "untested",
            seconds=scenario.duration,
            failed_step=f"{failed.keyword} {failed.name}" if failed else None,
            step_type=failed.step_type if failed else None,
            message=failed.error_message if failed else None,
        )
    )


def after_all(context: Context) -> None:
    """End with the success criteria, met or not; keep the deployment for a look if that was asked for."""
    if "suite" in context:
        suite: Suite = context.suite
        _say(suite.ledger.summary())
        suite.linger(_say)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
