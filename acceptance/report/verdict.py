"""The verdict that the report's head begins with, and what it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acceptance.report.run import Results
from acceptance.results.criteria import ALL, CRITERIA, Row, rows
from acceptance.results.ledger import NOT_OBSERVED

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


def rows_of(results: Results | None) -> tuple[Row, ...]:
    """What a run says of each criterion; of all of them nothing, if it left no results."""
    if results is None:
        return rows((), {}, ())
    return rows(results.scenarios, results.figures, results.tasks)


def _objections(results: Results | None, outline: Outline) -> Iterator[tuple[str, str]]:
    """What speaks against accepting the run, the weightiest first."""
    lost = results.lost if results else ()
    if lost:
        yield "Could not be judged", _sentence(lost[0])
    if outline.success is None or (results is not None and not results.ended):
        yield "Incomplete", "The run ended before it was through."
    scenarios = results.scenarios if results else ()
    failed = [s for s in scenarios if s.status not in FINE and s.status != NOT_OBSERVED]
    if failed:
        yield "Not accepted", f"{len(failed)} of {len(scenarios)} scenarios did not pass."
    for row in rows_of(results):
        if row.excess:
            yield "Not accepted", _sentence(f"{row.criterion.promise}: {row.excess}")
    unseen = [scenario for scenario in scenarios if scenario.status == NOT_OBSERVED]
    if unseen:
        told = f"{len(unseen)} of {len(scenarios)} scenarios could not be observed"
        yield "Could not be judged", _sentence(f"{told}: {unseen[0].message}")
    for sentence in results.not_observed if results else ():
        yield "Could not be judged", _sentence(f"could not be observed: {sentence}")
    if not outline.success:
        yield "Not accepted", _sentence(outline.message or "something outside the scenarios failed")
    if results is not None and (results.cleanup_errors or results.left_behind):
        yield "Not accepted", "What the run had begun was not put away completely."
    if not scenarios:
        yield "Incomplete", "No result of any scenario was found."
    met = {row.criterion for row in rows_of(results) if row.word == "met"}
    if met < set(ALL):
        told = f"{len(met & set(CRITERIA))} of {len(CRITERIA)}"
        yield "Passed", f"What ran has passed; it proves {told} success criteria."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _seconds(stamp: Mapping[str, int]) -> float:
    return stamp["seconds"] + stamp["nanos"] / 1e9
