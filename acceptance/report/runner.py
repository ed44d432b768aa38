"""behave's runner seen from a formatter: its hooks, their failures and those of cleanups, step definitions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from behave.exception import ConfigError
from behave.matchers import Match, Matcher
from behave.runner import Context, ModelRunner

from acceptance.report.sources import uri_of

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


class HookListener(Protocol):
    """Told about every hook call and every failed cleanup while it happens."""

    def hook_started(self, name: str, argument: object, *, in_scenario: bool) -> None:
        """A hook is about to run; `argument` is what behave gives it: a tag, a step, a scenario, None."""

    def hook_finished(self, name: str, error: BaseException | None) -> None:
        """The hook has ended, with `error` if it raised."""

    def cleanup_failed(self, name: str, error: BaseException, *, in_scenario: bool) -> None:
        """A cleanup function raised."""


def calling_runner() -> ModelRunner:
    """The behave runner that is at work in the calling thread; ConfigError when there is none.

    behave gives a formatter its configuration but neither runner nor hooks. The runner is found on the call stack:
    `Runner.run_with_paths` makes the formatters, `ModelRunner.run_hook` calls the hooks.
    """
    frame = inspect.currentframe()
    while frame is not None:
        candidate = frame.f_locals.get("self")
        if isinstance(candidate, ModelRunner):
            return candidate
        frame = frame.f_back
    raise ConfigError(
        "expected to be called by behave's runner, found no runner; use this formatter with `behave -f`"
    )


def watch_hooks(runner: ModelRunner, listener: HookListener) -> None:
    """Tell `listener` of every call of every hook from now on, and of cleanups that fail."""
    for name in HOOKS:
        if name in runner.hooks:
            runner.hooks[name] = _watched(name, runner.hooks[name], listener)
    _watch_cleanups(runner.context, listener)


def _watched(name: str, hook: Callable[..., None], listener: HookListener) -> Callable[..., None]:
    @functools.wraps(hook)
    def watched(context: Context, *args: object) -> None:
        listener.hook_started(name, args[0] if args else None, in_scenario="scenario" in context)
        try:
            hook(context, *args)
        except BaseException as error:
            listener.hook_finished(name, error)
            raise
        listener.hook_finished(name, None)
        if name == "before_all":
            # The hook may have set a handler of its own, which would have replaced the listener's.
            _watch_cleanups(context, listener)

    return watched


def _watch_cleanups(context: Context, listener: HookListener) -> None:
    """Add the listener to behave's handler of cleanup errors; the handler that is there is still called."""
    handler: Callable[..., None] = getattr(context, "on_cleanup_error", None) or context.print_cleanup_error
    if listener in getattr(handler, "listeners", ()):
        return

    def failed(failing: Context, cleanup: Callable[[], None], error: BaseException) -> None:
        named = getattr(cleanup, "__qualname__", repr(cleanup))
        listener.cleanup_failed(named, error, in_scenario="scenario" in failing)
        handler(failing, cleanup, error)

    failed.listeners = (*getattr(handler, "listeners", ()), listener)  # type: ignore[attr-defined]
    context.on_cleanup_error = failed


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
