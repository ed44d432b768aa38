"""The formatter: what behave says while it runs becomes Cucumber Messages, each written as it happens."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from behave.configuration import Configuration
from behave.formatter.base import StreamOpener
from behave.matchers import Match
from behave.model import Feature, Scenario, Step

from acceptance.report.definitions import CLEANUPS, Definitions
from acceptance.report.meta import meta
from acceptance.report.runner import STEP_HOOKS, HookListener, ReportingRunner
from acceptance.report.sources import FeatureFile, uri_of, write_feature
from acceptance.report.step_results import failed, passed
from acceptance.report.stream import RUN_ID, Ids, MessageStream, timestamp
from acceptance.report.test_cases import Attempt, write_plan


class Messages(HookListener):
    """behave formatter `acceptance.report.messages:Messages`: Cucumber Messages as NDJSON, live.

    Hooks of scenarios are test steps of their test case, and so are its cleanups; hooks of the run, of features and of
    rules are test run hooks.
    """

    name = "messages"
    description = "Cucumber Messages (NDJSON), written live"

    def __init__(self, stream_opener: StreamOpener, config: Configuration) -> None:
        super().__init__(stream_opener, config)
        self._ids = Ids(secrets.token_hex(4))
        self._out = MessageStream(self.open())
        self._file = FeatureFile("")
        self._attempt: Attempt | None = None
        self._run_hook: str | None = None
        self._began = 0.0
        self._step_hook_error: BaseException | None = None
        self._broken = False
        self._fine = True

    def begin(self, runner: ReportingRunner) -> None:
        """The run begins."""
        self._runner = runner
        self._definitions = Definitions(self._out, self._ids, runner)
        self._out.write("meta", **meta())
        self._out.write("testRunStarted", id=RUN_ID, timestamp=timestamp())
        self._definitions.write_all()

    def feature(self, feature: Feature) -> None:
        """A feature begins: its source, document and pickles are written."""
        uri = uri_of(feature.filename)
        self._file = write_feature(self._out, Path(feature.filename), uri)
        self._broken = self._broken or self._file.broken

    def scenario(self, scenario: Scenario) -> None:
        """A scenario begins, which is also the first that is heard of the end of the one before."""
        last = self._attempt
        again = last is not None and last.plan.scenario is scenario
        self._end_attempt(retried=again)
        pickle = self._file.pickles.get(scenario.location.line)
        if pickle is None:
            return
        if last is not None and again:
            plan, number = last.plan, last.number + 1
        else:
            hooked = scenario.should_run(self.config) and not self.config.dry_run
            number = 0
            plan = write_plan(self._definitions, scenario, pickle, self._file, hooked=hooked)
        self._attempt = Attempt.begin(self._out, plan, self._ids.get_next_id(), number)

    def match(self, match: Match) -> None:  # noqa: ARG002 - behave's signature; the plan has the match already
        """A step begins."""
        self._step_hook_error = None
        if self._attempt:
            self._attempt.step_started()

    def result(self, step: Step) -> None:
        """A step has ended."""
        if self._attempt:
            self._attempt.step_finished(step, self._step_hook_error)

    def embedding(self, mime_type: str, data: bytes | str) -> None:
        """`context.attach`: belongs to the step or hook that runs.

        The media type's parameter `name`, last if there are several, becomes the attachment's file name, which the page
        shows as its title: behave itself gives formatters no name.
        """
        media_type, _, name = mime_type.partition("; name=")
        if self._run_hook:
            self._out.attachment(media_type, data, fileName=name or None, testRunHookStartedId=self._run_hook)
        elif self._attempt:
            self._attempt.attach(media_type, data, name)
        else:
            self._out.attachment(media_type, data, fileName=name or None, testRunStartedId=RUN_ID)

    def eof(self) -> None:
        """A feature has ended."""
        self._end_attempt(retried=False)

    def close(self) -> None:
        """The run has ended, cleanups included."""
        self._end_attempt(retried=False)
        runner = self._runner
        reasons = {
            "the run was aborted": runner.aborted,
            "a feature file could not be told": self._broken,
            "a hook failed": runner.hook_failures > 0,
            "steps are undefined": bool(runner.undefined_steps),
        }
        told = "; ".join(reason for reason, applies in reasons.items() if applies)
        self._out.write(
            "testRunFinished",
            success=self._fine and not told,
            message=told or None,
            timestamp=timestamp(),
            testRunStartedId=RUN_ID,
        )
        self.close_stream()

    def hook_started(self, name: str, *, in_scenario: bool) -> None:
        """A hook is about to run (HookListener)."""
        if name in STEP_HOOKS:
            return
        if in_scenario and self._attempt:
            self._attempt.hook_started(name)
            return
        self._end_attempt(retried=False)
        self._begin_run_hook(name)

    def hook_finished(self, name: str, error: BaseException | None) -> None:
        """The hook has ended (HookListener)."""
        if name in STEP_HOOKS:
            self._step_hook_error = error or self._step_hook_error
        elif self._run_hook:
            self._end_run_hook(error)
        elif self._attempt:
            self._attempt.hook_finished(error)

    def cleanup_failed(self, name: str, error: BaseException, *, in_scenario: bool) -> None:
        """A cleanup function raised (HookListener); one of a feature or of the run is a test run hook that failed."""
        self._fine = False
        if in_scenario and self._attempt:
            self._attempt.begin_cleanups()
            self._attempt.cleanup_errors.append((name, error))
            return
        self._end_attempt(retried=False)
        self._begin_run_hook(CLEANUPS)
        self._end_run_hook(error, told=f"{name}: {type(error).__name__}: {error}")

    def _begin_run_hook(self, name: str) -> None:
        hook = self._definitions.hook(name)
        self._run_hook, self._began = self._ids.get_next_id(), time.monotonic()
        where = {"id": self._run_hook, "testRunStartedId": RUN_ID, "hookId": hook}
        self._out.write("testRunHookStarted", **where, timestamp=timestamp())

    def _end_run_hook(self, error: BaseException | None, *, told: str | None = None) -> None:
        if self._run_hook:
            seconds = time.monotonic() - self._began
            result = failed(seconds, error, told=told) if error else passed(seconds)
            where = {"testRunHookStartedId": self._run_hook, "result": result}
            self._out.write("testRunHookFinished", **where, timestamp=timestamp())
            self._run_hook = None
            self._fine = self._fine and error is None

    def _end_attempt(self, *, retried: bool) -> None:
        if self._attempt:
            self._attempt.finish(retried=retried)
            self._fine = self._fine and (self._attempt.fine or retried)
            self._attempt = None
