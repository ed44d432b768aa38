"""behave's runner, which tells the formatters that want to know of hooks and cleanups; and its step definitions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from behave.configuration import Configuration
from behave.exception import ConfigError
from behave.formatter.base import Formatter, StreamOpener
from behave.matchers import Match, Matcher
from behave.runner import Context, Runner

from acceptance.report.sources import uri_of
from acceptance.results.verdict import Code

HOOKS = MappingProxyType(
    {
        "before_all": "BEFORE_TEST_RUN",
        "after_all": "AFTER_TEST_RUN",
        "before_feature": None,
        "after_feature": None,
        "before_rule": None,
        "after_rule": None,
        "before_tag": None,
        "after_tag": None,
        "before_scenario": "BEFORE_TEST_CASE",
        "after_scenario": "AFTER_TEST_CASE",
        "before_step": "BEFORE_TEST_STEP",
        "after_step": "AFTER_TEST_STEP",
    }
)
"""behave's hooks and the HookType of each; Cucumber has no type for those of features, rules and tags."""

STEP_HOOKS = frozenset({"before_step", "after_step"})


RUNNER = "acceptance.report.runner:ReportingRunner"


class HookListener(Formatter):
    """A formatter that is told of every hook call and every failed cleanup; ConfigError where no runner tells it."""

    def __init__(self, stream_opener: StreamOpener, config: Configuration) -> None:
        super().__init__(stream_opener, config)
        named: str = getattr(config, "runner", "")
        runner = config.runner_aliases.get(named, named)
        if runner != RUNNER:
            raise ConfigError(f"expected a runner that tells of its hooks, found {runner}; add -r {RUNNER}")

    def begin(self, runner: ReportingRunner) -> None:
        """The formatter is the runner's from now on; called once, before anything else."""

    def hook_started(self, name: str, *, in_scenario: bool) -> None:
        """A hook is about to run."""

    def hook_finished(self, name: str, error: BaseException | None) -> None:
        """The hook has ended, with `error` if it raised."""

    def cleanup_failed(self, name: str, error: BaseException, *, in_scenario: bool) -> None:
        """A cleanup function raised."""


class ReportingRunner(Runner):
    """behave's runner for formatters that want to know of hooks, which behave tells of nothing; `context.runner`.

    `refused` is set by who has said why nothing can be run: behave then ends as the gate does.
    """

    refused = False

    def load_hooks(self, filename: str | None = None) -> None:
        """Have each hook of the project tell when it begins and ends."""
        super().load_hooks(filename)
        for name in HOOKS.keys() & self.hooks.keys():
            self.hooks[name] = self._telling(name, self.hooks[name])

    def run_model(self, features: Any = None) -> bool:
        """Run, once the formatters know their runner; SystemExit if it was refused, for behave knows 0 and 1 alone."""
        self.context.runner = self
        for listener in self._listeners():
            listener.begin(self)
        failed = bool(super().run_model(features))
        if self.refused:
            raise SystemExit(Code.NOT_JUDGED)
        return failed

    def add_formatter(self, formatter: HookListener) -> None:
        """Have one more formatter told of the rest of the run."""
        self.formatters.append(formatter)
        formatter.begin(self)

    def _listeners(self) -> list[HookListener]:
        return [formatter for formatter in self.formatters if isinstance(formatter, HookListener)]

    def _telling(self, name: str, hook: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(hook)
        def told(context: Context, *args: object) -> None:
            # One that the hook itself adds has not heard of its begin.
            listeners, failure = self._listeners(), None
            for listener in listeners:
                listener.hook_started(name, in_scenario="scenario" in context)
            try:
                hook(context, *args)
            except BaseException as error:
                failure = error
                raise
            finally:
                for listener in listeners:
                    listener.hook_finished(name, failure)
                if name == "before_all":
                    # Not earlier: the hook may set a handler of its own.
                    self._tell_of_cleanups()

        return told

    def _tell_of_cleanups(self) -> None:
        """Have behave's handler of cleanup errors, or the project's, called once the listeners know of the error."""
        handler = getattr(self.context, "on_cleanup_error", self.context.print_cleanup_error)

        def failed(context: Context, cleanup: Callable[[], None], error: BaseException) -> None:
            named = getattr(cleanup, "__qualname__", repr(cleanup))
            for listener in self._listeners():
                listener.cleanup_failed(named, error, in_scenario="scenario" in context)
            handler(context, cleanup, error)

        self.context.on_cleanup_error = failed


def hook_source(hook: Callable[..., None]) -> dict[str, Any]:
    """A hook's SourceReference."""
    code = inspect.unwrap(hook).__code__
    return {"uri": uri_of(code.co_filename), "location": {"line": code.co_firstlineno}}


def definition_of(matcher: Matcher) -> dict[str, Any]:
    """A step definition's pattern and SourceReference."""
    location = matcher.location
    expression = type(matcher).__name__.endswith("RegexMatcher")
    return {
        "pattern": {
            "source": matcher.pattern,
            "type": "REGULAR_EXPRESSION" if expression else "CUCUMBER_EXPRESSION",
        },
        "sourceReference": {"uri": uri_of(location.filename), "location": {"line": location.line}},
    }


def arguments_of(match: Match) -> dict[str, Any]:
    """What a step definition took from the sentence, as StepMatchArgumentsList."""
    arguments = []
    for argument in match.arguments or ():
        group = {"start": argument.start, "value": argument.original, "children": []}
        named: Mapping[str, Any] = {"parameterTypeName": argument.name} if argument.name else {}
        arguments.append({"group": {k: v for k, v in group.items() if v is not None}, **named})
    return {"stepMatchArguments": arguments}
