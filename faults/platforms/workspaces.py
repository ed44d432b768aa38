"""Platforms that mix threads, miscount or misname commits, or lose what lies in a workspace."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from faults.platforms.edit_part import after_opening
from faults.platforms.scenarios import (
    DAMAGED,
    FIRST_REQUEST,
    FIVE_HUNDRED,
    IN_TURN,
    ONE_COMMIT,
    OWN_WORKSPACE,
    TWO_THREADS,
    UNNAMED_THREAD,
)
from faults.registry import fault

if TYPE_CHECKING:
    from sandbox.services.edit.workspace import Workspace


@fault(
    "A commit's subject is the whole instruction, however long.",
    part="edit",
    caught_by=(ONE_COMMIT,),
    clause="Each carried-out instruction is exactly one commit",
    values=True,
)
def subjects_uncut() -> None:
    """The limit of 72 characters is not kept."""
    from sandbox.services.edit import commits

    commits._SUBJECT_LENGTH = 4000


@fault(
    "All commits of a thread are signed with its first session.",
    part="edit",
    caught_by=(IN_TURN,),
    clause="trailers `Thread: ...` and `Session: ...`",
)
def signed_by_the_first_session() -> None:
    """The `Session:` trailer of the thread's first commit is taken over."""
    import dataclasses

    from sandbox.services.edit import commits
    from sandbox.services.edit.git import Git

    commit = commits.commit

    def signed(git: Git, git_folder: Path, note: commits.Note) -> str:
        told = git.run("log", "--reverse", "--format=%(trailers:key=Session,valueonly)", note.branch)
        first = next((line for line in told.splitlines() if line), note.session_id)
        return commit(git, git_folder, dataclasses.replace(note, session_id=first))

    commits.commit = signed


@fault(
    "Every fourth instruction leaves a second, empty commit.",
    part="edit",
    caught_by=(ONE_COMMIT,),
    clause="Each carried-out instruction is exactly one commit",
)
def every_fourth_committed_twice() -> None:
    """A commit without a change follows it, with the same words."""
    from sandbox.services.edit import commits
    from sandbox.services.edit.git import Git

    commit, made = commits.commit, itertools.count(1)

    def sometimes_twice(git: Git, git_folder: Path, note: commits.Note) -> str:
        first = commit(git, git_folder, note)
        if next(made) % 4:
            return first
        again = git.run("commit-tree", f"{first}^{{tree}}", "-p", first, "-F", "-", stdin=note.message())
        git.run("update-ref", f"refs/heads/{note.branch}", again)
        return again

    commits.commit = sometimes_twice


@fault(
    "Every second push fails, and nobody notices.",
    part="edit",
    caught_by=(ONE_COMMIT,),
    clause="Commits are pushed to the site's remote",
)
def every_second_push_lost() -> None:
    """It is called done; what it should have brought goes with the next one."""
    from sandbox.services.edit.workspace import Workspace

    push, asked = Workspace.push, itertools.count(1)

    def sometimes(self: Workspace) -> bool:
        return push(self) if next(asked) % 2 else True

    Workspace.push = sometimes  # type: ignore[method-assign]


@fault(
    "A new thread begins with what was last done in another.",
    part="edit",
    caught_by=(TWO_THREADS,),
    clause="One branch per thread, `thread-{threadId}`",
)
def threads_begin_at_the_latest() -> None:
    """A new branch starts where `project` stands, whichever thread that is."""
    from sandbox.services.edit import workspace
    from sandbox.services.edit.git import Git

    def here(git: Git, branch: str) -> str:
        del git, branch
        return "HEAD"

    workspace._start_of = here


@fault(
    "Two threads whose names begin alike share a branch.",
    part="edit",
    caught_by=(TWO_THREADS,),
    clause="One branch per thread, `thread-{threadId}`",
)
def long_thread_names_cut() -> None:
    """A thread's name is cut at 12 characters."""
    from sandbox.services.edit import workspace

    sound = workspace.open_workspace

    def cut(places: workspace.Places, client_id: str, user_id: str, thread_id: str) -> workspace.Workspace:
        return sound(places, client_id, user_id, thread_id[:12].rstrip("."))

    workspace.open_workspace = cut


@fault(
    "A session without a thread resumes the user's oldest one.",
    part="session_api",
    caught_by=(UNNAMED_THREAD,),
    clause="A session without a `threadId` resumes that user's latest",
)
def oldest_thread_resumed() -> None:
    """The last of the list, in place of the first."""
    from sandbox.services.session_api import sessions
    from sandbox.services.session_api.backend import Backend

    latest = sessions.latest_thread

    def oldest(platform: Backend, client_id: str, user_id: str) -> str:
        own = list(sessions.of_user(platform.records.of_client(client_id), user_id))
        return own[-1].thread_id if own else latest(platform, client_id, user_id)

    sessions.latest_thread = oldest


@fault(
    "Whoever came second with a name finds nothing of her work again.",
    part="edit",
    caught_by=(OWN_WORKSPACE,),
    clause="the newcomer gets `{user}-{8 hex of the address's SHA-256}`",
)
def newcomers_begin_anew() -> None:
    """The newcomer's folder has a suffix by chance, another one each time."""
    from sandbox.services.edit import workspace, workspace_ownership

    claim = workspace_ownership.claim

    def by_chance(client_folder: Path, user_id: str) -> Path:
        folder = claim(client_folder, user_id)
        if folder.name == user_id.partition("@")[0]:
            return folder
        fresh = client_folder / f"{user_id.partition('@')[0]}-{secrets.token_hex(4)}"
        fresh.mkdir()
        return fresh

    workspace.claim = by_chance  # type: ignore[attr-defined]


@fault(
    "Opening a workspace deletes what git is told to ignore.",
    part="edit",
    caught_by=(FIVE_HUNDRED,),
    clause="A restart, an abrupt kill or a new session loses no file",
)
def ignored_files_cleared() -> None:
    """`git clean -X` whenever a workspace is opened."""

    def tidy(opened: Workspace) -> None:
        opened.git.run("clean", "-q", "-f", "-d", "-X")

    after_opening(tidy)


@fault(
    "Opening a workspace replaces its links by what they lead to.",
    part="edit",
    caught_by=(FIVE_HUNDRED,),
    clause="A restart, an abrupt kill or a new session loses no file",
)
def links_become_copies() -> None:
    """As a copy through a file system without links."""

    def copied(opened: Workspace) -> None:
        for path in [path for path in opened.root.rglob("*") if path.is_symlink() and path.is_file()]:
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content)

    after_opening(copied)


@fault(
    "Where a killed task left a lock, what was not committed is thrown away.",
    part="edit",
    caught_by=(DAMAGED,),
    clause="A restart, an abrupt kill or a new session loses no file",
)
def locks_cost_the_changes() -> None:
    """A stale lock is removed, and the files are put back to the last commit."""
    from sandbox.services.edit import repair, workspace
    from sandbox.services.edit.git import Git

    heal, remove = workspace.heal, repair.remove_stale_locks

    def forcing(root: Path, branch: str) -> None:
        git_folder = workspace._git_folder(root)
        if (git_folder / "index.lock").exists():
            remove(git_folder)
            Git(root).answer("checkout", "-q", "-f", "--", ".")
        heal(root, branch)

    workspace.heal = forcing


@fault(
    "Two instructions may be at work in one workspace at the same moment.",
    part="edit",
    caught_by=(IN_TURN,),
    clause="instructions never interleave in a file",
)
def nobody_waits_for_the_workspace() -> None:
    """An instruction does not wait for the customer's lock; opening her workspace does."""
    from sandbox.services.edit import workspace

    @contextmanager
    def at_once(self: workspace.Workspace) -> Iterator[None]:
        workspace.heal(self.root, self.branch)
        yield

    workspace.Workspace.alone = at_once  # type: ignore[method-assign]


@fault(
    "A customer's folder has the name of her whole address.",
    part="edit",
    caught_by=(FIRST_REQUEST,),
    clause="`{user}` is the local part of the address",
)
def folders_named_by_address() -> None:
    """`test@example.com` works in `test@example.com`."""
    from sandbox.services.edit import workspace

    def by_address(client_folder: Path, user_id: str) -> Path:
        folder = client_folder / user_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    workspace.claim = by_address  # type: ignore[attr-defined]
