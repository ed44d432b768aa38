"""Chance that a seed repeats: the same calls in the same order meet the same weather."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from typing import TypeVar

Entry = TypeVar("Entry")


class Chance:
    """One kind's own chance; for any thread. What the other kinds draw changes nothing here."""

    def __init__(self, seed: int, kind: str) -> None:
        self._random = random.Random(f"{seed} {kind}")
        self._lock = threading.Lock()

    def between(self, low: float, high: float) -> float:
        """Any amount from `low` to `high`, each as likely."""
        with self._lock:
            return self._random.uniform(low, high)

    def happens(self, share: float) -> bool:
        """True for that share of the times it is asked."""
        with self._lock:
            return self._random.random() < share

    def shuffled(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries in any order."""
        found = list(entries)
        with self._lock:
            self._random.shuffle(found)
        return found
