"""A scenario's time line on the page: its lanes, its rows, and the way from a failure to it."""

from __future__ import annotations

import re

from acceptance.report.head.header import ReportInputs, head
from acceptance.report.head.time_lines import ROWS_FIRST, ROWS_LAST, SHOWN, TimeLine, line_of, time_lines
from acceptance.report.verdict import Outline, verdict_of
from acceptance.results.run_results import Results, ScenarioResult
from acceptance.results.scenario_trace import ScenarioTrace, TraceHead
from acceptance.waiting.trace import Lane, TraceEvent

FAILED = ScenarioResult("Cold start", "It wakes", "features/1.feature:3", (), "failed", 4.0, "Then it is so")
EVENTS = (
    TraceEvent(0.0, 4.0, Lane.STEPS, "Then it is so", outcome="failed", fine=False),
    TraceEvent(1.0, 2.0, Lane.REQUESTS, "GET /<x>", outcome="503", fine=False, times=17),
)


def trace(
    *events: TraceEvent, folder: str = "it_wakes", status: str = "failed", left_out: int = 0
) -> ScenarioTrace:
    """One of that scenario."""
    return ScenarioTrace(
        folder, TraceHead("Cold start", "It wakes", FAILED.location, status, left_out), events
    )


def page(*traces: ScenarioTrace) -> str:
    """The head of a run in which the scenario failed."""
    results, outline = Results((FAILED,), ended=True), Outline(success=False)
    return head(ReportInputs(results, outline, verdict_of(results, outline), traces=traces))


def test_the_lanes_have_a_bar_for_each_event_and_are_told_in_words() -> None:
    line = TimeLine(trace(*EVENTS))
    assert {lane: [(bar.left, bar.width, bar.fine) for bar in bars] for lane, bars in line.lanes.items()} == {
        Lane.STEPS: [(0.0, 100.0, False)],
        Lane.REQUESTS: [(25.0, 50.0, False)],
    }
    assert line.in_words == "Steps 1, Requests 1; each is in the table below."
    assert line.told == "failed, 18 events in 4.0 s"


def test_a_failure_leads_to_its_time_line_and_that_has_a_row_for_each_event() -> None:
    shown = page(trace(*EVENTS))
    (failure,) = re.findall(r'(?s)<li class="cause".*?</li>', shown)
    assert '<a href="#time-line-it-wakes">Second by second</a>' in failure
    (line,) = re.findall(r'(?s)<details class="time-line" id="time-line-it-wakes".*?</details>', shown)
    assert line.count("<tr") == 3
    row = (
        '<tr class="bad"><td>1.00 s</td><td>2.00 s, 17 times</td><td>Requests</td>'
        '<th scope="row">GET /&lt;x&gt;</th><td>503</td></tr>'
    )
    assert row in line
    assert "Second by second" not in page(), "of a run without one nothing is said"


def test_of_a_long_one_begin_and_end_are_shown_and_where_the_rest_is() -> None:
    many = [
        TraceEvent(float(number), 0.0, Lane.PAGES, str(number))
        for number in range(ROWS_FIRST + ROWS_LAST + 5)
    ]
    whole = TimeLine(trace(*many[:-5]))
    assert (len(whole.first), len(whole.last), whole.between) == (ROWS_FIRST + ROWS_LAST, 0, "")
    line = TimeLine(trace(*many, left_out=1))
    assert [line.first[-1].title, line.last[0].title] == [str(ROWS_FIRST - 1), str(ROWS_FIRST + 5)]
    assert line.between == "5 rows more in it_wakes/trace.ndjson; 1 event not kept"
    assert line.between in page(line.trace)


def test_a_page_has_room_for_some_and_first_for_those_that_did_not_pass() -> None:
    passed = [trace(*EVENTS, folder=f"a_{number:03}", status="passed") for number in range(SHOWN)]
    lines = time_lines([*passed, trace(*EVENTS, folder="b")])
    assert (len(lines), lines[0].trace.folder) == (SHOWN, "b")


def test_of_several_times_each_has_its_own() -> None:
    lines = time_lines([trace(*EVENTS, folder=f"it_wakes_{time}_of_2") for time in (1, 2)])
    second = ScenarioResult(**{**vars(FAILED), "repetition": "2 of 2"})
    found = line_of(second, lines)
    assert found is not None
    assert found.trace.folder == "it_wakes_2_of_2"
    assert line_of(ScenarioResult(**{**vars(FAILED), "location": "features/1.feature:9"}), lines) is None
