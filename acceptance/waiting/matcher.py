"""What the suite's matchers are built of: a sentence, a test, and words for what was found instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

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


def free_of(
    sentence: str, complaints: Callable[[T], Iterable[object] | str | None], *, between: str = "; "
) -> DescribedMatcher[T]:
    """Matches that of which `complaints` has none; else they are told, one or several."""

    def told(item: T) -> str:
        found = complaints(item) or ""
        return found if isinstance(found, str) else between.join(map(str, found))

    return DescribedMatcher(sentence, lambda item: not told(item), told)


def sentence_of(matcher: Matcher[Any]) -> str:
    """What a matcher expects, in words."""
    text = StringDescription()
    matcher.describe_to(text)
    return str(text)


def mismatch_of(matcher: Matcher[T], found: T) -> str:
    """What a matcher that refuses `found` says of it."""
    text = StringDescription()
    matcher.describe_mismatch(found, text)
    return str(text)
