"""A scenario's time line: what is told of it, by whom and when, and how it stays small."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from acceptance.waiting.active_waits import Waits
from acceptance.waiting.trace import LONGEST, MOST, TRACE, Lane, Trace


class Watch:
    """A clock that stands still until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def trace(watch: Watch) -> Trace:
    """That of a scenario which has begun."""
    begun = Trace(watch)
    begun.begin()
    return begun


def told(trace: Trace) -> list[tuple[float, float, str, int]]:
    """When each event began, how long it took, what it was, and how often."""
    return [(event.at_s, event.seconds, event.title, event.times) for event in trace.end()]


def test_outside_a_scenario_nothing_is_kept(watch: Watch) -> None:
    trace = Trace(watch)
    trace.add(Lane.AWS, "early")
    trace.begin()
    assert trace.end() == ()
    trace.add(Lane.AWS, "late")
    assert trace.end() == ()


def test_events_are_told_in_the_order_in_which_they_began(trace: Trace, watch: Watch) -> None:
    watch.now = 105.0
    trace.add(Lane.REQUESTS, "short", since=104.5)
    trace.add(Lane.WAITS, "long", since=101.0)
    assert told(trace) == [(1.0, 4.0, "long", 1), (4.5, 0.5, "short", 1)]


def test_what_comes_again_at_once_is_one_event_and_what_is_otherwise_or_later_another(
    trace: Trace, watch: Watch
) -> None:
    for watch.now in (100.0, 100.5, 101.25, 103.0):
        trace.add(Lane.REQUESTS, "GET /", outcome="200")
    trace.add(Lane.REQUESTS, "GET /", outcome="503", fine=False)
    assert told(trace) == [(0.0, 1.25, "GET /", 3), (3.0, 0.0, "GET /", 1), (3.0, 0.0, "GET /", 1)]


@pytest.mark.parametrize("lane", [Lane.STEPS, Lane.WAITS, Lane.PAGES, Lane.MAIL])
def test_what_is_news_is_told_each_time(trace: Trace, lane: Lane) -> None:
    trace.add(lane, "it is so")
    trace.add(lane, "it is so")
    assert len(trace.end()) == 2


def test_a_state_is_told_when_it_is_new(trace: Trace) -> None:
    for state in ("0", "0", "1", "1", "0"):
        trace.became(Lane.TASKS, "edit", state)
    assert [event.outcome for event in trace.end()] == ["0", "1", "0"]


def test_what_began_before_the_scenario_is_of_it_from_its_begin_on(trace: Trace, watch: Watch) -> None:
    watch.now = 102.0
    trace.add(Lane.WAITS, "of another", since=90.0)
    assert told(trace) == [(0.0, 2.0, "of another", 1)]


def test_an_error_is_the_outcome_and_passes_through(trace: Trace) -> None:
    with pytest.raises(KeyError), trace.during(Lane.AWS, "ECS ListTasks"):
        raise KeyError("gone")
    with trace.during(Lane.AWS, "ECS ListTasks") as event:
        event.outcome = "200"
    assert [(event.outcome, event.fine) for event in trace.end()] == [
        ("KeyError: 'gone'", False),
        ("200", True),
    ]


def test_it_stays_small(trace: Trace) -> None:
    trace.add(Lane.AWS, "x" * 10_000, "y" * 10_000, "z" * 10_000)
    for number in range(MOST + 5):
        trace.add(Lane.STEPS, str(number))
    events = trace.end()
    assert (len(events), trace.left_out) == (MOST, 6)
    assert len(events[0].title) == len(events[0].detail) == len(events[0].outcome) == LONGEST
    trace.begin()
    assert trace.left_out == 0


def test_all_threads_may_tell(trace: Trace) -> None:
    def tell() -> None:
        for _ in range(500):
            trace.add(Lane.AWS, "same")

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.times for event in trace.end()] == [4000]


@pytest.fixture
def begun() -> Iterator[Trace]:
    """The process's own, begun."""
    TRACE.begin()
    yield TRACE
    TRACE.end()


def test_waits_are_told(begun: Trace) -> None:
    with Waits().during("the moon", 0.0):
        pass
    assert [(event.lane, event.title) for event in begun.end()] == [(Lane.WAITS, "the moon")]
