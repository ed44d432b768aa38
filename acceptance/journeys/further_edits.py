"""A customer who looks at her open page and asks for one change after the other."""

from __future__ import annotations

from hamcrest.core.matcher import Matcher

from acceptance.drivers.open_page import OpenPage
from acceptance.journeys.customer_session import CustomerSession
from acceptance.matchers.answers import has_heading
from acceptance.matchers.open_page import has_heard
from acceptance.waiting.matcher import DescribedMatcher, mismatch_of, sentence_of
from acceptance.waiting.waits import MONOTONIC, Deadline


def edit_in_turn(session: CustomerSession, count: int) -> None:
    """Ask for so many changes, each once the preview serves the last and the open page has had time to hear of it.

    Nothing is said about what the page was sent.

    Raises:
        NotInTime: a change is not served.
    """
    request = session.platform.profile.patience.request
    for number in range(1, count + 1):
        edition = f"Edition {number}"
        session.ask(f'Change the heading to "{edition}"')
        session.home_page.becomes(has_heading(edition))
        heard = has_heard(session.marks[-1], edition)
        session.open_page.becomes(_or_end_of_look(heard, Deadline.after(request)), within=2 * request)


def _or_end_of_look(claim: Matcher[OpenPage], end: Deadline) -> DescribedMatcher[OpenPage]:
    return DescribedMatcher(
        f"{sentence_of(claim)}, or the end of the look",
        lambda page: claim.matches(page) or MONOTONIC.now() >= end.at,
        lambda page: mismatch_of(claim, page),
    )
