"""The time lines of a run's scenarios as the page shows them: a lane for each kind of event, and a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acceptance.report.head.promises import anchor
from acceptance.results.run_folder import TRACE_FILE, evidence_folder
from acceptance.results.run_results import ScenarioResult
from acceptance.results.scenario_trace import ScenarioTrace
from acceptance.results.text import counted
from acceptance.waiting.trace import Lane, TraceEvent

ROWS_FIRST, ROWS_LAST = 60, 240
"""So many of a long time line's events are shown, of its begin and of its end, where the failure is."""

SHOWN = 40
"""So many time lines a page has room for: when everything fails it must still open."""


@dataclass(frozen=True)
class Bar:
    """An event in its lane: where it begins and how long it is, in per cent of the whole."""

    left: float
    width: float
    fine: bool


@dataclass(frozen=True)
class TimeLine:
    """One scenario's."""

    trace: ScenarioTrace

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return anchor("time-line", self.trace.folder)

    @property
    def seconds(self) -> float:
        """From the scenario's begin to the end of what ended last."""
        return max((event.at_s + event.seconds for event in self.trace.events), default=0.0)

    @property
    def told(self) -> str:
        """How much it is: `failed, 214 events in 31.4 s`."""
        many = counted(sum(event.times for event in self.trace.events), "event")
        return f"{self.trace.head.status}, {many} in {self.seconds:.1f} s"

    @property
    def lanes(self) -> dict[Lane, list[Bar]]:
        """The bars of each lane that has one."""
        whole = self.seconds or 1.0
        found: dict[Lane, list[Bar]] = {}
        for lane in Lane:
            events = [event for event in self.trace.events if event.lane is lane]
            if events:
                found[lane] = [
                    Bar(100 * event.at_s / whole, 100 * event.seconds / whole, event.fine) for event in events
                ]
        return found

    @property
    def in_words(self) -> str:
        """What the lanes show, for whoever cannot see them."""
        lanes = self.lanes.items()
        return ", ".join(f"{lane} {len(bars)}" for lane, bars in lanes) + "; each is in the table below."

    @property
    def first(self) -> Sequence[TraceEvent]:
        """The events of the begin, or all."""
        events = self.trace.events
        return events if len(events) <= ROWS_FIRST + ROWS_LAST else events[:ROWS_FIRST]

    @property
    def last(self) -> Sequence[TraceEvent]:
        """The events of the end, if not all are shown."""
        return self.trace.events[-ROWS_LAST:] if self.first is not self.trace.events else ()

    @property
    def between(self) -> str:
        """What is said in place of those that are not shown, or not kept; empty if there are none."""
        hidden = len(self.trace.events) - len(self.first) - len(self.last)
        lost = self.trace.head.left_out
        told = [f"{counted(hidden, 'row')} more in {self.trace.folder}/{TRACE_FILE}"] if hidden else []
        return "; ".join([*told, *([f"{counted(lost, 'event')} not kept"] if lost else [])])


def time_lines(traces: Sequence[ScenarioTrace]) -> list[TimeLine]:
    """Those that the page shows: of scenarios that did not pass first, then in their order."""
    return [TimeLine(trace) for trace in sorted(traces, key=lambda one: one.head.status == "passed")[:SHOWN]]


def line_of(scenario: ScenarioResult, lines: Sequence[TimeLine]) -> TimeLine | None:
    """The time line of a scenario's result; None if the page has none."""
    named = evidence_folder(scenario.name, scenario.repetition)
    same = [line for line in lines if line.trace.head.location == scenario.location]
    if scenario.repetition:
        same = [line for line in same if line.trace.folder.startswith(named)]
    return same[0] if same else None
