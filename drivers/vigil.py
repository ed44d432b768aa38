"""A watch over sessions whose customers do nothing but look: what reaches them is somebody else's doing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from hamcrest import empty

from drivers.hmr import Frame
from drivers.platform import Platform
from drivers.recorder import Recorder, Sample
from drivers.visits import Visit, Visits
from drivers.watch import stays
from drivers.web import Answer
from drivers.workspace import Manifest

PROBES_PER_POLL = 3
"""A page is looked at every so many polls: each look is a page built by the very servers that are watched."""


@dataclass(frozen=True)
class Sights:
    """What one customer saw while she was watched over.

    `pages` are the home page's answers, `misses` the requests that nobody answered, `frames` what the open page was
    sent, `closed_because` why its connection is gone (None: it is not); `before` and `after` are her files.
    """

    visit: Visit
    pages: tuple[Sample[Answer], ...]
    misses: tuple[Sample[str], ...]
    frames: tuple[Frame, ...]
    closed_because: str | None
    before: Manifest
    after: Manifest


class Vigil:
    """A watch over one session with an open browser; `start` it, and `end` it for what was seen."""

    def __init__(self, platform: Platform, visit: Visit) -> None:
        self.visit = visit
        self._workspace = Visits(platform).workspace(visit)
        self._pages: Recorder[Answer] = platform.preview.recorder(
            visit.preview_url, PROBES_PER_POLL * platform.profile.patience.poll
        )

    def start(self) -> Vigil:
        """Begin; LookupError if no browser is open on the session's preview."""
        self._mark = self.visit.browser.mark()
        self._before = self._workspace.manifest()
        self._pages.start()
        return self

    def end(self) -> Sights:
        """Look a last time, and tell."""
        pages = self._pages.stop()
        browser = self.visit.browser
        return Sights(
            self.visit,
            pages,
            self._pages.misses,
            browser.frames(self._mark),
            browser.closed_because,
            self._before,
            self._workspace.manifest(),
        )

    def news(self) -> tuple[str, ...]:
        """What has reached the open page so far, its end included."""
        browser = self.visit.browser
        told = [f"{self.visit}: {frame}" for frame in browser.frames(self._mark)]
        closed = [f"{self.visit}: connection closed: {browser.closed_because}"] if not browser.is_open else []
        return (*told, *closed)

    def abandon(self) -> None:
        """Stop looking; what was seen does not matter any more."""
        self._pages.stop()


class Vigils:
    """Watches over several sessions at once."""

    def __init__(self, platform: Platform, visits: Iterable[Visit]) -> None:
        self._vigils = {visit.session_id: Vigil(platform, visit) for visit in visits}

    def start(self) -> Vigils:
        """Begin with all of them."""
        for vigil in self._vigils.values():
            vigil.start()
        return self

    def leave(self, visit: Visit) -> Sights:
        """End the watch over one of them, and tell; KeyError for a session that is not watched over."""
        return self._vigils.pop(visit.session_id).end()

    def end(self, *, after: timedelta) -> tuple[Sights, ...]:
        """Go on for a while, so that what comes late is seen, and tell.

        Raises:
            DidNotStay: meanwhile an open page was sent something, or its connection is gone.
        """
        stays(
            lambda: tuple(told for vigil in self._vigils.values() for told in vigil.news()),
            empty(),
            what="messages to the open pages of those who are watched over",
            during=after,
        )
        return tuple(vigil.end() for vigil in self._vigils.values())

    def abandon(self) -> None:
        """Stop looking."""
        for vigil in self._vigils.values():
            vigil.abandon()
