"""The one wait, its opposite, and the recorder, on a clock of our own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hamcrest import equal_to, greater_than

from acceptance.waiting.active_waits import WAITS, Waits
from acceptance.waiting.errors import NoData, Unreachable
from acceptance.waiting.sampler import Recorder
from acceptance.waiting.waits import (
    LAST_LOOK_S,
    Deadline,
    DidNotStay,
    NeverWill,
    NotInTime,
    stays,
    wait_until,
)

SECOND = timedelta(seconds=1)


class FakeClock:
    """Time passes only when someone pauses or a probe says so."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds


def script(*answers: object) -> Callable[[], object]:
    """A probe that gives these answers, the last one for ever; exceptions are raised."""
    coming: Iterator[object] = iter(answers)
    last: list[object] = []

    def probe() -> object:
        answer = next(coming, last[0] if last else None)
        last[:] = [answer]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return probe


def test_returns_the_observation_that_matched() -> None:
    clock = FakeClock()
    found = wait_until(
        script(1, 2, 7), greater_than(5), what="x", within=10 * SECOND, every=SECOND, clock=clock
    )
    assert found == 7
    assert clock.now() == 1002


def test_the_last_look_falls_at_the_deadline() -> None:
    clock = FakeClock()
    looks: list[float] = []

    def probe() -> int:
        looks.append(clock.now() - 1000)
        return 0

    with pytest.raises(NotInTime):
        wait_until(probe, equal_to(1), what="x", within=timedelta(seconds=2.5), every=SECOND, clock=clock)
    assert looks == [0, 1, 2, 2.5]


def test_a_match_that_comes_after_the_deadline_is_no_match() -> None:
    clock = FakeClock()

    def slow() -> int:
        clock.time += 5 + LAST_LOOK_S + 0.1
        return 1

    with pytest.raises(NotInTime, match="too late"):
        wait_until(slow, equal_to(1), what="x", within=5 * SECOND, clock=clock)


def test_the_failure_tells_the_story() -> None:
    clock = FakeClock()
    probe = script(Unreachable("connection refused"), Unreachable("connection refused"), 503, 503, 503, 404)
    with pytest.raises(NotInTime) as failure:
        wait_until(
            probe, equal_to(200), what="preview of session s-3f", within=6 * SECOND, every=SECOND,
            transient=(Unreachable,), evidence="reports/latest/cold_start_12", clock=clock,
        )  # fmt: skip
    assert str(failure.value) == (
        "preview of session s-3f not within 6 s (7 looks): expected <200>; "
        "saw Unreachable: connection refused x 2 (0.0-1.0 s), was <503> x 3 (2.0-4.0 s), was <404> x 2 (5.0-6.0 s); "
        "evidence in reports/latest/cold_start_12"
    )


def test_a_story_of_many_answers_keeps_its_first_and_last() -> None:
    with pytest.raises(NotInTime) as failure:
        wait_until(
            script(*range(100, 150)),
            equal_to(1),
            what="x",
            within=49 * SECOND,
            every=SECOND,
            clock=FakeClock(),
        )
    assert "was <100>" in str(failure.value)
    assert "was <149>" in str(failure.value)
    assert "42 other answers" in str(failure.value)


def test_stability_counts_matches_in_a_row() -> None:
    clock = FakeClock()
    probe = script(1, 1, 0, 1, Unreachable("gone"), 1, 1, 1)
    wait_until(
        probe,
        equal_to(1),
        what="x",
        within=60 * SECOND,
        every=SECOND,
        steadily=3,
        transient=(Unreachable,),
        clock=clock,
    )
    assert clock.now() == 1007


def test_stability_that_is_not_reached_fails() -> None:
    with pytest.raises(NotInTime, match="3 times in a row"):
        wait_until(
            script(1, 0, 1, 1),
            equal_to(1),
            what="x",
            within=3 * SECOND,
            every=SECOND,
            steadily=3,
            clock=FakeClock(),
        )


def test_a_permanent_failure_ends_the_wait_at_once() -> None:
    clock = FakeClock()
    with pytest.raises(
        NeverWill, match=r"never will: 'failed'.*was 'starting' \(0.0 s\), was 'failed' \(1.0 s\)"
    ):
        wait_until(
            script("starting", "failed"), equal_to("active"), what="session", within=60 * SECOND, every=SECOND,
            fatal=equal_to("failed"), clock=clock,
        )  # fmt: skip
    assert clock.now() == 1001


def test_errors_that_were_not_named_pass_through_with_the_story() -> None:
    with pytest.raises(KeyError) as failure:
        wait_until(
            script(0, KeyError("x")), equal_to(1), what="thing", within=9 * SECOND, clock=FakeClock(),
            transient=(Unreachable,),
        )  # fmt: skip
    assert "thing could not be observed" in failure.value.__notes__[0]


def test_a_probe_that_asks_for_it_gets_the_deadline() -> None:
    clock = FakeClock()
    left: list[float] = []

    def probe(deadline: Deadline) -> int:
        left.append(deadline.left_s(at_most=2.5))
        return 0

    with pytest.raises(NotInTime):
        wait_until(probe, equal_to(1), what="x", within=3 * SECOND, every=SECOND, clock=clock)
    assert left == [2.5, 2, LAST_LOOK_S, LAST_LOOK_S]


def test_stays_looks_for_the_whole_window() -> None:
    clock = FakeClock()
    assert stays(script(5), equal_to(5), what="x", during=3 * SECOND, every=SECOND, clock=clock) == 5
    assert clock.now() == 1003


def test_stays_ends_with_the_first_look_that_does_not_match() -> None:
    clock = FakeClock()
    with pytest.raises(DidNotStay, match=r"tasks did not stay so for 9 s \(3 looks\).*was <1> \(2.0 s\)"):
        stays(script(0, 0, 1, 0), equal_to(0), what="tasks", during=9 * SECOND, every=SECOND, clock=clock)


def test_stays_needs_looks_to_stand_on() -> None:
    with pytest.raises(NoData, match="seen only 0 times"):
        stays(
            script(Unreachable("down")), equal_to(0), what="tasks", during=3 * SECOND, every=SECOND,
            transient=(Unreachable,), clock=FakeClock(),
        )  # fmt: skip


def test_a_recorder_keeps_a_series_and_its_changes() -> None:
    clock = FakeClock()
    recorder = Recorder(
        script(0, 0, 1, Unreachable("gone"), 1, 0), what="tasks", transient=(Unreachable,), clock=clock
    )
    for _ in range(6):
        recorder.sample()
        clock.pause(1)
    assert [(s.at_s, s.value) for s in recorder.samples] == [(0, 0), (1, 0), (2, 1), (4, 1), (5, 0)]
    assert [(s.at_s, s.value) for s in recorder.changes] == [(0, 0), (2, 1), (5, 0)]
    assert [s.value for s in recorder.misses] == ["Unreachable: gone"]


def test_a_recorder_over_no_data_raises() -> None:
    recorder = Recorder(script(Unreachable("down")), what="visits", transient=(Unreachable,))
    recorder.sample()
    with pytest.raises(NoData, match="visits: nothing was observed; last: Unreachable: down"):
        _ = recorder.samples


def test_a_recorder_samples_in_its_thread_until_stopped() -> None:
    enough = threading.Event()
    seen: list[int] = []

    def probe() -> int:
        seen.append(len(seen))
        if len(seen) >= 5:
            enough.set()
        return len(seen)

    with Recorder(probe, what="x", every=timedelta(milliseconds=1)) as recorder:
        assert enough.wait(10)
    taken = len(recorder.samples)
    assert taken >= 5
    assert not [t for t in threading.enumerate() if t.name == "recorder: x"]


def test_an_error_in_the_recorders_thread_surfaces_on_stop() -> None:
    failed = threading.Event()
    calls: list[int] = []

    def probe() -> int:
        calls.append(1)
        if len(calls) == 2:
            failed.set()
            raise ValueError("broken once")
        return 0

    recorder = Recorder(probe, what="x", every=timedelta(milliseconds=1)).start()
    assert failed.wait(10)
    with pytest.raises(ValueError, match="broken once"):
        recorder.stop()


def test_a_wait_is_published_for_as_long_as_it_lasts() -> None:
    seen: list[tuple[str, ...]] = []

    def probe() -> int:
        seen.append(tuple(wait.what for wait in WAITS.now()))
        return len(seen)

    wait_until(probe, equal_to(2), what="the outer", within=9 * SECOND, clock=FakeClock())
    stays(probe, greater_than(2), what="the window", during=SECOND, every=SECOND, clock=FakeClock())
    with pytest.raises(NotInTime):
        wait_until(probe, equal_to(0), what="in vain", within=SECOND, every=SECOND, clock=FakeClock())
    assert seen == [("the outer",)] * 2 + [("the window",)] * 2 + [("in vain",)] * 2
    assert WAITS.now() == ()


def test_of_waits_within_each_other_the_outermost_is_told_and_the_main_threads_comes_first() -> None:
    waits, begun, done = Waits(), threading.Event(), threading.Event()

    def beside() -> None:
        with waits.during("beside", 1.0):
            begun.set()
            done.wait(10)

    thread = threading.Thread(target=beside)
    thread.start()
    assert begun.wait(10)
    with waits.during("outer", 5.0), waits.during("inner", 6.0):
        assert [(wait.what, wait.since) for wait in waits.now()] == [("outer", 5.0), ("beside", 1.0)]
    done.set()
    thread.join()
    assert waits.now() == ()
