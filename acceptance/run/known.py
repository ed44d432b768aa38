"""What one step brings and later ones read: loud when read too early."""

from __future__ import annotations

from typing import Generic, Self, TypeVar, overload

T = TypeVar("T")


class Known(Generic[T]):
    """An attribute that one step sets and later ones read; reading it before names the step that is missing."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __set_name__(self, _owner: type, name: str) -> None:
        self._key = f"_known_{name}"

    @overload
    def __get__(self, world: None, _owner: type) -> Self: ...
    @overload
    def __get__(self, world: object, _owner: type) -> T: ...
    def __get__(self, world: object | None, _owner: type) -> T | Self:
        if world is None:
            return self
        try:
            found: T = vars(world)[self._key]
        except KeyError:
            raise LookupError(
                f"this scenario has no {self._what} yet: an earlier step must bring one"
            ) from None
        return found

    def __set__(self, world: object, value: T) -> None:
        vars(world)[self._key] = value
