"""Sessions as an outsider finds them: at one moment, or asked in turn, many times over, who serves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.preview import title_and_headings
from acceptance.drivers.session_table import SessionRecord
from acceptance.journeys.customer_session import CustomerSession
from acceptance.matchers.preview import served_by
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import free_of


@dataclass(frozen=True)
class SessionView:
    """One session: its record, its home page, and who says that they serve it."""

    session: CustomerSession
    record: SessionRecord
    page: Answer
    health: Answer


def look(sessions: Iterable[CustomerSession]) -> tuple[SessionView, ...]:
    """Every session as it is now, in the order given."""
    return tuple(
        SessionView(
            session,
            session.record,
            session.home_page.now(),
            session.health(),
        )
        for session in sessions
    )


def ask_in_turn(sessions: Sequence[CustomerSession], times: int) -> tuple[tuple[str, Answer], ...]:
    """The health page of each session, `times` rounds: session ids and answers, in order."""
    return tuple((session.session_id, session.health()) for _ in range(times) for session in sessions)


def tasks_on_record(sessions: Sequence[CustomerSession]) -> dict[str, str]:
    """The task that each session's record names, by session id; empty text where none is named."""
    return {session.session_id: session.record.task_arn or "" for session in sessions}


def shows_own_work_only() -> Matcher[Sequence[SessionView]]:
    """Every page has what its own customer asked for and nothing that another did, from the task on its record."""

    def complaints(seen: Sequence[SessionView]) -> Iterator[str]:
        if len(seen) < 2:
            raise NoData("fewer than two sessions, so nothing can be said about one beside another")
        for view in seen:
            own = words_of(view.session)
            shown = title_and_headings(view.page)
            if view.page.status != 200 or own not in shown:
                yield f"{view.session} shows {view.page.status} {list(shown)}, not {own!r}"
            for other in seen:
                if other is not view and words_of(other.session) in view.page.text:
                    yield f"{view.session} shows {words_of(other.session)!r} of {other.session.customer}"
            if not served_by(view.record).matches(view.health):
                yield f"{view.session} is on {view.record.task_arn}, but served by {view.health.text[:200]}"

    return free_of(
        "every preview with its own customer's words and no other's, from the task on its record", complaints
    )


def words_of(session: CustomerSession) -> str:
    """What the last instruction put between quotation marks."""
    return session.instructions[-1].split('"')[1]
