"""A customer who looks at her open page and asks for one change after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from hamcrest.core.matcher import Matcher

from acceptance.drivers.hmr import Frame, HmrSocket
from acceptance.drivers.platform import Platform
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.recovery import ask_all, last_heading
from acceptance.matchers.answers import has_heading
from acceptance.waiting.errors import NoData, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import MONOTONIC, Deadline, wait_until


@dataclass(frozen=True)
class Edit:
    """An instruction that the preview serves by now, and the news of it that the open page was sent."""

    instruction: str
    news: tuple[Frame, ...]


def edit_in_turn(platform: Platform, session: CustomerSession, count: int) -> tuple[Edit, ...]:
    """Ask for so many changes, each once the preview serves the last and the open page has had time to hear of it.

    Nothing is said about what the page was sent.

    Raises:
        NotInTime: a change is not served.
    """
    return tuple(_edit(platform, session, number) for number in range(1, count + 1))


def _edit(platform: Platform, session: CustomerSession, number: int) -> Edit:
    patience, browser = platform.profile.patience, session.browser
    mark = browser.mark()
    ask_all(platform, session, [f'Change the heading to "Edition {number}"'])
    wait_until(
        lambda deadline: platform.preview.get(session.preview_url, deadline=deadline),
        has_heading(last_heading(session)),
        what=session.preview_url,
        within=patience.instruction,
        transient=(Unreachable,),
    )
    end = Deadline.after(patience.request)
    wait_until(
        partial(_heard, browser, mark),
        DescribedMatcher[tuple[Frame, ...]](
            "news, or the end of the look", lambda news: bool(news) or MONOTONIC.now() >= end.at, str
        ),
        what=f"browser on {session}",
        within=2 * patience.request,
    )
    return Edit(session.instructions[-1], _heard(browser, mark))


def _heard(browser: HmrSocket, mark: int) -> tuple[Frame, ...]:
    return browser.updates(mark)


def all_reached_the_page() -> Matcher[Sequence[Edit]]:
    """Edits of each of which the open page was sent news; none at all is no proof."""

    def unheard(edits: Sequence[Edit]) -> list[str]:
        if not edits:
            raise NoData("nothing was edited, so nothing can be said about what the page was sent")
        return [edit.instruction for edit in edits if not edit.news]

    return DescribedMatcher(
        "an open page that was sent news of every edit",
        lambda edits: not unheard(edits),
        lambda edits: f"of {len(edits)} edits no news of: {'; '.join(unheard(edits))}",
    )
