"""Sessions as an outsider finds them at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.platform import Platform
from acceptance.drivers.preview import title_and_headings
from acceptance.drivers.session_table import Record
from acceptance.journeys.customer_sessions import Visit
from acceptance.matchers.preview import served_by
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import Fact


@dataclass(frozen=True)
class Glimpse:
    """One session: its record, its home page, and who says that they serve it."""

    visit: Visit
    record: Record
    page: Answer
    health: Answer


def look(platform: Platform, visits: Iterable[Visit]) -> tuple[Glimpse, ...]:
    """Every session as it is now, in the order given."""
    return tuple(
        Glimpse(
            visit,
            platform.records.get(visit.session_id),
            platform.preview.get(visit.preview_url),
            platform.preview.health(visit.preview_url),
        )
        for visit in visits
    )


# Sessions asked in turn, many times over, who serves them.


def ask_in_turn(platform: Platform, visits: Sequence[Visit], times: int) -> tuple[tuple[str, Answer], ...]:
    """The health page of each session, `times` rounds: session ids and answers, in order."""
    return tuple(
        (visit.session_id, platform.preview.health(visit.preview_url))
        for _ in range(times)
        for visit in visits
    )


def tasks_on_record(platform: Platform, visits: Sequence[Visit]) -> dict[str, str]:
    """The task that each session's record names, by session id; empty text where none is named."""
    return {visit.session_id: platform.records.get(visit.session_id).task_arn or "" for visit in visits}


def shows_own_work_only() -> Matcher[Sequence[Glimpse]]:
    """Every page has what its own customer asked for and nothing that another did, from the task on its record."""

    def complaints(seen: Sequence[Glimpse]) -> Iterator[str]:
        if len(seen) < 2:
            raise NoData("fewer than two sessions, so nothing can be said about one beside another")
        for glimpse in seen:
            own = words_of(glimpse.visit)
            shown = title_and_headings(glimpse.page)
            if glimpse.page.status != 200 or own not in shown:
                yield f"{glimpse.visit} shows {glimpse.page.status} {list(shown)}, not {own!r}"
            for other in seen:
                if other is not glimpse and words_of(other.visit) in glimpse.page.text:
                    yield f"{glimpse.visit} shows {words_of(other.visit)!r} of {other.visit.customer}"
            if not served_by(glimpse.record).matches(glimpse.health):
                yield f"{glimpse.visit} is on {glimpse.record.task_arn}, but served by {glimpse.health.text[:200]}"

    return Fact(
        "every preview with its own customer's words and no other's, from the task on its record",
        lambda seen: not any(complaints(seen)),
        lambda seen: "; ".join(complaints(seen)),
    )


def words_of(visit: Visit) -> str:
    """What the last instruction put between quotation marks."""
    return visit.instructions[-1].split('"')[1]
