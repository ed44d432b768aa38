"""Intervals, against figures that others have computed."""

from __future__ import annotations

import pytest

from faults.intervals import at_most, wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(27, 45, 0.4545, 0.7298), (39, 44, 0.7602, 0.9505), (10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775)],
)
def test_the_interval_of_a_share(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_of_nothing_nothing_is_known() -> None:
    assert (wilson(0, 0), at_most(0, 0)) == ((0.0, 1.0), 1.0)


@pytest.mark.parametrize(
    ("hits", "of", "bound"), [(0, 60, 0.0487), (0, 1, 0.95), (1, 60, 0.0766), (60, 60, 1.0)]
)
def test_the_bound_of_a_share(hits: int, of: int, bound: float) -> None:
    assert at_most(hits, of) == pytest.approx(bound, abs=1e-3)


def test_of_none_in_many_it_is_three_by_their_number() -> None:
    assert at_most(0, 1000) == pytest.approx(3 / 1000, rel=0.01)
