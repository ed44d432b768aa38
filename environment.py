"""behave's hooks: choose the deployment, end what each scenario and feature began, collect evidence of failures."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from behave.model import Feature, Scenario, Step
from behave.runner import Context

import acceptance.early  # noqa: F401 - before all that takes long to load
from acceptance.capabilities import lacking
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.report.install import begin_report
from acceptance.report.runner import ReportingRunner
from acceptance.results.preflight import WrongRequest, check_request
from acceptance.results.run_results import NOT_SUPPORTED, ScenarioResult, StepTime, status_of
from acceptance.results.summary import summary
from acceptance.results.tags import SKIP, reason_to_skip, rule_of
from acceptance.run.deployment import absent
from acceptance.run.run import Run
from acceptance.run.time_line import keep_time_line
from acceptance.run.world import World
from acceptance.waiting.errors import (
    ConfigurationError,
    CredentialsEnded,
    DeploymentDied,
    DeploymentHeld,
    NotObserved,
)
from acceptance.waiting.trace import TRACE, Lane


def before_all(context: Context) -> None:
    """Check the profile before anything starts; then start or find the deployment, and begin the report."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if "run" in context:
            context.run.abandon()
        # behave runs its cleanups on KeyboardInterrupt and not on SIGTERM.
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    runner: ReportingRunner = context.runner
    try:
        settings = dict(context.config.userdata)
        check_request(runner.features, runner.config, runner.step_registry, beside=absent(settings))
        run = Run.start(settings, _say)
    except (WrongRequest, ConfigurationError, CredentialsEnded, DeploymentDied, DeploymentHeld) as wrong:
        # Raised, behave would tell it as a defect of this hook, and then that the user aborted the run.
        _say(str(wrong))
        for feature in runner.features:
            feature.mark_skipped()
        runner.refused = True
        return
    context.run = run
    _leave_out(runner, run)
    context.on_cleanup_error = _note_cleanup_error
    # Cleanups run last in, first out: that the run has ended is written when everything is put away.
    context.add_cleanup(lambda: run.ledger.end(aborted=context.aborted))
    context.add_cleanup(run.close)
    with _looking(context, "before the run"):
        run.look_around(_say)
    run.point_latest()
    begin_report(runner, run.folder, run.facts(), _say)


def before_feature(context: Context, feature: Feature) -> None:
    """A feature starts from a platform asleep and leaves it asleep."""
    run: Run = context.run
    began_at = datetime.now(UTC)
    with _looking(context, f"before {feature.name}"):
        CustomerSessions(run.platform).until_asleep()
    context.add_cleanup(lambda: run.note_platform(_say))
    context.add_cleanup(run.keeping.unless_kept(lambda: run.fall_asleep(feature.name, since=began_at)))
    context.add_cleanup(run.keeping.unless_kept(run.shared.forget))


def before_scenario(context: Context, scenario: Scenario) -> None:
    """Each scenario has a world of its own."""
    run: Run = context.run
    keeping = run.keeping
    TRACE.begin()
    evidence, location = run.evidence.folder(scenario.name), str(scenario.location)
    # Cleanups run last in, first out: what the others do belongs to the scenario, too.
    context.add_cleanup(lambda: keep_time_line(evidence, location, run.ledger, run.folder.traced))
    context.world = World(run, scenario.name, lambda undo: context.add_cleanup(keeping.unless_kept(undo)))
    context.add_cleanup(context.world.close)
    reason = reason_to_skip(tag for tag in scenario.effective_tags if SKIP.fullmatch(str(tag)))
    if reason:
        scenario.skip(reason)


def after_step(context: Context, step: Step) -> None:
    """Time every step; a failed one leaves its evidence, in the run's folder and under the step in the report."""
    run: Run = context.run
    run.ledger.steps.append(StepTime(step.name, context.scenario.name, step.duration))
    since, fine = time.monotonic() - step.duration, not step.status.has_failed()
    TRACE.add(Lane.STEPS, f"{step.keyword} {step.name}", outcome=step.status.name, since=since, fine=fine)
    if not step.status.has_failed():
        return
    world: World = context.world
    if context.aborted:
        # Whoever pressed Ctrl-C knows why the step failed, and waits.
        world.unseen = NotObserved("the run was interrupted")
    else:
        world.unseen = run.unseen(step.exception)
        if run.ledger.lost:
            context.abort(reason=run.ledger.lost[0])
            return
        run.keeping.failed = True
        for exhibit in world.leave_evidence(step.error_message or str(step.exception)):
            context.attach(f"text/plain; name={exhibit.title}", run.evidence.shown(exhibit).encode())
        for title, picture in world.leave_screenshots():
            context.attach(f"image/png; name={title}", picture)


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Enter the scenario's result; the ledger is on disk after each."""
    run: Run = context.run
    world: World = context.world
    failed = next((step for step in scenario.all_steps if step.status.has_failed()), None)
    if failed and not run.ledger.lost:
        _say(f"      Evidence: {run.evidence.folder(scenario.name)}\n")
    rule = context.rule if "rule" in context else None
    run.note_stages()
    run.ledger.add(
        ScenarioResult(
            feature=context.feature.name if context.feature else "",
            name=scenario.name,
            location=str(scenario.location),
            tags=tuple(str(tag) for tag in scenario.effective_tags),
            status=status_of(
                scenario.status.name if scenario.status else "untested",
                failed_in=failed.step_type if failed else None,
                unseen=world.unseen is not None,
            ),
            seconds=scenario.duration,
            failed_step=f"{failed.keyword} {failed.name}" if failed else None,
            step_type=failed.step_type if failed else None,
            message=(str(world.unseen) if world.unseen else failed.error_message) if failed else None,
            rule=str(rule.name) if rule is not None else None,
            started_at=world.began_at.timestamp(),
        )
    )
    previews = [session.preview_url for session in world.all_sessions]
    run.keeping.hold(previews, run.deployment.info, _say)


def after_all(context: Context) -> None:
    """End with the success criteria, met or not; keep the deployment for a look if that was asked for."""
    if "run" in context:
        run: Run = context.run
        run.look_back(_say)
        _say(summary(run.ledger.results))
        run.keeping.linger(run.deployment.info, _say)


def _leave_out(runner: ReportingRunner, run: Run) -> None:
    """Scenarios that need what the deployment does not offer are not judged, and the ledger says so at once."""
    for feature in runner.features:
        for scenario in feature.walk_scenarios():
            lacks = lacking(map(str, scenario.effective_tags), run.platform.profile.supports.extended)
            if not lacks or not scenario.should_run(runner.config):
                continue
            scenario.mark_skipped()
            run.ledger.add(
                ScenarioResult(
                    feature=feature.name,
                    name=scenario.name,
                    location=str(scenario.location),
                    tags=tuple(str(tag) for tag in scenario.effective_tags),
                    status=NOT_SUPPORTED,
                    seconds=0.0,
                    rule=rule_of(scenario),
                    lacking=lacks,
                )
            )


def _note_cleanup_error(context: Context, cleanup: Callable[[], None], error: Exception) -> None:
    """behave counts it and goes on with the other cleanups; the ledger says what it was."""
    run: Run = context.run
    of_scenario = "scenario" in context
    subject = context.scenario if of_scenario else context.feature if "feature" in context else None
    after = subject.name if subject is not None else "the run"
    unseen = run.unseen(error)
    told = str(unseen) if unseen else f"{type(error).__name__}: {error}"
    run.ledger.cleanup_failed(f"after {after}: {told}", of_scenario=of_scenario, seen=unseen is None)
    context.print_cleanup_error(context, cleanup, error)


@contextmanager
def _looking(context: Context, when: str) -> Iterator[None]:
    """A look outside the scenarios: where it fails, what it was to show is not known, and the ledger says so."""
    run: Run = context.run
    try:
        yield
    except Exception as error:
        unseen = run.unseen(error)
        if run.ledger.lost:
            context.abort(reason=run.ledger.lost[0])
        elif unseen:
            run.ledger.not_observed.append(f"{when}: {unseen}")
            run.ledger.write()
        raise


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
