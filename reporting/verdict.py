"""The verdict that the report's head begins with, and what it stands on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drivers.ledger import CRITERIA, Criterion, ScenarioResult, verdict
from reporting.run import Results

FINE = frozenset({"passed", "skipped"})
"""The statuses of scenarios that speak against nothing."""

_ALL_MET = f"All {len(CRITERIA)} success criteria are met."


@dataclass
class Outline:
    """What the stream says about the run as a whole; filled message by message with `see`."""

    started: float | None = None
    finished: float | None = None
    success: bool | None = None
    message: str = ""
    errors: list[str] = field(default_factory=list)

    def see(self, message: Mapping[str, Any]) -> None:
        """Take note of one message."""
        if "testRunStarted" in message:
            self.started = _seconds(message["testRunStarted"]["timestamp"])
        elif "testRunFinished" in message:
            finished = message["testRunFinished"]
            self.finished = _seconds(finished["timestamp"])
            self.success = finished["success"]
            self.message = finished.get("message", "")
        elif "parseError" in message:
            self.errors.append(f"{message['parseError']['source']['uri']} {message['parseError']['message']}")
        elif "testRunHookFinished" in message:
            result = message["testRunHookFinished"]["result"]
            if result["status"] != "PASSED":
                self.errors.append(result.get("message", "a hook of the run failed"))


def judge(
    results: Results | None, outline: Outline, gate: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """The verdict and why: the gate's where one has judged, else what the run's own files say.

    `Accepted` needs a finished, successful run that failed in nothing, left nothing behind and met all criteria.

    Args:
        gate: `verdict` of the gate's note: code, word, reasons.
    """
    if gate is None:
        return next(_objections(results, outline), ("Accepted", _ALL_MET))
    word, _, more = str(gate["word"]).capitalize().partition("; ")
    told = [*([more] if more else []), *(str(reason) for reason in gate["reasons"])]
    return word, " ".join(_sentence(reason) for reason in told) or _ALL_MET


def proofs_of(criterion: Criterion, scenarios: Sequence[ScenarioResult]) -> list[ScenarioResult]:
    """The scenarios that ran to prove a criterion."""
    return [s for s in scenarios if criterion.tag in s.tags and s.status != "skipped"]


def _objections(results: Results | None, outline: Outline) -> Iterator[tuple[str, str]]:
    """What speaks against accepting the run, the weightiest first."""
    if outline.success is None or (results is not None and not results.ended):
        yield "Incomplete", "The run ended before it was through."
    scenarios = results.scenarios if results else ()
    failed = [scenario for scenario in scenarios if scenario.status not in FINE]
    if failed:
        yield "Not accepted", f"{len(failed)} of {len(scenarios)} scenarios did not pass."
    if not outline.success:
        yield "Not accepted", _sentence(outline.message or "something outside the scenarios failed")
    if results is not None and (results.cleanup_errors or results.left_behind):
        yield "Not accepted", "What the run had begun was not put away completely."
    if not scenarios:
        yield "Incomplete", "No result of any scenario was found."
    met = Counter(verdict(proofs_of(criterion, scenarios)) for criterion in CRITERIA)["met"]
    if met < len(CRITERIA):
        yield "Passed", f"What ran has passed; it proves {met} of {len(CRITERIA)} success criteria."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _seconds(stamp: Mapping[str, int]) -> float:
    return stamp["seconds"] + stamp["nanos"] / 1e9
