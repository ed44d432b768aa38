"""Several attempts at once, each in a thread of its own; what has ended is kept when the whole is told to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TypeVar

from acceptance.gate.worker_pool import Interruption
from faults.attempt import Ending

LOOK_S = 0.5

T = TypeVar("T")
R = TypeVar("R")


def each(
    items: Iterable[T],
    attempt: Callable[[T, Ending], R | None],
    *,
    jobs: int,
    interruption: Interruption,
    ended: Callable[[R, Sequence[T]], None],
) -> list[R]:
    """Attempt each item, in their order; what came of them, as they ended.

    The first signal has the attempts that run end in good order, the second at once. An attempt that fails ends the
    others, and its failure is raised.

    Args:
        attempt: gives None if it was told to end before it had shown anything.
        ended: called with each result and with the items that are still to come.
    """
    ending, found = Ending(), list[R]()
    with ThreadPoolExecutor(jobs) as threads:
        running = {threads.submit(attempt, item, ending): item for item in items}
        try:
            while running:
                interruption.pause(0)
                if interruption.times:
                    for future in running:
                        future.cancel()
                    ending.asked.set()
                if interruption.times > 1:
                    ending.at_once.set()
                for future in wait(running, LOOK_S, FIRST_COMPLETED).done:
                    running.pop(future)
                    result = None if future.cancelled() else future.result()
                    if result is not None:
                        found.append(result)
                        ended(result, list(running.values()))
        finally:
            for future in running:
                future.cancel()
            ending.asked.set()
    return found
