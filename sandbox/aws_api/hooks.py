"""Replacing what the control plane answers, and putting it back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

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


def without_nulls(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of moto's whose answer is JSON (a text, or the last of a tuple) without nulls: AWS leaves them out."""

    @wraps(method)
    def answer(self: Any, *given: Any, **named: Any) -> Any:
        found = method(self, *given, **named)
        if isinstance(found, str):
            return json.dumps(_present(json.loads(found)))
        return (*found[:-1], json.dumps(_present(json.loads(found[-1]))))

    return answer


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _present(inner) for name, inner in value.items() if inner is not None}
    return [_present(inner) for inner in value] if isinstance(value, list) else value
