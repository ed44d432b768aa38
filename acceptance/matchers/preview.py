"""Matchers about what visitors of a preview see over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.preview import Readiness
from acceptance.drivers.session_table import SessionRecord
from acceptance.matchers.answers import is_live, is_waiting_page
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher, free_of, mismatch_of
from acceptance.waiting.sampler import Sample

WAITING = 503
"""What a visitor gets as long as a session is initializing."""


def waiting_then_live() -> Matcher[Sequence[Sample[Answer]]]:
    """First nothing but the waiting page, then nothing but the site, and both were seen."""

    def complaint(series: Sequence[Sample[Answer]]) -> str | None:
        if not series:
            raise NoData("nobody visited the preview, so nothing can be said about what visitors saw")
        arrived = False
        for sample in series:
            live = is_live().matches(sample.value)
            if live and sample is series[0]:
                return f"200 at the very first visit ({sample.at_s:.1f} s): {_words(sample.value)}"
            if (arrived and not live) or not (live or is_waiting_page().matches(sample.value)):
                return f"at {sample.at_s:.1f} s {_neither(sample.value, arrived=arrived)}"
            arrived = arrived or live
        return None if arrived else f"the site at none of {len(series)} visits"

    return free_of("the waiting page at first and then the site", complaint)


def _neither(answer: Answer, *, arrived: bool) -> str:
    """An answer that is out of place, in words: a 503 that is almost the waiting page says what it lacks."""
    if arrived or answer.status != WAITING:
        return f"{answer.status}{' after the site' if arrived else ''}: {_words(answer)}"
    return mismatch_of(is_waiting_page(), answer)


def _words(answer: Answer) -> str:
    return repr(" ".join(answer.text.split())[:120])


def has_update_since(*marks: int) -> Matcher[OpenPage]:
    """An open page that was sent news (an update or a reload) after each of these marks, before the next one."""
    if not marks:
        raise NoData("nothing was asked for, so nothing can be said about what the page was sent")

    def unheard(browser: OpenPage) -> list[int]:
        ends = [*(len(browser.updates(mark)) for mark in marks), 0]
        return [number for number, (mine, later) in enumerate(pairwise(ends), 1) if mine <= later]

    def tell(browser: OpenPage) -> str:
        of_many = f"no news of {unheard(browser)} of {len(marks)}; " if len(marks) > 1 else ""
        closed = "" if browser.is_open else f", connection closed: {browser.closed_because}"
        return f"{of_many}{', '.join(map(str, browser.frames(marks[0]))) or 'no message'}{closed}"

    return DescribedMatcher("a browser that was sent an update", lambda browser: not unheard(browser), tell)


def served_by(record: SessionRecord) -> Matcher[Answer]:
    """A health page of the contract's form, from the task that a session's record names."""
    wanted = {"service": "edit", "sessionId": record.session_id, "taskArn": record.task_arn}

    def holds(answer: Answer) -> bool:
        if answer.status != 200 or not record.task_arn:
            return False
        found = answer.json()
        return isinstance(found, dict) and all(found.get(key) == value for key, value in wanted.items())

    return DescribedMatcher(f"200 with {wanted}", holds, lambda a: f"{a.status} with {a.text[:300]}")


def served_whenever_healthy() -> Matcher[Sequence[Sample[Readiness]]]:
    """Looks of which each that called the session ready was followed by the site, and whose health pages were waiting
    pages before they said 200; if none ever did, NoData is raised.

    A session is `active` only once its target is healthy behind its rule, and healthy only once its preview is served;
    before, its health page is what any page of it is (contract, Routing).
    """

    def early(series: Sequence[Sample[Readiness]]) -> list[Sample[Readiness]]:
        healthy = [sample for sample in series if sample.value.health.status == 200]
        if not healthy:
            raise NoData(
                "the session was never called healthy, so nothing can be said about what visitors got then"
            )
        unserved = [s for s in series if s.value.page is not None and not is_live().matches(s.value.page)]
        waits = [sample for sample in series if sample.at_s < healthy[0].at_s]
        return [s for s in waits if not is_waiting_page().matches(s.value.health)] + unserved

    return DescribedMatcher(
        "the waiting page until the session is called healthy, the site whenever it is called healthy or active",
        lambda series: not early(series),
        lambda series: f"{len(early(series))} times not, first {_unready(early(series)[0])}",
    )


def _unready(sample: Sample[Readiness]) -> str:
    """A look that is out of place, in words; if it was told to wait, what it was told lacks."""
    told = f"at {sample.at_s:.2f} s {sample.value}"
    return told if sample.value.page else f"{told}: {mismatch_of(is_waiting_page(), sample.value.health)}"
