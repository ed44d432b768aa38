"""Whether a workspace's repository is in order."""

from __future__ import annotations

from dataclasses import dataclass

from hamcrest.core.matcher import Matcher

from drivers.facts import Fact
from drivers.git import Git


@dataclass(frozen=True)
class Order:
    """What `git fsck` finds, what is in no commit, and a branch here and at the remote (None: not there)."""

    problems: tuple[str, ...]
    uncommitted: tuple[str, ...]
    here: str | None
    pushed: str | None


def order_of(git: Git, branch: str) -> Order:
    """The repository as it is now."""
    return Order(git.problems(), git.uncommitted(), git.branches().get(branch), git.pushed().get(branch))


def sound_and_pushed() -> Matcher[Order]:
    """Nothing broken, nothing uncommitted, and the branch at the remote as it is here."""
    return Fact(
        "a sound repository without uncommitted changes, its branch pushed",
        lambda order: not order.problems and not order.uncommitted and order.here == order.pushed is not None,
        str,
    )
