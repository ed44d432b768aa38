"""behave's outcomes in the words of Cucumber Messages."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from behave.model import Step
from behave.model_type import Status

from acceptance.report.stream import duration

STATUSES = MappingProxyType(
    {
        Status.passed: "PASSED",
        Status.xfailed: "PASSED",
        Status.xpassed: "PASSED",
        Status.pending_warn: "PASSED",
        Status.skipped: "SKIPPED",
        Status.untested: "SKIPPED",
        Status.failed: "FAILED",
        Status.error: "FAILED",
        Status.hook_error: "FAILED",
        Status.cleanup_error: "FAILED",
        Status.undefined: "UNDEFINED",
        Status.untested_undefined: "UNDEFINED",
        Status.pending: "PENDING",
        Status.untested_pending: "PENDING",
    }
)
"""TestStepResultStatus for behave's; `untested` is a step that a dry run or an abort did not reach."""

FINE = frozenset({"PASSED", "SKIPPED"})
"""The statuses that do not fail a run."""

Result = dict[str, Any]


def passed(seconds: float) -> Result:
    """A TestStepResult that passed."""
    return {"status": "PASSED", "duration": duration(seconds)}


def skipped(reason: str | None) -> Result:
    """A TestStepResult of something that was not run, with the reason if one was given."""
    result: Result = {"status": "SKIPPED", "duration": duration(0)}
    return {**result, "message": reason} if reason else result


def failed(seconds: float, error: BaseException, *, told: str | None = None) -> Result:
    """A TestStepResult of an exception; `told` is behave's text for it, where that says more than the exception."""
    text = told or f"{type(error).__name__}: {error}"
    exception = {"type": type(error).__name__, "message": str(error) or text}
    if not isinstance(error, AssertionError) and told and told.startswith("Traceback"):
        exception["stackTrace"] = told.rstrip()
    return {"status": "FAILED", "duration": duration(seconds), "message": text, "exception": exception}


def of_step(step: Step, hook_error: BaseException | None) -> Result:
    """A step's TestStepResult. `hook_error` is what its before_step or after_step hook raised.

    behave empties the message of a step whose hook raised (`Step.run`), so the caller keeps the exception.
    """
    status = STATUSES.get(step.status, "UNKNOWN")
    if status == "FAILED":
        error = hook_error if step.status is Status.hook_error and hook_error else step.exception
        if error is not None:
            return failed(step.duration, error, told=step.error_message or None)
    result: Result = {"status": status, "duration": duration(step.duration)}
    return {**result, "message": step.error_message} if step.error_message else result
