"""Matchers about a workspace's history: it only grows, and holds each instruction once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hamcrest.core.matcher import Matcher

from acceptance.drivers.git import Commit
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher, free_of

SUBJECT_LENGTH = 72
"""Where the contract cuts an instruction for its commit's subject."""


def continues(before: Sequence[Commit], by: int) -> Matcher[Sequence[Commit]]:
    """All commits of before with so many new ones on top, newest first; over no history it raises NoData."""
    if not before:
        raise NoData("the history to compare with is empty, so nothing can be said about it")

    def complaint(now: Sequence[Commit]) -> str | None:
        was, has = [commit.sha for commit in before], [commit.sha for commit in now]
        lost = [str(commit) for commit in before if commit.sha not in has]
        if lost:
            return f"{len(lost)} of {len(before)} commits gone: {', '.join(lost[:3])}"
        if has[len(has) - len(was) :] != was:
            return "the commits of before in another order, or with others among them"
        new = [str(commit) for commit in now[: len(has) - len(was)]]
        return None if len(new) == by else f"{len(new)} new commits: {', '.join(new[:6]) or 'none'}"

    return free_of(f"the {len(before)} commits of before and {by} on top", complaint)


def has_own_work(own: str, foreign: str) -> Matcher[Sequence[Commit]]:
    """Exactly one commit with the one subject, and none with the other, which is another thread's."""

    def complaints(log: Sequence[Commit]) -> Iterator[str]:
        count = sum(commit.subject == own for commit in log)
        if count != 1:
            yield f"{count} commits {own!r} among {len(log)}"
        yield from (f"the other thread's {commit}" for commit in log if commit.subject == foreign)

    return free_of(f"exactly one commit {own!r}, and none {foreign!r}", complaints)


def one_each(what: str) -> Matcher[Sequence[str]]:
    """Names, one for each person, of which no two are the same; `what` they name, in the singular."""
    return DescribedMatcher(
        f"a {what} for each of them",
        lambda names: len(set(names)) == len(names),
        lambda names: f"for {len(names)} only {len(set(names))}: {', '.join(sorted(set(names)))}",
    )


def subject_of(instruction: str) -> str:
    """The subject of an instruction's commit."""
    return " ".join(instruction.split())[:SUBJECT_LENGTH].strip()
