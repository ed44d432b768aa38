"""What a killed task, or a customer at a shell, may leave behind in a repository, put right without losing anything."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from .git import Git

_LOCK_AGE_S = 2.0
_LOCKS = ("*.lock", "refs/heads/*.lock", "refs/remotes/origin/*.lock")
_HALF_DONE = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}

log = logging.getLogger(__name__)


def remove_stale_locks(*git_folders: Path) -> None:
    """Remove git's lock files. The caller holds the user's lock, or has been refused by a lock: git holds one for
    moments, so one two seconds old has no living owner. A younger one, perhaps a customer's at a shell, is waited for.
    """
    for lock in {lock for folder in git_folders for pattern in _LOCKS for lock in folder.glob(pattern)}:
        try:
            age_s = time.time() - lock.stat().st_mtime
        except FileNotFoundError:
            continue
        threading.Event().wait(min(max(_LOCK_AGE_S - age_s, 0.0), _LOCK_AGE_S))
        lock.unlink(missing_ok=True)
        log.warning("removed %s, left behind by a process that is gone", lock)


def leave_half_done(git: Git, git_folder: Path) -> None:
    """End a merge, rebase, cherry-pick or revert where it stands: files stay as they are, what was being merged in
    stays reachable under `refs/rescued/`."""
    for marker, command in _HALF_DONE.items():
        if not (git_folder / marker).exists():
            continue
        other = git.answer("rev-parse", "--verify", "-q", marker) if marker.endswith("_HEAD") else None
        if other:
            git.run("update-ref", f"refs/rescued/{other[:12]}", other)
        git.run(command, "--quit")
        log.warning("ended an unfinished %s in %s", command, git.folder)
    unmerged = git.text("diff", "--name-only", "--diff-filter=U", "-z").split("\0")
    paths = [path for path in unmerged if path]
    if paths:
        git.run("reset", "-q", "--", *paths)


def attach_head(git: Git, branch: str) -> None:
    """Bring a detached HEAD back onto `branch` where that moves no file.

    Commits made meanwhile go onto the branch when they continue it, and stay reachable under `refs/rescued/` when
    they do not.
    """
    if git.answer("symbolic-ref", "-q", "HEAD") is not None:
        return
    head = git.run("rev-parse", "--verify", "HEAD")
    tip = git.answer("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
    if tip is not None and tip != head and git.answer("merge-base", "--is-ancestor", tip, head) is not None:
        git.run("update-ref", "-m", "continue the branch", f"refs/heads/{branch}", head, tip)
        tip = head
    if tip == head:
        git.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    elif not git.run("for-each-ref", "--contains", head, "--format=%(refname)"):
        git.run("update-ref", f"refs/rescued/{head[:12]}", head)
    log.warning("found %s on no branch, at %s", git.folder, head)
