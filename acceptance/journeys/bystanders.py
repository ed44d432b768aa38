"""A watch over sessions whose customers do nothing but look: what reaches them is somebody else's doing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.open_page import Frame
from acceptance.drivers.workspace import Manifest
from acceptance.journeys.customer_session import CustomerSession
from acceptance.matchers.answers import same_files_as
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import free_of, mismatch_of
from acceptance.waiting.sampler import Recorder, Sample
from acceptance.waiting.waits import stays

PROBES_PER_POLL = 3
"""A page is looked at every so many polls: each look is a page built by the very servers that are watched."""


@dataclass(frozen=True)
class BystanderObservations:
    """What one customer saw while she was watched over.

    `pages` are the home page's answers, `blinks` those of its health page that were no 200, `misses` the requests that
    nobody answered, `frames` what the open page was sent, `closed_because` why its connection is gone (None: it is
    not); `before` and `after` are her files.
    """

    session: CustomerSession
    pages: tuple[Sample[Answer], ...]
    blinks: tuple[Sample[Answer], ...]
    misses: tuple[Sample[str], ...]
    frames: tuple[Frame, ...]
    closed_because: str | None
    before: Manifest
    after: Manifest


class BystanderWatch:
    """A watch over one session with an open browser; `start` it, and `end` it for what was seen."""

    def __init__(self, session: CustomerSession) -> None:
        self.session = session
        self._workspace = session.workspace
        self._pages: Recorder[Answer] = session.platform.preview.recorder(
            session.preview_url, PROBES_PER_POLL * session.platform.profile.patience.poll
        )
        # A look at its health costs next to nothing: so a preview that is away for a tenth of a second is seen, too.
        self._health: Recorder[Answer] = session.platform.preview.recorder(
            f"{session.preview_url}health", session.platform.profile.patience.poll / 4
        )

    def start(self) -> BystanderWatch:
        """Begin; LookupError if no browser is open on the session's preview."""
        self._mark = self.session.browser.mark()
        self._before = self._workspace.manifest()
        self._pages.start()
        self._health.start()
        return self

    def end(self) -> BystanderObservations:
        """Look a last time, and tell."""
        pages, health = self._pages.stop(), self._health.stop()
        browser = self.session.browser
        return BystanderObservations(
            self.session,
            pages,
            tuple(sample for sample in health if sample.value.status != 200),
            (*self._pages.misses, *self._health.misses),
            browser.frames(self._mark),
            browser.closed_because,
            self._before,
            self._workspace.manifest(),
        )

    def news(self) -> tuple[str, ...]:
        """What has reached the open page so far, its end included."""
        browser = self.session.browser
        told = [f"{self.session}: {frame}" for frame in browser.frames(self._mark)]
        closed = (
            [f"{self.session}: connection closed: {browser.closed_because}"] if not browser.is_open else []
        )
        return (*told, *closed)

    def abandon(self) -> None:
        """Stop looking; what was seen does not matter any more."""
        self._pages.stop()
        self._health.stop()


class BystanderWatches:
    """Watches over several sessions at once."""

    def __init__(self, sessions: Iterable[CustomerSession]) -> None:
        self._watches = {session.session_id: BystanderWatch(session) for session in sessions}
        self._seen: list[BystanderObservations] = []

    def start(self) -> BystanderWatches:
        """Begin with all of them."""
        for watch in self._watches.values():
            watch.start()
        return self

    def leave(self, session: CustomerSession) -> None:
        """End the watch over one of them; KeyError for a session that is not watched over."""
        self._seen.append(self._watches.pop(session.session_id).end())

    def end(self, *, after: timedelta) -> tuple[BystanderObservations, ...]:
        """Go on for a while, so that what comes late is seen, and tell of all, also of those who were left before.

        Raises:
            DidNotStay: meanwhile an open page was sent something, or its connection is gone.
        """
        stays(
            lambda: tuple(told for watch in self._watches.values() for told in watch.news()),
            free_of("no message", lambda told: told),
            what="messages to the open pages of those who are watched over",
            during=after,
        )
        return (*self._seen, *(watch.end() for watch in self._watches.values()))

    def abandon(self) -> None:
        """Stop looking."""
        for watch in self._watches.values():
            watch.abandon()


def undisturbed() -> Matcher[Sequence[BystanderObservations]]:
    """Nobody watched over noticed anything: every request answered with the same page, no message, no file changed."""

    def complaints(seen: Sequence[BystanderObservations]) -> Iterator[str]:
        if not seen:
            raise NoData("nobody was watched over, so nothing can be said about what they noticed")
        for one in seen:
            for told in _noticed(one):
                yield f"{one.session}: {told}"

    return free_of(
        "no failed request, no message, no dropped connection, no changed page and no changed file",
        complaints,
    )


def _noticed(one: BystanderObservations) -> Iterator[str]:
    if not one.pages:
        raise NoData(f"{one.session}: no page was asked for, so nothing can be said about it")
    yield from (f"at {miss.at_s:.1f} s {miss.value}" for miss in one.misses[:1])
    failed = [page for page in one.pages if page.value.status != 200]
    yield from (
        f"{len(failed)} of {len(one.pages)} requests failed, the first at {page.at_s:.1f} s: {page.value}"
        for page in failed[:1]
    )
    yield from (
        f"{len(one.blinks)} times not called healthy, the first at {look.at_s:.2f} s: {look.value}"
        for look in one.blinks[:1]
    )
    other = [page for page in one.pages if page.value.status == 200 and page.value != one.pages[0].value]
    yield from (f"another page since {page.at_s:.1f} s" for page in other[:1])
    if one.frames:
        yield f"{len(one.frames)} messages to the open page, the first {one.frames[0]}"
    if one.closed_because is not None:
        yield f"connection of the open page closed: {one.closed_because}"
    files = same_files_as(one.before)
    if not files.matches(one.after):
        yield mismatch_of(files, one.after)
