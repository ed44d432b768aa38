"""One cause, one row; what is evidence does not stand in the head."""

from __future__ import annotations

import pytest

from acceptance.report.head.causes import LINES, causes, plainly
from acceptance.results.run_results import ScenarioResult


def failed(name: str, message: str | None, status: str = "failed") -> ScenarioResult:
    return ScenarioResult("F", name, f"f.feature:{len(name)}", (), status, 1.0, message=message)


def test_failures_that_differ_in_ids_alone_are_one() -> None:
    found = causes(
        [
            failed("a", "ASSERT FAILED: session s-3f1 is not live within 60 s:\n  saw 503"),
            failed("bb", "ASSERT FAILED: session s-9c2 is not live within 30 s:\n  saw 502"),
            failed("ccc", "ASSERT FAILED: session s-3f1 is not live within 60 s:\n  saw 503", "error"),
            failed("dddd", "ASSERT FAILED: no mail to anna@customers.example"),
        ]
    )
    assert [[each.name for each in cause.scenarios] for cause in found] == [["a", "bb"], ["ccc"], ["dddd"]]
    assert found[0].told == "ASSERT FAILED: session s-3f1 is not live within 60 s:\n  saw 503"
    assert found[0].whole == ""


def test_what_says_nothing_is_like_nothing_else() -> None:
    assert len(causes([failed("a", None), failed("bb", None), failed("ccc", "")])) == 3


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            'Traceback (most recent call last):\n  File "x.py", line 3, in f\n    g()\nConnectionError: no answer',
            "ConnectionError: no answer",
        ),
        (
            'Traceback (most recent call last):\n  File "a"\nOSError: x\n\nThe above exception was the direct cause of '
            'the following exception:\n\nTraceback (most recent call last):\n  File "b"\nNotInTime: preview not live',
            "NotInTime: preview not live",
        ),
        (
            "saw arn:aws:ecs:eu-west-1:***:task/live-preview/4f2a, then no more",
            "saw 4f2a, then no more",
        ),
        (
            'saw {"sessionId": "s-1", "status": "failed", "reason": "none"} at the end',
            "saw {...} at the end",
        ),
        ("expected []\nsaw [1, 2]", "expected []\nsaw [1, 2]"),
    ],
)
def test_tracebacks_arns_and_json_are_left_out(written: str, told: str) -> None:
    assert plainly(written) == told
    (cause,) = causes([failed("a", written)])
    assert cause.whole == ("" if written == told else written)


def test_a_long_story_is_cut() -> None:
    assert plainly("\n".join(map(str, range(100)))).splitlines() == [*map(str, range(LINES)), "..."]
