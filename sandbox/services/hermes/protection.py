"""Edit tasks that must not be stopped by a scale-in: those that host a session."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sandbox.services.hermes.capacity import PROTECTION_MIN, Capacity

_RENEWAL_S = PROTECTION_MIN * 60 / 4


class Protection:
    """The protections that this Hermes keeps, each renewed long before ECS ends it. AWS_ERRORS pass through."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._renew_at: dict[str, float] = {}

    def keep(self, arn: str) -> bool:
        """Have a task protected; False where that is not possible any more."""
        if time.monotonic() < self._renew_at.get(arn, 0.0):
            return True
        if arn not in self._capacity.protect([arn]):
            return False
        self._renew_at[arn] = time.monotonic() + _RENEWAL_S
        return True

    def end(self, arns: Iterable[str]) -> None:
        """Let tasks go."""
        ended = list(arns)
        self._capacity.unprotect(ended)
        for arn in ended:
            self._renew_at.pop(arn, None)
