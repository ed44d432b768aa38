"""A scenario as a test case: the plan that is written before it runs, and one attempt at it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from behave.model import Scenario, Step

from acceptance.report.definitions import CLEANUPS, Definitions
from acceptance.report.sources import FeatureFile
from acceptance.report.step_results import FINE, Result, failed, of_step, passed, skipped
from acceptance.report.stream import RUN_ID, MessageStream, timestamp

_BEFORE = ("before_tag", "before_scenario")
_AFTER = ("after_scenario", "after_tag")


@dataclass(frozen=True)
class Plan:
    """A `testCase`: the ids of its test steps. Hooks are (name, id) in the order in which behave calls them."""

    id: str
    scenario: Scenario
    steps: tuple[Step, ...]
    step_ids: tuple[str, ...]
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]


def write_plan(
    definitions: Definitions,
    scenario: Scenario,
    pickle: Mapping[str, Any],
    file: FeatureFile,
    *,
    hooked: bool,
) -> Plan:
    """Write a scenario's `testCase`, with a `suggestion` for each undefined step.

    Args:
        hooked: whether behave calls hooks for this scenario: it is selected and this is no dry run.
    """
    stream, ids = definitions.stream, definitions.ids
    steps = tuple(scenario.all_steps)
    by_line = file.pickle_steps(pickle)
    before, after = (_hooks(definitions, scenario, names) if hooked else () for names in (_BEFORE, _AFTER))
    if hooked:
        after = (*after, (CLEANUPS, ids.get_next_id()))
    test_steps = []
    for step in steps:
        pickle_step = by_line.get(step.location.line)
        test_steps.append(_test_step(definitions, step, pickle_step))
        if pickle_step and not test_steps[-1]["stepDefinitionIds"]:
            snippet = {"language": "python", "code": _snippet(step)}
            stream.write("suggestion", id=ids.get_next_id(), pickleStepId=pickle_step, snippets=[snippet])
    plan_id = ids.get_next_id()
    around = [
        [{"id": id_, "hookId": definitions.hook(name)} for name, id_ in hooks] for hooks in (before, after)
    ]
    stream.write(
        "testCase",
        id=plan_id,
        pickleId=pickle["id"],
        testSteps=[*around[0], *test_steps, *around[1]],
        testRunStartedId=RUN_ID,
    )
    return Plan(plan_id, scenario, steps, tuple(step["id"] for step in test_steps), before, after)


def _hooks(definitions: Definitions, scenario: Scenario, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """One test step per call that behave will make: a tag's hook is called once per tag of the scenario itself."""
    calls = [name for name in names for _ in range(len(scenario.tags) if name.endswith("_tag") else 1)]
    return tuple((name, definitions.ids.get_next_id()) for name in calls if definitions.has_hook(name))


def _test_step(definitions: Definitions, step: Step, pickle_step: str | None) -> dict[str, Any]:
    if pickle_step is None:
        # A scenario without steps of its own runs its Background in behave and has no steps at all in its pickle.
        named = f"{step.keyword} {step.name}"
        return {"id": definitions.ids.get_next_id(), "hookId": definitions.hook(named)}
    found = definitions.of_step(step)
    return {
        "id": definitions.ids.get_next_id(),
        "pickleStepId": pickle_step,
        "stepDefinitionIds": [found[0]] if found else [],
        "stepMatchArgumentsLists": [found[1]] if found else [],
    }


def _snippet(step: Step) -> str:
    return (
        f"@{step.step_type}({step.name!r})\n"
        "def step_impl(context: Context) -> None:\n"
        "    raise NotImplementedError"
    )


@dataclass
class Attempt:
    """One run of a test case, from `testCaseStarted` to `testCaseFinished`. Made by `begin`."""

    stream: MessageStream
    plan: Plan
    id: str
    number: int
    fine: bool = True
    cleanup_errors: list[tuple[str, BaseException]] = field(default_factory=list)
    _done: set[str] = field(default_factory=set)
    _current: str | None = None
    _began: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, stream: MessageStream, plan: Plan, id_: str, number: int) -> Attempt:
        """Write `testCaseStarted`; `number` counts from 0."""
        stream.write("testCaseStarted", id=id_, testCaseId=plan.id, attempt=number, timestamp=timestamp())
        return cls(stream, plan, id_, number)

    def hook_started(self, name: str) -> None:
        """The next call of a hook begins; one after the steps settles first what did not run."""
        after = self._waiting(self.plan.after, name)
        if after:
            self._settle_steps()
        self._start(after or self._waiting(self.plan.before, name))

    def hook_finished(self, error: BaseException | None) -> None:
        """The hook that began has ended."""
        seconds = self._seconds()
        self._finish(self._current, failed(seconds, error) if error else passed(seconds))

    def step_started(self) -> None:
        """The next step begins."""
        self._start(next((id_ for id_ in self.plan.step_ids if id_ not in self._done), None))

    def step_finished(self, step: Step, hook_error: BaseException | None) -> None:
        """The step that began has ended."""
        self._finish(self._current, of_step(step, hook_error))

    def attach(self, media_type: str, data: bytes | str, name: str) -> None:
        """Attach to what runs now; what comes between steps and the end belongs to the cleanups."""
        if self._current is None:
            self.begin_cleanups()
        where = {"testCaseStartedId": self.id, "testStepId": self._current}
        self.stream.attachment(media_type, data, fileName=name or None, **where)

    def begin_cleanups(self) -> None:
        """The scenario's cleanup functions run, all hooks are behind; does nothing when they run already."""
        if self._current is None:
            self._settle_steps()
            self._settle(self.plan.after[:-1])
            self._start(self._waiting(self.plan.after, CLEANUPS))

    def finish(self, *, retried: bool) -> None:
        """Settle what did not run and write `testCaseFinished`."""
        self._settle(self.plan.before)
        self._settle_steps()
        if self.plan.after:
            self.begin_cleanups()
            self._finish(self._current, self._cleaned())
        self.stream.write(
            "testCaseFinished", testCaseStartedId=self.id, timestamp=timestamp(), willBeRetried=retried
        )

    def _cleaned(self) -> Result:
        """The cleanups' result: the first error is the exception, the message has all."""
        if not self.cleanup_errors:
            return passed(self._seconds())
        told = "\n".join(f"{name}: {type(error).__name__}: {error}" for name, error in self.cleanup_errors)
        return failed(self._seconds(), self.cleanup_errors[0][1], told=told)

    def _settle_steps(self) -> None:
        """Write the steps that behave passed over: skipped, or undefined, which it looks up without running them."""
        for step, id_ in zip(self.plan.steps, self.plan.step_ids, strict=True):
            if id_ not in self._done:
                result = of_step(step, None)
                if result["status"] == "SKIPPED":
                    result = skipped(self.plan.scenario.skip_reason)
                self._start(id_)
                self._finish(id_, result)

    def _settle(self, hooks: Iterable[tuple[str, str]]) -> None:
        for _, id_ in hooks:
            if id_ not in self._done:
                self._start(id_)
                self._finish(id_, skipped(None))

    def _waiting(self, hooks: Iterable[tuple[str, str]], name: str) -> str | None:
        return next((id_ for hook, id_ in hooks if hook == name and id_ not in self._done), None)

    def _start(self, step_id: str | None) -> None:
        self._current = step_id
        self._began = time.monotonic()
        if step_id:
            where = {"testCaseStartedId": self.id, "testStepId": step_id}
            self.stream.write("testStepStarted", **where, timestamp=timestamp())

    def _finish(self, step_id: str | None, result: Result) -> None:
        self._current = None
        self.fine = self.fine and result["status"] in FINE
        if step_id:
            self._done.add(step_id)
            where = {"testCaseStartedId": self.id, "testStepId": step_id}
            self.stream.write("testStepFinished", **where, testStepResult=result, timestamp=timestamp())

    def _seconds(self) -> float:
        return time.monotonic() - self._began
