"""Replacing what the control plane answers, and putting it back."""

from __future__ import annotations

import threading
from collections.abc import Callable

_MISSING = object()


class Hooks:
    """Attributes of moto's classes replaced by ours; `remove` restores them in reverse order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._undo: list[tuple[type, str, object]] = []

    def replace(self, owner: type, name: str, function: Callable[..., object]) -> None:
        """Set `owner.name`, which need not exist: moto serves every method that has an API action's name."""
        with self._lock:
            self._undo.append((owner, name, vars(owner).get(name, _MISSING)))
            setattr(owner, name, function)

    def remove(self) -> None:
        """Put every replaced attribute back; again is no error."""
        with self._lock:
            while self._undo:
                owner, name, before = self._undo.pop()
                if before is _MISSING:
                    delattr(owner, name)
                else:
                    setattr(owner, name, before)
