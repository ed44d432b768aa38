"""What a fault is, and the one list of them. The entries stand in the modules named after the features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Part = Literal["session_api", "hermes", "edit", "sandbox"]


@dataclass(frozen=True)
class Fault:
    """One way in which the platform can be broken, and the scenarios that must notice.

    `sentence` says it to a product owner. `part` is the process in which `apply` runs before the part starts.
    `caught_by` are scenario names (an outline by its name as written, with `<...>`): each of them must fail.
    """

    name: str
    sentence: str
    part: Part
    caught_by: tuple[str, ...]
    apply: Callable[[], None]


FAULTS: dict[str, Fault] = {}


def fault(
    sentence: str, *, part: Part, caught_by: tuple[str, ...]
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter the decorated function as a fault under its own name; ValueError for a name that is taken."""

    def enter(apply: Callable[[], None]) -> Callable[[], None]:
        name = apply.__name__
        if name in FAULTS:
            raise ValueError(f"fault {name!r} is entered twice: rename one of them")
        FAULTS[name] = Fault(name, sentence, part, caught_by, apply)
        return apply

    return enter
