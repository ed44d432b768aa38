"""Parts of a sentence that stand for something: `{who:Starter}` in a step takes the words that `Starter` declares."""

from __future__ import annotations

from collections.abc import Callable
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
