"""Matchers about what a page in a real browser showed; of one that only its socket stands for nobody can say that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from hamcrest.core.matcher import Matcher

from acceptance.drivers.browser.page import COMPLAINT, LOADED, SHOWN, BrowserPage
from acceptance.drivers.open_page import Frame, OpenPage
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher, free_of

COLOURS: Mapping[str, str] = MappingProxyType({"navy": "rgb(0, 0, 128)"})
"""Colours that the features ask for, as CSS computes them (CSS Color 4, Named Colors)."""


def shows_in_turn(asked: Sequence[tuple[int, str]]) -> Matcher[OpenPage]:
    """Each of these words was to be seen after its mark and before the next one's."""
    if not asked:
        raise NoData("nothing was asked for, so nothing can be said about what the page showed")

    def unseen(page: OpenPage) -> list[str]:
        frames = _of_browser(page).frames()
        spans = pairwise([*(mark for mark, _ in asked), len(frames)])
        shown = [" ".join(map(_text, frames[begin:end])) for begin, end in spans]
        return [words for (_, words), text in zip(asked, shown, strict=True) if words not in text]

    return DescribedMatcher(
        f"a page that shows {', then '.join(repr(words) for _, words in asked)}",
        lambda page: not unseen(page),
        lambda page: (
            f"never {', '.join(map(repr, unseen(page)))}; {_seen(page)}; meanwhile {_told(page, asked[0][0])}"
        ),
    )


def has_heard(since: int, words: str) -> Matcher[OpenPage]:
    """A page that has shown these words since the mark; one that its socket stands for has been sent news."""

    def holds(page: OpenPage) -> bool:
        news = page.updates(since)
        return any(words in _text(frame) for frame in news) if isinstance(page, BrowserPage) else bool(news)

    return DescribedMatcher(f"a page that has heard of {words!r}", holds, lambda page: _told(page, since))


def shows(words: str, *, connected: bool) -> Matcher[OpenPage]:
    """These words are to be seen now; with `connected`, on a page that is connected for updates."""

    def holds(page: OpenPage) -> bool:
        seen = words in str(_of_browser(page).shown.get("text"))
        return seen and (page.is_open or not connected)

    ready = ", connected for updates" if connected else ""
    return DescribedMatcher(f"a page that shows {words!r}{ready}", holds, _seen)


def takes_on(colour: str, since: int) -> Matcher[OpenPage]:
    """The text has that colour, and the page was not loaded anew since the mark."""
    wanted = COLOURS[colour]

    def holds(page: OpenPage) -> bool:
        return _of_browser(page).shown.get("colour") == wanted and not was_loaded(since).matches(page)

    return DescribedMatcher(
        f"text in {colour}, {wanted}, on a page that was not loaded anew",
        holds,
        lambda page: f"text in {_of_browser(page).shown.get('colour')}; since then {_told(page, since)}",
    )


def was_loaded(since: int) -> Matcher[OpenPage]:
    """The page was loaded anew since the mark."""
    return DescribedMatcher(
        "a page that was loaded anew",
        lambda page: any(frame.kind == LOADED for frame in page.frames(since)),
        lambda page: _told(page, since),
    )


def met_no_error() -> Matcher[OpenPage]:
    """Since it was opened, no error in the browser's console, and none that no script caught."""

    def errors(page: OpenPage) -> list[Frame]:
        return [frame for frame in _of_browser(page).frames() if frame.kind == COMPLAINT]

    return free_of("a page without errors", errors, between=", ")


def _of_browser(page: OpenPage) -> BrowserPage:
    if not isinstance(page, BrowserPage):
        raise NoData(f"{page.address} is open in no real browser, so nothing can be said about what is seen")
    return page


def _text(frame: Frame) -> str:
    return str(frame.payload.get("text")) if frame.kind == SHOWN else ""


def _seen(page: OpenPage) -> str:
    """What is to be seen now, in one line."""
    closed = "" if page.is_open else f", not connected: {page.closed_because}"
    return f"it shows {' '.join(str(_of_browser(page).shown.get('text', 'nothing')).split())[:160]!r}{closed}"


def _told(page: OpenPage, since: int) -> str:
    return ", ".join(map(str, page.frames(since))) or "nothing"
