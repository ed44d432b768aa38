"""Waits and recorders that cannot look: they accuse nobody, go on while that may help, and end when it cannot."""

from __future__ import annotations

import pytest
from hamcrest import equal_to

from acceptance.waiting import waits
from acceptance.waiting.errors import NotObserved, ViewLost
from acceptance.waiting.sampler import Recorder
from acceptance.waiting.view import View
from acceptance.waiting.waits import NotInTime, stays, wait_until
from tests.acceptance.waiting.test_waits import SECOND, FakeClock, script


def test_a_look_that_saw_nothing_is_followed_by_another() -> None:
    probe = script(NotObserved("throttled"), 0, NotObserved("throttled"), 1)
    assert wait_until(probe, equal_to(1), what="x", within=9 * SECOND, every=SECOND, clock=FakeClock()) == 1


def test_who_saw_nothing_last_accuses_nobody() -> None:
    with pytest.raises(NotObserved, match=r"x could not be observed .*was <0> x 2 .*not seen: throttled"):
        wait_until(
            script(0, 0, NotObserved("throttled")), equal_to(1),
            what="x", within=3 * SECOND, every=SECOND, clock=FakeClock(),
        )  # fmt: skip


def test_what_was_seen_last_accuses_whatever_was_not_seen_before() -> None:
    with pytest.raises(NotInTime, match="not seen: throttled"):
        wait_until(
            script(NotObserved("throttled"), 0), equal_to(1),
            what="x", within=3 * SECOND, every=SECOND, clock=FakeClock(),
        )  # fmt: skip


def test_a_view_that_is_lost_ends_a_wait_at_once() -> None:
    clock = FakeClock()
    with pytest.raises(ViewLost):
        wait_until(
            script(ViewLost("gone")), equal_to(1), what="x", within=9 * SECOND, every=SECOND, clock=clock
        )
    with pytest.raises(ViewLost):
        stays(script(ViewLost("gone")), equal_to(1), what="x", during=9 * SECOND, every=SECOND, clock=clock)
    assert clock.pauses == []


def test_a_wait_looks_no_more_once_the_view_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing = View()
    monkeypatch.setattr(waits, "VIEW", seeing)
    seeing.lose(ViewLost("the sandbox ended"))
    with pytest.raises(ViewLost, match="the sandbox ended"):
        wait_until(lambda: 1, equal_to(1), what="x", within=SECOND)
    with pytest.raises(ViewLost, match="the sandbox ended"):
        stays(lambda: 1, equal_to(1), what="x", during=SECOND)


def test_what_the_suites_own_calls_took_is_not_the_platforms_lateness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, seeing = FakeClock(), View()
    monkeypatch.setattr(waits, "VIEW", seeing)

    def slow_call() -> int:
        clock.pause(9.0)
        seeing.spend(9.0)
        return 1

    assert wait_until(slow_call, equal_to(1), what="x", within=SECOND, every=SECOND, clock=clock) == 1


def test_a_state_that_nobody_could_see_stay_is_no_state_that_changed() -> None:
    with pytest.raises(NotObserved, match="seen only 1 times"):
        stays(
            script(0, NotObserved("throttled")), equal_to(0),
            what="tasks", during=3 * SECOND, every=SECOND, clock=FakeClock(),
        )  # fmt: skip


def test_a_recorder_goes_on_after_a_look_that_saw_nothing() -> None:
    recorder = Recorder(script(NotObserved("throttled"), 1), what="tasks", clock=FakeClock())
    recorder.sample()
    with pytest.raises(NotObserved, match="tasks: nothing was observed; last: NotObserved: throttled"):
        _ = recorder.samples
    recorder.sample()
    assert [sample.value for sample in recorder.samples] == [1]
    assert len(recorder.misses) == 1
