"""What a customer would miss: her files byte for byte, her history, and what she had not committed yet.

And whether her repository is in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from hamcrest.core.matcher import Matcher

from acceptance.drivers.git import Commit, Git
from acceptance.drivers.platform import Platform
from acceptance.drivers.workspace import Manifest, Workspace
from acceptance.matchers.answers import same_files_as
from acceptance.matchers.history import continues
from acceptance.waiting.matcher import DescribedMatcher, free_of, mismatch_of
from acceptance.waiting.observed import Observed


@dataclass(frozen=True)
class Snapshot:
    """A workspace at one moment.

    `history` is of what is checked out, newest first; `last_change` are the paths that its newest commit changed,
    `uncommitted` those that are in none. `head` is the branch that is checked out (None: detached), `branches` has the
    commit of each.
    """

    files: Manifest
    history: tuple[Commit, ...]
    last_change: tuple[str, ...]
    uncommitted: tuple[str, ...]
    head: str | None
    branches: Mapping[str, str]

    @classmethod
    def of(cls, workspace: Workspace) -> Snapshot:
        """Look now; nothing is changed by looking."""
        git = workspace.git
        return cls(
            workspace.manifest(),
            git.log(),
            git.changed_by("HEAD"),
            git.uncommitted(),
            git.branch(),
            git.branches(),
        )


def without(files: Manifest, path: str) -> Manifest:
    """The manifest without one path."""
    return Manifest(tuple(entry for entry in files.entries if entry.path != path))


def kept(before: Manifest, now: Manifest, *, but_for: str = "") -> tuple[int, int]:
    """How many of the files of before are there byte for byte, and how many there were, not counting one path."""
    wanted = [path for path in before.files if path != but_for]
    return sum(before.entry(path) == now.entry(path) for path in wanted), len(wanted)


def unchanged_since(before: Snapshot) -> Matcher[Snapshot]:
    """Every file byte for byte and no other, nothing committed or staged since, no branch come, gone or moved."""
    files = same_files_as(before.files)

    def changes(now: Snapshot) -> list[str]:
        told = [] if files.matches(now.files) else [mismatch_of(files, now.files)]
        if now.uncommitted != before.uncommitted:
            told.append(f"uncommitted were {_listed(before.uncommitted)} and are {_listed(now.uncommitted)}")
        if now.head != before.head:
            told.append(f"HEAD was on {before.head} and is on {now.head}")
        for name in sorted({*before.branches, *now.branches}):
            was, has = (at.get(name, "not there") for at in (before.branches, now.branches))
            if was != has:
                told.append(f"branch {name} was {was} and is {has}")
        return told

    return free_of("the workspace as it was", changes)


def changed_by_one_commit(before: Snapshot, path: str) -> Matcher[Snapshot]:
    """Exactly one commit since, which changed that path and no other; every other file, committed or not, as it was."""
    others, history = same_files_as(without(before.files, path)), continues(before.history, by=1)

    def complaints(now: Snapshot) -> Iterator[str]:
        files = without(now.files, path)
        if not others.matches(files):
            yield mismatch_of(others, files)
        if now.files.entry(path) in (None, before.files.entry(path)):
            yield f"{path} is not changed"
        if now.uncommitted != before.uncommitted:
            yield f"uncommitted were {_listed(before.uncommitted)} and are {_listed(now.uncommitted)}"
        if not history.matches(now.history):
            yield mismatch_of(history, now.history)
        elif now.last_change != (path,):
            yield f"the commit changed {_listed(now.last_change)}"

    return free_of(f"the workspace as it was, but for one commit of {path}", complaints)


def _listed(paths: Collection[str]) -> str:
    return ", ".join(paths) or "none"


def file_at(platform: Platform, path: str) -> Observed[bool]:
    """Whether there is a file at a path as the contract writes it: `/workspace/{client}/{user}/project/...`."""
    workspace, relative = platform.workspaces.by_path(path)
    return Observed(path, partial(workspace.holds, relative), platform.profile.patience.instruction)


@dataclass(frozen=True)
class RepositoryState:
    """What `git fsck` finds, what is in no commit, and a branch here and at the remote (None: not there)."""

    problems: tuple[str, ...]
    uncommitted: tuple[str, ...]
    here: str | None
    pushed: str | None

    def __str__(self) -> str:
        branches = f"branch {self.here or 'not'} here, {self.pushed or 'not'} at the remote"
        return f"problems: {_listed(self.problems)}; uncommitted: {_listed(self.uncommitted)}; {branches}"


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
