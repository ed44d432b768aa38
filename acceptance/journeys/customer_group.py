"""Several customers at work at the same time: started together, seen through to their previews, asking in parallel."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from hamcrest.core.matcher import Matcher

from acceptance.drivers.git import Commit
from acceptance.drivers.platform import Platform
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.recovery import heading_in
from acceptance.matchers.history import subject_of
from acceptance.waiting.concurrently import at_once
from acceptance.waiting.errors import NoData
from acceptance.waiting.expect import expect
from acceptance.waiting.matcher import free_of

SEVERAL = 10
"""So many queued instructions are given the patience for one; more of them, accordingly more."""


class Crowd:
    """The customers of one client on one platform."""

    def __init__(self, platform: Platform, client_id: str) -> None:
        self._platform = platform
        self._sessions = CustomerSessions(platform)
        self._client_id = client_id

    def customers(self, count: int) -> tuple[Customer, ...]:
        """That many people of the client, each with an address of their own."""
        address = self._platform.mailbox.customer
        return tuple(
            Customer(self._client_id, address(f"customer{number:02}")) for number in range(1, count + 1)
        )

    def start(self, count: int) -> tuple[CustomerSession, ...]:
        """Have that many customers ask for a session at the same moment, each for words of their own."""
        return at_once(
            [
                partial(
                    self._sessions.start, customer, f'Change the heading to "Words of {name_of(customer)}"'
                )
                for customer in self.customers(count)
            ]
        )


def until_all_live(platform: Platform, sessions: Iterable[CustomerSession]) -> timedelta:
    """Wait until each session is active, its page served and a browser connected; the longest that one took.

    The sessions are looked at one after the other, so a time is never shorter than it was; whether they stay served is
    looked at after all times are taken. The browsers stay open.

    Raises:
        NotInTime: one is not live within the patience. NeverWill: one has ended.
    """
    one = CustomerSessions(platform)
    all_sessions = tuple(sessions)
    took = max(one.until_connected(session) for session in all_sessions)
    at_once([partial(one.until_served, session) for session in all_sessions])
    return took


def name_of(customer: Customer) -> str:
    """What the customer is called: her address before the `@`."""
    return customer.user_id.partition("@")[0]


def ask_in_parallel(sessions: Sequence[CustomerSession], times: int) -> None:
    """Have each session ask so often, one instruction right after the other, all sessions at the same moment."""

    def ask(session: CustomerSession, name: str) -> None:
        session.ask(*(f'Change the heading to "{name}, wish {number}"' for number in range(1, times + 1)))

    at_once([partial(ask, session, f"Session {place}") for place, session in enumerate(sessions, 1)])


def until_carried_out(sessions: Sequence[CustomerSession]) -> None:
    """Wait until every thread's history is exactly what its sessions asked for, each in its order, and stays so.

    Raises:
        NotInTime: an instruction is missing, doubled, out of order, or of somebody else.
        AssertionError: a commit has not the words of its own instruction: two were at work in one file.
    """
    threads: dict[tuple[Customer, str], list[CustomerSession]] = {}
    for session in sessions:
        threads.setdefault((session.customer, session.branch), []).append(session)
    for of_thread in threads.values():
        asked = sum(len(session.instructions) for session in of_thread)
        history = of_thread[0].history
        claim = one_commit_each(of_thread)
        history.becomes(claim, within=history.within * max(1.0, asked / SEVERAL))
        # An instruction that is carried out once more comes after the last.
        log = history.stays(claim, during=of_thread[0].platform.profile.patience.quiet_window)
        git, branch = of_thread[0].workspace.git, of_thread[0].branch
        expect(git.added(branch), own_words(log, of_thread), f"what the commits of {branch} added")


def one_commit_each(of_thread: Sequence[CustomerSession]) -> Matcher[Sequence[Commit]]:
    """A branch (newest commit first) on which every instruction of these sessions is one commit, in each one's order.

    Each names its session and the thread. No instruction of anybody else's and no merge is on it.
    """
    if not any(session.instructions for session in of_thread):
        raise NoData("no instruction was given, so nothing can be said about how they were carried out")
    known = {session.session_id: session for session in of_thread}

    def complaints(log: Sequence[Commit]) -> Iterator[str]:
        by_session: dict[str, list[str]] = {session_id: [] for session_id in known}
        for commit in reversed(log):
            if len(commit.parents) > 1:
                yield f"{commit} is a merge"
            for session_id in commit.trailers.get("Session", ()):
                if session_id not in by_session:
                    yield f"{commit} is of session {session_id}"
                by_session.setdefault(session_id, []).append(commit.subject)
                thread = known[session_id].activation.thread_id if session_id in known else ""
                if commit.trailers.get("Thread") != (thread,):
                    named = ", ".join(commit.trailers.get("Thread", ())) or "no thread"
                    yield f"{commit} names {named} and not thread {thread}"
        for session_id, session in known.items():
            wanted, found = [subject_of(asked) for asked in session.instructions], by_session[session_id]
            if found != wanted:
                yield f"session {session_id}: {difference(wanted, found)}"

    asked = sum(len(session.instructions) for session in of_thread)
    return free_of(
        f"{asked} instructions of {len(of_thread)} session{'s' * (len(of_thread) > 1)}, one commit each, in order",
        complaints,
    )


def own_words(log: Sequence[Commit], of_thread: Sequence[CustomerSession]) -> Matcher[Mapping[str, str]]:
    """The lines that each commit added, by sha: those for a heading hold the heading that their instruction asks for.

    Where the heading was the same before there is nothing to add.
    """
    wanted: dict[str, tuple[Commit, str]] = {}
    before = ""
    asked = {session.session_id: iter(session.instructions) for session in of_thread}
    for commit in reversed(log):
        for session_id in commit.trailers.get("Session", ()):
            with suppress(ValueError):
                heading = heading_in(next(asked[session_id]))
                if heading != before:
                    wanted[commit.sha] = (commit, heading)
                before = heading

    def complaints(added: Mapping[str, str]) -> Iterator[str]:
        for sha, (commit, heading) in wanted.items():
            if heading not in html.unescape(added.get(sha, "")):
                yield f"{commit} adds {added.get(sha, '').strip()[:200] or 'nothing'}"

    return free_of(
        "the words of its own instruction in each commit, and no other instruction's in their place",
        complaints,
    )


def difference(wanted: Sequence[str], found: Sequence[str]) -> str:
    """What is missing, what is doubled, and where the order first differs, of `wanted` in `found`."""
    missing = [name for name in wanted if name not in found]
    doubled = sorted(name for name, number in Counter(found).items() if number > 1)
    told = [f"{len(found)} commits for {len(wanted)} instructions"]
    if missing:
        told.append(f"{len(missing)} missing, the first {missing[0]!r}")
    if doubled:
        told.append(f"{len(doubled)} doubled, the first {doubled[0]!r}")
    if not missing and not doubled:
        pairs = zip(wanted, found, strict=False)
        told += [f"{is_!r} where {should!r} belongs" for should, is_ in pairs if should != is_][:1]
    return ", ".join(told)
