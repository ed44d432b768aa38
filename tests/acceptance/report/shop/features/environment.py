"""The shop's hooks, each of which can break; after the run `told.json` has behave's own model of it."""

from __future__ import annotations

import json
from pathlib import Path

from behave.model import Feature, Scenario, Step
from behave.runner import Context


def before_all(context: Context) -> None:
    context.config.setup_logging()


def before_feature(context: Context, _feature: Feature) -> None:
    context.attach("text/plain", b"from before_feature")


def before_tag(_context: Context, _tag: str) -> None:
    pass


def before_scenario(context: Context, scenario: Scenario) -> None:
    if "skip_me" in scenario.tags:
        scenario.skip("not today")
    if "break_before" in scenario.tags:
        raise RuntimeError("before_scenario broke")
    if "break_cleanup" in scenario.tags:

        def tidy_up() -> None:
            raise RuntimeError("the cleanup broke")

        context.add_cleanup(tidy_up)


def after_step(context: Context, step: Step) -> None:
    if step.status.has_failed():
        context.attach("application/json", b'{"seen": "in after_step"}')
    if "break_step" in context.tags:
        raise RuntimeError("after_step broke")


def after_scenario(context: Context, scenario: Scenario) -> None:
    context.attach("text/plain", b"from after_scenario")
    if "break_after" in scenario.tags:
        raise RuntimeError("after_scenario broke")


def after_all(context: Context) -> None:
    told = [
        [s.name, s.status.name, [(t.status.name, t.name) for t in s.all_steps]]
        for feature in context.runner.features
        for s in feature.walk_scenarios()
        if "left_out" not in s.tags
    ]
    Path("told.json").write_text(json.dumps(told))
