"""The bench's arithmetic: spreads of values, spans of time, what a platform did by its stamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from acceptance.bench.intervals import length, minus, union, within
from acceptance.bench.spread import Spread, spread, spreads
from acceptance.bench.whole_run import PlatformTime, platform_time
from acceptance.drivers.ecs import Task
from acceptance.drivers.session_table import SessionRecord
from acceptance.waiting.errors import NoData

BEGAN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    """So many seconds after the beginning; None stays None."""
    return None if seconds is None else BEGAN + timedelta(seconds=seconds)


def record(created: float, started: float | None, ended: float | None) -> SessionRecord:
    """A session by its stamps, in seconds since the beginning."""
    return SessionRecord(
        session_id="s", user_id="u", client_id="c", thread_id="t", status="active", preview_url=None, instruction=None,
        branch=None, last_commit=None, task_arn=None, container_ip=None, created_at=at(created),
        started_at=at(started), last_activity_at=None, ended_at=at(ended), ttl=None, failure=None,
        raw=MappingProxyType({}),
    )  # fmt: skip


def task(created: float, stopped: float | None) -> Task:
    """A task by its stamps, in seconds since the beginning."""
    return Task(
        arn="a/b", group="service:edit", last_status="RUNNING", desired_status="RUNNING", ip=None,
        created_at=at(created), started_at=None, stopped_at=at(stopped), stop_code=None, stopped_reason=None,
        exec_ready=False,
    )  # fmt: skip


def window(seconds: float) -> tuple[datetime, datetime]:
    """The first so many seconds."""
    return BEGAN, BEGAN + timedelta(seconds=seconds)


def test_the_spread_of_a_series_in_any_order() -> None:
    found = spread([3.0, 1.0, 2.0, 5.0, 4.0])
    assert (found.count, found.least, found.median, found.most) == (5, 1.0, 3.0, 5.0)
    assert found.p95 == pytest.approx(4.8)


def test_the_95th_percentile_of_many_leaves_five_of_a_hundred_above() -> None:
    found = spread(float(number) for number in range(1, 102))
    assert (found.median, found.p95) == (51.0, 96.0)


def test_one_value_is_all_of_its_figures() -> None:
    assert spread([0.5]) == Spread(1, 0.5, 0.5, 0.5, 0.5)


def test_no_values_have_no_figures() -> None:
    with pytest.raises(NoData, match="without values"):
        spread([])


def test_a_key_that_some_lack_is_spread_over_those_that_have_it() -> None:
    found = spreads([{"asked": 0.0, "live": 4.0}, {"asked": 0.0}, {"asked": 0.0, "live": 6.0}])
    assert list(found) == ["asked", "live"]
    assert (found["live"].count, found["live"].median) == (2, 5.0)


def test_spans_that_touch_or_overlap_become_one_and_empty_ones_none() -> None:
    assert union([(5, 6), (0, 2), (2, 3), (11, 14), (12, 13), (9, 9), (8, 7)]) == [(0, 3), (5, 6), (11, 14)]


def test_a_window_cuts_spans_and_drops_those_outside() -> None:
    assert within([(-5, 1), (3, 4), (9, 20), (30, 40)], (0, 10)) == [(0, 1), (3, 4), (9, 10)]


def test_what_is_taken_away_may_split_cover_or_miss() -> None:
    assert minus([(0, 10), (20, 30), (40, 50)], [(2, 3), (4, 5), (19, 31)]) == [
        (0, 2),
        (3, 4),
        (5, 10),
        (40, 50),
    ]
    assert minus([(0, 10)], []) == [(0, 10)]


def test_a_moment_in_several_spans_counts_once() -> None:
    assert length([(0, 4), (3, 5), (10, 11)]) == 6


def test_each_moment_of_a_run_is_one_of_waking_serving_winding_down_and_asleep() -> None:
    found = platform_time(
        [record(10, 14, 20), record(12, 16, 18), record(30, None, 33)],
        [task(10.5, 25), task(31, None)],
        window(40),
    )
    assert found == PlatformTime(waking_s=6 + 3, serving_s=4, winding_down_s=5 + 7, asleep_s=10 + 5)


def test_a_session_that_does_not_end_lasts_as_long_as_the_run() -> None:
    assert platform_time([record(1, 3, None)], [], window(10)) == PlatformTime(2, 7, 0, 1)


def test_what_lies_before_a_run_is_no_part_of_it() -> None:
    assert platform_time([], [task(-50, -10), task(-5, 2)], window(10)) == PlatformTime(0, 0, 2, 8)
