"""The verdict on a run that no gate has judged, from its results and from what its stream says of it as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from acceptance.results.criteria import rows
from acceptance.results.run_results import FINE, Results
from acceptance.results.verdict import Code, Reason, RunEvidence, Verdict, judge


@dataclass
class Outline:
    """What the stream says about the run as a whole; filled message by message with `see`."""

    started: float | None = None
    finished: float | None = None
    success: bool | None = None
    message: str = ""
    errors: list[str] = field(default_factory=list)
    documents: list[Mapping[str, Any]] = field(default_factory=list)
    """The features, as `gherkinDocument` tells them."""

    def see(self, message: Mapping[str, Any]) -> None:
        """Take note of one message."""
        if "testRunStarted" in message:
            self.started = _seconds(message["testRunStarted"]["timestamp"])
        elif "testRunFinished" in message:
            finished = message["testRunFinished"]
            self.finished = _seconds(finished["timestamp"])
            self.success = finished["success"]
            self.message = finished.get("message", "")
        elif "gherkinDocument" in message:
            self.documents.append(message["gherkinDocument"])
        elif "parseError" in message:
            self.errors.append(f"{message['parseError']['source']['uri']} {message['parseError']['message']}")
        elif "testRunHookFinished" in message:
            result = message["testRunHookFinished"]["result"]
            if result["status"] != "PASSED":
                self.errors.append(result.get("message", "a hook of the run failed"))


def verdict_of(results: Results, outline: Outline) -> Verdict:
    """What is to be said of a run by itself: nobody says what was to run, so all is what proves every criterion."""
    over = outline.success is not None and results.ended
    return judge(
        RunEvidence(
            results,
            selected=(),
            whole=all(row.word == "met" for row in rows(results)),
            least=1,
            about_workers=tuple(_failures(results, outline)),
            interrupted=not over and not results.lost,
        )
    )


def _failures(results: Results, outline: Outline) -> Iterator[Reason]:
    """What failed outside the scenarios, where the results do not tell why."""
    told = results.lost or results.not_observed or results.cleanup_errors
    if outline.success is False and not told and all(one.status in FINE for one in results.scenarios):
        yield Reason(Code.NOT_ACCEPTED, outline.message or "something outside the scenarios failed")


def _seconds(stamp: Mapping[str, int]) -> float:
    return stamp["seconds"] + stamp["nanos"] / 1e9
