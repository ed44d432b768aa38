"""Step definitions and hooks: each is written once, when the run begins or when it is first seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from behave.matchers import Matcher
from behave.model import Step
from behave.step_registry import StepRegistry, registry

from acceptance.report.runner import HOOKS, ReportingRunner, arguments_of, definition_of, hook_source
from acceptance.report.stream import Ids, MessageStream, id_of

CLEANUPS = "cleanups"
"""The name of the hook that stands for behave's cleanup functions, which are no hooks in behave's terms."""


class Definitions:
    """Writes `stepDefinition` and `hook` messages to `stream`; `ids` are for what refers to them."""

    def __init__(self, stream: MessageStream, ids: Ids, runner: ReportingRunner) -> None:
        self.stream = stream
        self.ids = ids
        self._runner = runner
        self._written = set[str]()

    def write_all(self) -> None:
        """Write what is known when the run begins."""
        for matchers in self._registry.steps.values():
            for matcher in matchers:
                self._definition(matcher)
        for name in HOOKS:
            if self.has_hook(name):
                self.hook(name)

    @property
    def _registry(self) -> StepRegistry:
        """The runner's own, once it has one: what is imported late may be another, and empty."""
        return self._runner.step_registry or registry

    def has_hook(self, name: str) -> bool:
        """Whether the project has the hook."""
        return name in self._runner.hooks

    def hook(self, name: str) -> str:
        """The id of a hook, or of what stands for one: `cleanups`, a step that no pickle has."""
        function: Callable[..., None] | None = self._runner.hooks.get(name)
        told = {"type": HOOKS.get(name), "sourceReference": hook_source(function) if function else {}}
        return self._write("hook", id_of("hook", name), name=name, **told)

    def of_step(self, step: Step) -> tuple[str, dict[str, Any]] | None:
        """The id of the definition that behave will take for a step, and the arguments; None when undefined."""
        matcher = self._registry.find_step_definition(step)
        if matcher is None:
            return None
        return self._definition(matcher), arguments_of(matcher.match(step.name))

    def _definition(self, matcher: Matcher) -> str:
        told = definition_of(matcher)
        return self._write("stepDefinition", id_of("step", json.dumps(told)), **told)

    def _write(self, kind: str, id_: str, **fields: Any) -> str:
        """Write what was not written yet; its id."""
        if id_ not in self._written:
            self._written.add(id_)
            self.stream.write(kind, id=id_, **fields)
        return id_
