"""Matchers about a workspace's history: it only grows, and holds each instruction once."""

from __future__ import annotations

from collections.abc import Sequence

from hamcrest.core.matcher import Matcher

from acceptance.drivers.git import Commit
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import DescribedMatcher

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

    return DescribedMatcher(
        f"the {len(before)} commits of before and {by} on top",
        lambda now: complaint(now) is None,
        lambda now: complaint(now) or "",
    )


def carries_out(instructions: Sequence[str], *, thread_id: str, session_id: str) -> Matcher[Sequence[Commit]]:
    """Each instruction is exactly one commit with the contract's subject and trailers, in the order they were given."""
    if not instructions:
        raise NoData("no instruction was given, so nothing can be said about how they were carried out")
    wanted = {"Thread": (thread_id,), "Session": (session_id,)}

    def complaint(now: Sequence[Commit]) -> str | None:
        places = []
        for subject in map(subject_of, instructions):
            found = [number for number, commit in enumerate(now) if commit.subject == subject]
            if len(found) != 1:
                return f"{len(found)} commits {subject!r} among {_subjects(now)}"
            trailers = {key: now[found[0]].trailers.get(key, ()) for key in wanted}
            if trailers != wanted:
                return f"commit {subject!r} with {trailers}"
            places.append(found[0])
        return None if places == sorted(places, reverse=True) else f"another order: {_subjects(now)}"

    return DescribedMatcher(
        f"each of {len(instructions)} instructions as one commit with {wanted}, in order",
        lambda now: complaint(now) is None,
        lambda now: complaint(now) or "",
    )


def subject_of(instruction: str) -> str:
    """The subject of an instruction's commit."""
    return " ".join(instruction.split())[:SUBJECT_LENGTH].strip()


def _subjects(commits: Sequence[Commit]) -> list[str]:
    return [commit.subject for commit in reversed(commits)]
