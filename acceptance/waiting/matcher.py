"""The one building block of the suite's matchers: a sentence, a test, and words for what was found instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

T = TypeVar("T")


class DescribedMatcher(BaseMatcher[T]):
    """Matches what `holds` accepts; `mismatch` words what was found."""

    def __init__(self, sentence: str, holds: Callable[[T], bool], mismatch: Callable[[T], str]) -> None:
        self._sentence = sentence
        self._holds = holds
        self._mismatch = mismatch

    def _matches(self, item: T) -> bool:
        return self._holds(item)

    def describe_to(self, description: Description) -> None:
        description.append_text(self._sentence)

    def describe_mismatch(self, item: T, mismatch_description: Description) -> None:
        mismatch_description.append_text(self._mismatch(item))
