"""Spans of time on one axis, in seconds: united, cut to a window, taken from each other, measured."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[float, float]
"""From and to. One that ends before it begins is empty."""


def union(spans: Iterable[Span]) -> list[Span]:
    """The same moments as spans that neither touch nor overlap, in their order."""
    united: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united


def within(spans: Iterable[Span], window: Span) -> list[Span]:
    """What of the spans lies in a window, united."""
    return union((max(start, window[0]), min(end, window[1])) for start, end in spans)


def minus(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The moments that are in `spans` and in none of `others`."""
    left = union(spans)
    for start, end in union(others):
        left = [
            piece
            for span in left
            for piece in ((span[0], min(span[1], start)), (max(span[0], end), span[1]))
            if piece[1] > piece[0]
        ]
    return left


def length(spans: Iterable[Span]) -> float:
    """How many seconds the spans cover; a moment in several counts once."""
    return sum(end - start for start, end in union(spans))
