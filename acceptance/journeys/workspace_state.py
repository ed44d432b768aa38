"""What a customer would miss: her files byte for byte, her history, and what she had not committed yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hamcrest.core.matcher import Matcher

from acceptance.drivers.git import Commit, Git
from acceptance.drivers.workspace import Manifest, Workspace
from acceptance.waiting.matcher import DescribedMatcher


@dataclass(frozen=True)
class Snapshot:
    """A workspace at one moment. `history` is of what is checked out, newest first; `uncommitted` are paths."""

    files: Manifest
    history: tuple[Commit, ...]
    uncommitted: tuple[str, ...]

    @classmethod
    def of(cls, workspace: Workspace) -> Snapshot:
        """Look now; nothing is changed by looking."""
        return cls(workspace.manifest(), workspace.git.log(), workspace.git.uncommitted())


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
