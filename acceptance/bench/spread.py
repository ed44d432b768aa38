"""How measured values lie: median, 95th percentile, and the two ends."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from acceptance.waiting.errors import NoData


@dataclass(frozen=True)
class Spread:
    """The figures of a series, in the unit of its values."""

    count: int
    least: float
    median: float
    p95: float
    most: float


def spread(values: Iterable[float]) -> Spread:
    """The figures of a series; percentiles lie between the two neighbours where they fall between (inclusive method).

    Raises:
        NoData: the series is empty, so it has no figures.
    """
    series = sorted(values)
    if not series:
        raise NoData("a series without values has no median: was anything measured?")
    return Spread(len(series), series[0], statistics.median(series), _p95(series), series[-1])


def spreads(series: Iterable[Mapping[str, float]]) -> dict[str, Spread]:
    """The spread of each key over all mappings that have it, keys in the order in which they first come."""
    found: dict[str, list[float]] = {}
    for values in series:
        for key, value in values.items():
            found.setdefault(key, []).append(value)
    return {key: spread(values) for key, values in found.items()}


def _p95(series: Sequence[float]) -> float:
    if len(series) == 1:
        return series[0]
    return statistics.quantiles(series, n=20, method="inclusive")[-1]
