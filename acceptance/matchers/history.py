"""Matchers about a workspace's history: it only grows, and holds each instruction once."""

from __future__ import annotations

from collections.abc import Sequence

from hamcrest.core.matcher import Matcher

from acceptance.drivers.git import Commit
from acceptance.waiting.errors import NoData
from acceptance.waiting.matcher import free_of

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


def subject_of(instruction: str) -> str:
    """The subject of an instruction's commit."""
    return " ".join(instruction.split())[:SUBJECT_LENGTH].strip()
