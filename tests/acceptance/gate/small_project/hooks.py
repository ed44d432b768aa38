"""The environment.py of a small project: a run's results and messages, as its features and the environment have them.

`SMALL_LEAVES` in the environment says what the run leaves behind, `SMALL_ENDS_SLOWLY` that it takes its time to end.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from behave.formatter.base import StreamOpener
from behave.model import Scenario, Step
from behave.runner import Context

from acceptance.report.messages import Messages
from acceptance.results.ledger import Ledger
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_results import ScenarioResult, StepTime, status_of
from acceptance.waiting.view import VIEW

LEAVES = os.environ.get("SMALL_LEAVES")


def before_all(context: Context) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    folder = Path(context.config.userdata["reports"])
    RunFacts({"Deployment": "a small one"}).write(folder)
    opener = StreamOpener(filename=str(folder / "messages.ndjson"))
    context.runner.add_formatter(Messages(opener, context.config))
    context.folder, context.ledger = folder, Ledger(folder / "results.json")
    context.ledger.write()

    def put_away() -> None:
        (folder / "put-away").touch()
        if "SMALL_ENDS_SLOWLY" in os.environ:
            threading.Event().wait(4)
        if LEAVES != "no end":
            context.ledger.end(aborted=context.aborted)

    context.add_cleanup(put_away)
    sys.stdout.write("the small platform is up\n")


def before_scenario(_context: Context, scenario: Scenario) -> None:
    if any(tag.startswith("skip") or tag == "bug.rests" for tag in scenario.effective_tags):
        scenario.skip("as its tag says")


def after_step(context: Context, step: Step) -> None:
    if VIEW.lost:
        context.ledger.lose(str(VIEW.lost))
        context.abort()
    context.ledger.steps.append(StepTime(step.name, context.scenario.name, step.duration))


def after_scenario(context: Context, scenario: Scenario) -> None:
    failed = next((step for step in scenario.all_steps if step.status.has_failed()), None)
    if failed:
        evidence = context.folder / scenario.name.lower().replace(" ", "_")
        evidence.mkdir()
        (evidence / "failure.txt").write_text("what it looked like")
    if "bug.forgotten" in scenario.effective_tags:
        return
    assert context.feature is not None
    ended = scenario.status.name if scenario.status else "untested"
    context.ledger.add(
        ScenarioResult(
            feature=context.feature.name,
            name=scenario.name,
            location=str(scenario.location),
            rule=context.rule.name if "rule" in context and context.rule else None,
            tags=tuple(str(tag) for tag in scenario.effective_tags),
            status=status_of(
                ended,
                failed_in=failed.step_type if failed else None,
                unseen=failed is not None and context.aborted,
            ),
            seconds=scenario.duration,
            started_at=time.time(),
            failed_step=f"{failed.keyword} {failed.name}" if failed else None,
            step_type=failed.step_type if failed else None,
            message=failed.error_message if failed else None,
        )
    )


def after_all(context: Context) -> None:
    if LEAVES == "a session":
        context.ledger.left_behind.append("session s-1 is active")
    if LEAVES == "a failed cleanup":
        context.ledger.cleanup_failed("forget: RuntimeError: no", of_scenario=False)
    if LEAVES == "a broken hook":
        raise RuntimeError("after_all broke")
    keep = context.config.userdata.get("keep")
    broken = any(result.status == "failed" for result in context.ledger.scenarios)
    if keep == "always" or (keep == "on-failure" and broken):
        VIEW.keep("{'preview_url': 'https://x'}")
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
