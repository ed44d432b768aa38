"""Matchers about what visitors of a preview see over time."""

from __future__ import annotations

from collections.abc import Sequence

from hamcrest.core.matcher import Matcher

from drivers.errors import NoData
from drivers.facts import Fact
from drivers.hmr import HmrSocket
from drivers.matchers import is_live, is_waiting_page
from drivers.recorder import Sample
from drivers.records import Record
from drivers.web import Answer


def waiting_then_live() -> Matcher[Sequence[Sample[Answer]]]:
    """First nothing but the waiting page, then nothing but the site; a series that lacks one of them is no proof."""

    def wrong(series: Sequence[Sample[Answer]]) -> Sample[Answer] | None:
        arrived = False
        for sample in series:
            live = is_live().matches(sample.value)
            if (arrived and not live) or (not live and not is_waiting_page().matches(sample.value)):
                return sample
            arrived = arrived or live
        if not arrived or is_live().matches(series[0].value):
            raise NoData(
                f"{len(series)} visits, but not one saw the {'site' if not arrived else 'waiting page'}"
            )
        return None

    def tell(series: Sequence[Sample[Answer]]) -> str:
        sample = wrong(series)
        return (
            f"{sample.value.status} with {sample.value.text[:120]!r} at {sample.at_s:.1f} s" if sample else ""
        )

    return Fact("the waiting page at first and then the site", lambda s: wrong(s) is None, tell)


def has_update_since(mark: int) -> Matcher[HmrSocket]:
    """An open page that was sent news (an update or a reload) after a mark."""
    return Fact(
        "a browser that was sent an update",
        lambda browser: bool(browser.updates(mark)),
        lambda browser: (
            f"{', '.join(map(str, browser.frames(mark))) or 'no message'}"
            f"{'' if browser.is_open else f', connection closed: {browser.closed_because}'}"
        ),
    )


def served_by(record: Record) -> Matcher[Answer]:
    """A health page of the contract's form, from the task that a session's record names."""
    wanted = {"service": "edit", "sessionId": record.session_id, "taskArn": record.task_arn}

    def holds(answer: Answer) -> bool:
        if answer.status != 200 or not record.task_arn:
            return False
        found = answer.json()
        return isinstance(found, dict) and all(found.get(key) == value for key, value in wanted.items())

    return Fact(f"200 with {wanted}", holds, lambda a: f"{a.status} with {a.text[:300]}")
