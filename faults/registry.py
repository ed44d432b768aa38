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
    `caught_by` are scenario names (an outline by its name as written, with `<...>`): each of them must fail, though a
    run looks no further than the first that does. `clause` are the words of docs/contract.md that are broken.
    `values` says that the fault changes data that sound code reads, and has no code of its own that could be seen to
    run: it takes hold where it is applied.
    """

    name: str
    sentence: str
    part: Part
    caught_by: tuple[str, ...]
    apply: Callable[[], None]
    clause: str = ""
    values: bool = False


FAULTS: dict[str, Fault] = {}
"""Every fault by its name, once `faults.catalogue` is imported."""


def fault(
    sentence: str, *, part: Part, caught_by: tuple[str, ...], clause: str = "", values: bool = False
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter the decorated function as a fault under its own name; ValueError for a name that is taken."""

    def enter(apply: Callable[[], None]) -> Callable[[], None]:
        name = apply.__name__
        if name in FAULTS:
            raise ValueError(f"fault {name!r} is entered twice: rename one of them")
        FAULTS[name] = Fault(name, sentence, part, caught_by, apply, clause, values)
        return apply

    return enter
