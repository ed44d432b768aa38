"""A matcher that is made of what is wrong: it fits where nothing is, and tells all that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from acceptance.waiting.matcher import free_of, mismatch_of, sentence_of


def one_by_one(found: list[int]) -> Iterator[str]:
    yield from (f"{number} is odd" for number in found if number % 2)


def numbers(found: list[int]) -> list[int]:
    return [number for number in found if number % 2]


def the_first(found: list[int]) -> str | None:
    return next(one_by_one(found), None)


@pytest.mark.parametrize(
    ("complaints", "told"),
    [(one_by_one, "1 is odd / 3 is odd"), (numbers, "1 / 3"), (the_first, "1 is odd")],
)
def test_what_is_wrong_is_told_and_nothing_is_fine(
    complaints: Callable[[list[int]], Iterable[object] | str | None], told: str
) -> None:
    even = free_of("even numbers", complaints, between=" / ")
    assert even.matches([2, 4])
    assert not even.matches([1, 2, 3])
    assert mismatch_of(even, [1, 2, 3]) == told
    assert sentence_of(even) == "even numbers"
