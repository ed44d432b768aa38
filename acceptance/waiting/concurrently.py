"""Calls made at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]]) -> tuple[T, ...]:
    """Make all calls at the same moment, each on a thread of its own, and wait for the last; results in their order.

    Raises:
        Exception: what the first call that failed raised, once all have ended.
    """
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        results = [pool.submit(run, call) for call in calls]
    return tuple(result.result() for result in results)
