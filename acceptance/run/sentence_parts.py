"""Parts of a sentence that stand for something: `{who:Starter}` in a step takes the words that `Starter` declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from behave.matchers import get_step_matcher_factory

T = TypeVar("T")


def part(name: str, pattern: str) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Declare a part of that name by the words it takes: a regular expression whose groups capture nothing.

    The function decorated makes of the words what the step is handed.
    """

    def declare(read: Callable[[str], T]) -> Callable[[str], T]:
        # This is where behave's `parse` looks for it.
        vars(read)["pattern"] = pattern
        get_step_matcher_factory().register_type(**{name: read})
        return read

    return declare


def one_of(name: str, meanings: Mapping[str, T]) -> None:
    """Declare a part that takes the keys of a table, and no other words; the step is handed what stands there."""
    # The longest first: a shorter one may begin a longer one.
    words = sorted(meanings, key=len, reverse=True)
    part(name, "|".join(map(re.escape, words)))(lambda found: meanings[found])
