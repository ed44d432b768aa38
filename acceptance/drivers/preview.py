"""The preview as a visitor's browser asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urldefrag, urlsplit

from acceptance.drivers.http import Answer, HttpClient
from acceptance.drivers.page_references import Reference, in_code, in_page, in_styles
from acceptance.waiting.errors import UnexpectedAnswer, Unreachable
from acceptance.waiting.sampler import Recorder
from acceptance.waiting.waits import Deadline

PAGE: Final = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

MOST = 400
"""A page that loads more than this many resources is taken for one that never ends."""

CODE = frozenset({"text/javascript", "application/javascript", "application/x-javascript"})


@dataclass(frozen=True)
class Loaded:
    """One resource that a page leads to, and who named it."""

    reference: Reference
    answer: Answer

    def __str__(self) -> str:
        return f"{self.answer.status} {self.reference}"


@dataclass(frozen=True)
class Readiness:
    """What a session's status call and health page said, and what its preview did right after; None if neither
    called it ready.
    """

    status: str
    health: Answer
    page: Answer | None

    def __str__(self) -> str:
        return f"{self.status}, health {self.health.status}" + (f", then {self.page}" if self.page else "")


class Preview:
    """GETs preview pages. Certificates are verified, redirects are observations."""

    def __init__(self, web: HttpClient) -> None:
        self._web = web

    def get(self, url: str, *, deadline: Deadline | None = None) -> Answer:
        """One page, asked for as a browser does. Counts as a visit, and so as activity.

        Raises:
            Unreachable: nobody answers. Untrusted: the certificate does not verify.
        """
        return self._web.get(url, headers=PAGE, deadline=deadline)

    def visit(self, session_id: str) -> None:
        """Look at a session's preview, as an activity; UnexpectedAnswer if it is not there (yet, or any more)."""
        answer = self.get(f"/session/{session_id}/")
        if answer.status != 200:
            raise UnexpectedAnswer(
                f"{answer}: expected 200, as a visit of a preview that is not there is none"
            )

    def health(self, preview_url: str, *, deadline: Deadline | None = None) -> Answer:
        """The preview server's own health page: no visit."""
        return self._web.get(f"{preview_url.rstrip('/')}/health", deadline=deadline)

    def readiness(self, preview_url: str, status: str) -> Readiness:
        """What the health page says of a session of this status, and what a visitor gets who believes either."""
        health = self.health(preview_url)
        ready = health.status == 200 or status == "active"
        return Readiness(status, health, self.get(preview_url) if ready else None)

    def recorder(self, url: str, every: timedelta) -> Recorder[Answer]:
        """A recorder of what a visitor gets. Looks that nobody answers are its `misses`."""
        return Recorder(lambda: self.get(url), what=f"visits of {url}", every=every, transient=(Unreachable,))

    def everything_on(self, page_url: str) -> tuple[Loaded, ...]:
        """Follow what the page loads (scripts, modules, styles, images) and its links to pages of the same origin.

        Modules are followed into what they import, styles into what they name, to the end; links one step.
        Resources of other origins are left out. The page itself comes first.

        Raises:
            UnexpectedAnswer: the page is no HTML, or has no end.
        """
        page = self.get(page_url)
        if not _is_page(page):
            raise UnexpectedAnswer(f"{page}, type {page.media_type!r}: expected 200 with text/html")
        loaded = [Loaded(Reference(page_url, "page", page_url), page)]
        known = {_bare(page_url)}
        queue = list(in_page(page_url, page.text))
        while queue:
            reference = queue.pop(0)
            if _bare(reference.url) in known or not self._same_origin(reference.url):
                continue
            known.add(_bare(reference.url))
            if len(known) > MOST:
                raise UnexpectedAnswer(f"{page_url} loads more than {MOST} resources; the last: {reference}")
            answer = self.get(reference.url) if reference.kind == "link" else self._web.get(reference.url)
            loaded.append(Loaded(reference, answer))
            if answer.status == 200 and reference.kind != "link":
                queue += _inside(reference.url, answer)
        return tuple(loaded)

    def whole_site(self, page_url: str) -> tuple[Loaded, ...]:
        """`everything_on` a page and on every page that it links to, each resource once. A link to no page leads no
        further: what it was answered with is told.
        """
        found = {loaded.reference.url: loaded for loaded in self.everything_on(page_url)}
        for link in [one for one in found.values() if one.reference.kind == "link" and _is_page(one.answer)]:
            for loaded in self.everything_on(link.reference.url):
                found.setdefault(loaded.reference.url, loaded)
        return tuple(found.values())

    def _same_origin(self, url: str) -> bool:
        mine, its = urlsplit(self._web.origin), urlsplit(url)
        return (mine.scheme, mine.netloc) == (its.scheme, its.netloc)


def title_and_headings(answer: Answer) -> tuple[str, ...]:
    """The texts of a page's title and headings, in their order."""
    reader = _Headings()
    reader.feed(answer.text)
    return tuple(" ".join(text.split()) for text in reader.found)


class _Headings(HTMLParser):
    _WANTED: Final = frozenset({"title", "h1", "h2", "h3"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in self._WANTED:
            self._open = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._WANTED:
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[-1] += data


def _bare(url: str) -> str:
    return urldefrag(url).url


def _inside(url: str, answer: Answer) -> tuple[Reference, ...]:
    if answer.media_type in CODE:
        return in_code(url, answer.text)
    if answer.media_type == "text/css":
        return in_styles(url, answer.text)
    return ()


def _is_page(answer: Answer) -> bool:
    return answer.status == 200 and answer.media_type == "text/html"
