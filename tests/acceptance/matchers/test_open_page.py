"""What is said of a page in a real browser, and that nothing is said of one that is not in one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hamcrest.core.matcher import Matcher

from acceptance.drivers.browser.page import COMPLAINT, LOADED, BrowserPage
from acceptance.drivers.open_page import OpenPage
from acceptance.matchers.open_page import has_heard, met_no_error, shows, shows_in_turn, takes_on
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import mismatch_of

BLACK, NAVY = "rgb(0, 0, 0)", "rgb(0, 0, 128)"


class Screen(BrowserPage):
    """A page of which the test says what is to be seen."""

    def __init__(self, *texts: str) -> None:
        super().__init__("https://alb.example/session/s/", lambda: None, lambda: b"")
        for text in texts:
            self.show(text)

    def show(self, text: str, colour: str = BLACK) -> None:
        self._shows(json.dumps({"text": text, "colour": colour}))

    def connect(self) -> None:
        self._closed = None

    def meet(self, kind: str) -> None:
        self._add(kind, {"text": "no such part"})


class Socket(OpenPage):
    """A page that its socket stands for."""

    NEWS = ("update",)

    def close(self) -> None: ...


def test_changes_are_shown_in_turn_each_after_its_own_mark() -> None:
    page = Screen("Old", "One", "Two")
    assert shows_in_turn([(1, "One"), (2, "Two")]).matches(page)
    late = shows_in_turn([(1, "One"), (3, "Two")])
    assert not late.matches(page)
    assert mismatch_of(late, page).startswith("never 'Two'; it shows 'Two', not connected")
    assert not shows_in_turn([(2, "One")]).matches(page)


def test_a_page_has_heard_of_what_it_has_shown_and_not_of_what_else_it_shows() -> None:
    page = Screen("Old", "")
    assert not has_heard(1, "One").matches(page)
    page.show("One")
    assert has_heard(1, "One").matches(page)
    assert not has_heard(3, "One").matches(page)


def test_without_a_change_nothing_can_be_said() -> None:
    with pytest.raises(NoData):
        shows_in_turn([])


def test_what_was_shown_before_is_shown_no_longer() -> None:
    page = Screen("Your preview is starting", "Fresh bread")
    assert shows("Fresh bread", connected=False).matches(page)
    assert not shows("is starting", connected=False).matches(page)


def test_a_page_that_is_not_connected_is_not_the_site_yet() -> None:
    page = Screen("Fresh bread")
    site = shows("Fresh bread", connected=True)
    assert not site.matches(page)
    assert "not connected: it has opened no socket yet" in mismatch_of(site, page)
    page.connect()
    assert site.matches(page)


def test_a_colour_is_taken_on_in_place_or_not_at_all() -> None:
    page = Screen("Fresh bread")
    mark = page.mark()
    assert not takes_on("navy", mark).matches(page)
    page.show("Fresh bread", NAVY)
    assert takes_on("navy", mark).matches(page)
    page.meet(LOADED)
    assert not takes_on("navy", mark).matches(page)


def test_an_error_is_told_in_its_own_words() -> None:
    page = Screen("Fresh bread")
    assert met_no_error().matches(page)
    page.meet(COMPLAINT)
    assert mismatch_of(met_no_error(), page) == 'complaint {"text": "no such part"}'


@pytest.mark.parametrize(
    "claim",
    [
        lambda: shows("Fresh bread", connected=False),
        lambda: shows_in_turn([(0, "Fresh bread")]),
        lambda: takes_on("navy", 0),
        met_no_error,
    ],
)
def test_of_a_page_that_its_socket_stands_for_nobody_can_say_what_is_seen(
    claim: Callable[[], Matcher[OpenPage]],
) -> None:
    with pytest.raises(NoData, match="open in no real browser"):
        claim().matches(Socket("wss://alb.example/session/s/"))
