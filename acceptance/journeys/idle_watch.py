"""What keeps a session awake: customers who do one thing only for twice the idle time, each watched all the while."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from hamcrest.core.matcher import Matcher

from acceptance.capabilities import Capability
from acceptance.config.profile import Profile
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_table import ENDED
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.waiting.errors import NoData, UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher, free_of
from acceptance.waiting.sampler import Recorder, Sample
from acceptance.waiting.waits import wait_until

SENT: Mapping[str, tuple[Capability, ...]] = MappingProxyType(
    {
        "page views": (),
        "views of another page": (),
        "instructions": (Capability.INSTRUCTIONS,),
        "keepalives": (Capability.KEEPALIVE,),
    }
)
"""The kinds of activity that the contract knows, and what a deployment must offer for each."""

SENT_PER_IDLE_TIME = 4

LEFT_OPEN = "leave her browser open"


@dataclass(frozen=True)
class OpenTab:
    """One look at a session whose page was left open in a browser: whether that is connected, then the status."""

    connected: bool
    status: str | None

    def __str__(self) -> str:
        return f"{self.status}, browser {'connected' if self.connected else 'not connected'}"


@dataclass(frozen=True)
class OneThingEach:
    """Sessions of customers who did one thing each, by what they sent, and of one who only left her browser open.

    `statuses` has a look for each time that something was to be sent, `tab` those at the browser's session, on which
    `idle_timeout` is judged.
    """

    senders: Mapping[str, CustomerSession]
    statuses: Mapping[str, tuple[Sample[str | None], ...]]
    forgotten: CustomerSession
    tab: tuple[Sample[OpenTab], ...]
    idle_timeout: timedelta

    def session_of(self, habit: str) -> CustomerSession:
        """That of the customer with a habit, as in "send page views", or `LEFT_OPEN`; KeyError for another."""
        return {LEFT_OPEN: self.forgotten, **{f"send {kind}": one for kind, one in self.senders.items()}}[
            habit
        ]

    @property
    def sessions(self) -> tuple[CustomerSession, ...]:
        """All of them."""
        return (*self.senders.values(), self.forgotten)

    @property
    def somebody_sent(self) -> bool:
        """Whether one sender at least was never idle, however slow this machine was: what she sent was taken each time.

        All were kept awake until the watch began. What is sent between two looks may come right after the first of
        them, and the next thing right before the third: so far apart nothing may be.
        """
        return any(
            all(sample.value == "active" for sample in series)
            and all(b - a < self.idle_timeout.total_seconds() for a, b in _next_but_one(series))
            for series in self.statuses.values()
        )


def kinds_sent(profile: Profile) -> tuple[str, ...]:
    """The kinds of activity that a deployment takes."""
    return tuple(kind for kind, wanted in SENT.items() if profile.offers(*wanted))


def watch_one_thing_each(platform: Platform, sessions: Sequence[CustomerSession]) -> OneThingEach:
    """Have all but the last customer send what `kinds_sent` names, one kind each, and watch what becomes
    of the sessions.

    Nothing is judged. It takes twice the idle time, and longer if the last one's session should have expired by then.

    Args:
        sessions: one live session for each of these kinds, and one more with its page open in a browser.
    """
    *senders, forgotten = sessions
    idle_timeout, every = platform.profile.timing.idle_timeout, platform.profile.patience.poll
    by_kind = dict(zip(kinds_sent(platform.profile), senders, strict=True))
    sending = {
        kind: Recorder(
            _sending(platform, kind, session),
            what=f"status of {session} kept awake by {kind}",
            every=idle_timeout / SENT_PER_IDLE_TIME,
        )
        for kind, session in by_kind.items()
    }
    tab = Recorder(lambda: _tab(platform, forgotten), what=f"browser left open at {forgotten}", every=every)
    longest = CustomerSessions(platform).expire_within()
    with ExitStack() as watching:
        for recorder in sending.values():
            watching.enter_context(recorder)
        watching.enter_context(tab)
        wait_until(
            lambda: tab.samples[-1],
            _seen_for(2 * idle_timeout, longest),
            what=f"the watch over {len(sessions)} customers who do one thing each",
            within=2 * idle_timeout + longest,
            every=every,
        )
    return OneThingEach(
        senders=by_kind,
        statuses={kind: recorder.samples for kind, recorder in sending.items()},
        forgotten=forgotten,
        tab=tab.samples,
        idle_timeout=idle_timeout,
    )


def _sending(platform: Platform, kind: str, session: CustomerSession) -> Callable[[], str | None]:
    """A look at the session's status that then sends one thing of that kind, if the session is active.

    It returns the status, and after it why what was sent was not taken, if it was not.
    """
    numbers = itertools.count(1)

    def instruct() -> None:
        platform.sessions.instruct(session.session_id, f'Change the heading to "Edition {next(numbers)}"')

    kinds: dict[str, Callable[[], object]] = {
        "page views": lambda: platform.preview.get(session.preview_url),
        "views of another page": lambda: platform.preview.get(f"{session.preview_url}about"),
        "instructions": instruct,
        "keepalives": lambda: platform.sessions.keepalive(session.session_id),
    }
    send = kinds[kind]

    def look() -> str | None:
        status = platform.records.get(session.session_id).status
        if status != "active":
            return status
        try:
            send()
        except (Unreachable, UnexpectedAnswer) as failure:
            return f"{status}, {kind} not taken: {failure}"
        return status

    return look


def _tab(platform: Platform, session: CustomerSession) -> OpenTab:
    # As a page does that has lost its socket: such looks are no activity either.
    platform.preview.health(session.preview_url)
    # The browser first: one that is closed because the session has ended since is not held against the platform.
    return OpenTab(session.browser.is_open, platform.records.get(session.session_id).status)


def _next_but_one(series: Sequence[Sample[str | None]]) -> Iterator[tuple[float, float]]:
    times = (0.0, 0.0, *(sample.at_s for sample in series))
    return zip(times, times[2:], strict=False)


def _seen_for(span: timedelta, longest: timedelta) -> DescribedMatcher[Sample[OpenTab]]:
    """Long enough for the senders, and the forgotten session has ended or has been looked at for long enough, too."""
    return DescribedMatcher(
        f"over after {span.total_seconds():g} s",
        lambda sample: (
            sample.at_s >= span.total_seconds()
            and (sample.value.status in ENDED or sample.at_s >= longest.total_seconds())
        ),
        lambda sample: f"at {sample.at_s:.1f} s: {sample.value}",
    )


def expired_while_connected() -> Matcher[OneThingEach]:
    """A session watched from active to expired while others worked, its browser connected as long as it was active."""

    def flaw(seen: OneThingEach) -> str | None:
        active = [sample for sample in seen.tab if sample.value.status == "active"]
        if not active:
            raise NoData("the session was never seen active, so nothing can be said about what ended it")
        lost = [sample for sample in active if not sample.value.connected]
        if lost:
            return f"at {lost[0].at_s:.1f} s {lost[0].value}"
        last = seen.tab[-1]
        if last.value.status != "expired":
            return f"at {last.at_s:.1f} s still {last.value}"
        if not seen.somebody_sent:
            raise NoData(
                f"all who were to send something were idle for {seen.idle_timeout.total_seconds():g} s themselves, "
                "so nothing can be said about whether what others send keeps a session awake"
            )
        return None

    return free_of("a session that expires while others work, with the browser connected until then", flaw)
