"""What a customer would miss: her files byte for byte, her history, and what she had not committed yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hamcrest.core.matcher import Matcher

from acceptance.drivers.git import Commit, Git
from acceptance.drivers.workspace import Manifest, Workspace
from acceptance.waiting.matcher import DescribedMatcher


@dataclass(frozen=True)
class Snapshot:
    """A workspace at one moment.

    `history` is of what is checked out, newest first; `uncommitted` are paths. `head` is the branch that is checked out
    (None: detached), `branches` has the commit of each.
    """

    files: Manifest
    history: tuple[Commit, ...]
    uncommitted: tuple[str, ...]
    head: str | None
    branches: Mapping[str, str]

    @classmethod
    def of(cls, workspace: Workspace) -> Snapshot:
        """Look now; nothing is changed by looking."""
        git = workspace.git
        return cls(workspace.manifest(), git.log(), git.uncommitted(), git.branch(), git.branches())


def apart_from(files: Manifest, paths: Collection[str]) -> Manifest:
    """The manifest without some paths; ValueError for one that is not in it, so that no exception is idle."""
    missing = [path for path in paths if files.entry(path) is None]
    if missing:
        raise ValueError(f"{', '.join(missing)}: no such path among the {len(files.entries)} of the manifest")
    return Manifest(tuple(entry for entry in files.entries if entry.path not in paths))


def kept(before: Manifest, now: Manifest) -> tuple[int, int]:
    """How many of the files of before are there byte for byte, and how many there were."""
    same = [path for path in before.files if before.entry(path) == now.entry(path)]
    return len(same), len(before.files)


def same_repository_as(before: Snapshot) -> Matcher[Snapshot]:
    """Nothing committed or staged since: HEAD on the same branch, each branch at its commit, no branch come or gone."""

    def changes(now: Snapshot) -> list[str]:
        told = []
        if now.uncommitted != before.uncommitted:
            told.append(f"uncommitted were {_listed(before.uncommitted)} and are {_listed(now.uncommitted)}")
        if now.head != before.head:
            told.append(f"HEAD was on {before.head} and is on {now.head}")
        for name in sorted({*before.branches, *now.branches}):
            was, has = (at.get(name, "not there") for at in (before.branches, now.branches))
            if was != has:
                told.append(f"branch {name} was {was} and is {has}")
        return told

    return DescribedMatcher(
        "the same HEAD and branches", lambda now: not changes(now), lambda now: "; ".join(changes(now))
    )


def _listed(paths: Collection[str]) -> str:
    return ", ".join(paths) or "none"


# Whether a workspace's repository is in order.


@dataclass(frozen=True)
class RepositoryState:
    """What `git fsck` finds, what is in no commit, and a branch here and at the remote (None: not there)."""

    problems: tuple[str, ...]
    uncommitted: tuple[str, ...]
    here: str | None
    pushed: str | None


def order_of(git: Git, branch: str) -> RepositoryState:
    """The repository as it is now."""
    return RepositoryState(
        git.problems(), git.uncommitted(), git.branches().get(branch), git.pushed().get(branch)
    )


def sound_and_pushed() -> Matcher[RepositoryState]:
    """Nothing broken, nothing uncommitted, and the branch at the remote as it is here."""
    return DescribedMatcher(
        "a sound repository without uncommitted changes, its branch pushed",
        lambda order: not order.problems and not order.uncommitted and order.here == order.pushed is not None,
        str,
    )
