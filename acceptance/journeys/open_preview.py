"""What a customer sees of a preview that she has open, and for which she does nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from acceptance.drivers.browser.page import BrowserPage
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.recovery import heading_in, last_heading
from acceptance.journeys.timeline import Stage
from acceptance.matchers.open_page import met_no_error, shows, shows_in_turn, takes_on, was_loaded
from acceptance.matchers.preview import has_update_since


def _updates(session: CustomerSession) -> None:
    """A real browser shows each change; of a page that its socket stands for, each is news."""
    marks = session.marks
    asked = session.instructions[-len(marks) :]
    real = isinstance(session.browser, BrowserPage)
    in_turn = [(mark, heading_in(wish)) for mark, wish in zip(marks, asked, strict=True)] if real else []
    session.open_page.becomes(shows_in_turn(in_turn) if real else has_update_since(*marks))
    session.timeline.mark(Stage.FIRST_UPDATE)


def _takes_on_colour(session: CustomerSession) -> None:
    asked = re.search(r'"([^"]+)"', session.instructions[-1])
    colour, mark = asked[1] if asked else "", session.marks[-1]
    session.open_page.becomes(takes_on(colour, mark), fatal=was_loaded(mark))


def _turns_into_site(session: CustomerSession) -> None:
    wake = session.platform.profile.patience.wake
    session.open_page.becomes(shows(last_heading(session), connected=True), within=wake)


def _says_ended(session: CustomerSession) -> None:
    end = session.platform.profile.patience.session_end
    session.open_page.becomes(shows("has ended", connected=False), within=end)


BEHAVIOUR: Mapping[str, Callable[[CustomerSession], object]] = MappingProxyType(
    {
        "updates by itself with every change": _updates,
        "takes on the new colour without being loaded anew": _takes_on_colour,
        "turns into the site by itself": _turns_into_site,
        "says by itself that it has ended": _says_ended,
        "met no error": lambda session: session.open_page.is_(met_no_error()),
    }
)
"""What may be said of an open preview, and how one looks whether it is so. All but the first takes a real browser."""
