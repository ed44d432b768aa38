"""What the doctor says, and what it looks at to say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a deployment or its profile, and what to do about it."""

    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.what} -> {self.todo}"


@dataclass(frozen=True)
class Look(Generic[T]):
    """One thing to look at: how it is read, and what is found wrong with what was read."""

    subject: str
    read: Callable[[], T]
    findings: Callable[[T], Iterable[Finding]]
    todo: str
    """What to do where it cannot be read since it is not there."""
    part_of: tuple[str, ...] = ()
    """The subjects without which it cannot be there: their absence is told, and not this one's."""
    decides: bool = False
    """What it finds is all that is told: the rest would be said of something else."""


def nothing(_seen: object) -> tuple[Finding, ...]:
    """The findings of a look for which it is enough that there is something to read."""
    return ()
