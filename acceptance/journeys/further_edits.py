"""A customer who looks at her open page and asks for one change after the other."""

from __future__ import annotations

from acceptance.drivers.hmr import HmrSocket
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.recovery import last_heading
from acceptance.matchers.answers import has_heading
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import MONOTONIC, Deadline


def edit_in_turn(session: CustomerSession, count: int) -> None:
    """Ask for so many changes, each once the preview serves the last and the open page has had time to hear of it.

    Nothing is said about what the page was sent.

    Raises:
        NotInTime: a change is not served.
    """
    request = session.platform.profile.patience.request
    for number in range(1, count + 1):
        session.ask(f'Change the heading to "Edition {number}"')
        session.home_page.becomes(has_heading(last_heading(session)))
        session.open_page.becomes(_has_news(session.marks[-1], Deadline.after(request)), within=2 * request)


def _has_news(mark: int, end: Deadline) -> DescribedMatcher[HmrSocket]:
    return DescribedMatcher(
        "news, or the end of the look",
        lambda browser: bool(browser.updates(mark)) or MONOTONIC.now() >= end.at,
        lambda browser: ", ".join(map(str, browser.frames(mark))) or "no message",
    )
