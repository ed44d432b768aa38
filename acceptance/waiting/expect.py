"""`expect`: the assertion of the suite. It demands a matcher and a reason, so none passes by mistake."""

from __future__ import annotations

from typing import TypeVar

from hamcrest.core.matcher import Matcher

from acceptance.waiting.matcher import mismatch_of, sentence_of

T = TypeVar("T")


def expect(actual: T, matcher: Matcher[T], reason: str) -> T:
    """Return `actual` if `matcher` accepts it.

    PyHamcrest's own `assert_that("a", "b")` passes: its second argument becomes the reason.

    Raises:
        AssertionError: it does not; the message has reason, expectation and mismatch.
        TypeError: `matcher` is no matcher.
    """
    if not isinstance(matcher, Matcher):
        raise TypeError(f"expect() needs a matcher, not {matcher!r}: wrap a plain value in equal_to()")
    if matcher.matches(actual):
        return actual
    raise AssertionError(
        f"{reason}\n  expected: {sentence_of(matcher)}\n  but: {mismatch_of(matcher, actual)}"
    )
