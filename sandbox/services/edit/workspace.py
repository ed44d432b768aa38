"""A customer's workspace: a git repository on a file system that outlives tasks, one branch per thread."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import commits, repair
from .fence import SYSTEM, Fence
from .git import Git, GitError
from .workspace_ownership import Checkout, OpenError, claim, push_lock, user_lock

_MAIN = "main"
_MINE = ("node_modules/", "dist/", ".astro/")
_NOT_COPIED = shutil.ignore_patterns("node_modules", "dist", ".astro", ".git")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Places:
    """`root`: the workspace file system. `remotes`: the prefix of the sites' remotes, a folder of bare repositories
    or a git URL. `starter`: the folder a new site starts from."""

    root: Path
    remotes: str
    starter: Path

    def remote(self, client_id: str, folder: str) -> str:
        """The address of one site's remote."""
        return f"{self.remotes.rstrip('/')}/{client_id}/{folder}.git"


class Workspace:
    """An opened workspace, on its thread's branch. Close it when its session ends.

    `root` is the folder with the site: `project`, or a git worktree while `project` serves another thread. The site's
    own code can write there, git's configuration and links included: whatever works in it does so inside `fence`.
    """

    def __init__(self, folder: Path, root: Path, branch: str, checkout: Checkout, fence: Fence) -> None:
        self.folder = folder
        self.fence = fence
        self.root = root
        self.branch = branch
        self.git = Git(root)
        self._git_folder = _git_folder(root)
        self._checkout = checkout

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the customer's folder alone and in order while the block runs: instructions never interleave.

        Raises OpenError when the workspace can no longer be used.
        """
        with user_lock(self.folder), _customer_words():
            heal(self.root, self.branch)
            if _head_branch(self._git_folder) != self.branch:
                self.git.run("switch", "-q", self.branch)
            yield

    def carried_out(self, instruction_id: str) -> str | None:
        """The commit that carried the instruction out, or None."""
        return commits.carried_out(self.git, self.branch, instruction_id)

    def write(self, note: commits.Note) -> None:
        """Change the files as noted; `commit` must follow under the same `alone`."""
        commits.write(self.git, self._git_folder, note)

    def commit(self, note: commits.Note) -> str:
        """Commit what `write` changed and nothing else; the commit's id."""
        return commits.commit(self.git, self._git_folder, note)

    def push(self) -> bool:
        """Push this thread's branch and the main branch; False, and a line in the log, when that fails.

        Whatever was not pushed goes along with the next push.
        """
        with push_lock(self.folder):
            return self.fence.run(self._push)

    def _push(self) -> bool:
        branches = [
            f"refs/heads/{name}:refs/heads/{name}" for name in (_MAIN, self.branch) if self._has(name)
        ]
        for last in (False, True):
            try:
                self.git.run("push", "-q", "origin", *branches)
            except GitError as error:
                log.warning(
                    "not pushed, to be tried again at the latest with the next instruction: %s", error
                )
                if last or not self._free_remote():
                    return False
            else:
                return True
        return False

    def _free_remote(self) -> bool:
        """Take away what a task killed in the middle of a push left behind; whether the remote is one of ours."""
        remote = Path(self.git.answer("remote", "get-url", "origin") or "")
        if remote.is_absolute():
            repair.remove_stale_locks(remote)
        return remote.is_absolute()

    def head(self) -> str:
        """The branch's newest commit."""
        return self.git.run("rev-parse", "--verify", f"refs/heads/{self.branch}")

    def close(self) -> None:
        """Let other threads have `project`. Nothing on disk changes."""
        self._checkout.release()

    def _has(self, branch: str) -> bool:
        return self.git.answer("rev-parse", "--verify", "-q", f"refs/heads/{branch}") is not None


def open_workspace(places: Places, client_id: str, user_id: str, thread_id: str) -> Workspace:
    """The customer's workspace on its thread's branch, made on first use and healed where a task was killed.

    A thread has `project` when nobody's preview shows another thread there and nothing uncommitted would be carried
    over; otherwise a worktree of its own, which it keeps. Raises OpenError.
    """
    folder = claim(places.root / client_id, user_id)
    branch = f"thread-{thread_id}"
    remote = places.remote(client_id, folder.name)
    checkout = Checkout(folder)

    def root() -> Path:
        project = folder / "project"
        _ensure_project(places, project, remote)
        return _root_for(project, folder / "threads" / thread_id, branch, checkout)

    try:
        with user_lock(folder), _customer_words():
            _ensure_remote(remote)
            fence = _fence(places, folder, remote)
            return fence.run(lambda: Workspace(folder, root(), branch, checkout, fence))
    except BaseException:
        checkout.release()
        raise


def _fence(places: Places, folder: Path, remote: str) -> Fence:
    """Around work in the customer's folder: that and its remote, which lies behind an address or in a folder."""
    read = (*map(Path, SYSTEM), places.starter)
    if Path(remote).is_absolute():
        return Fence(read, write=(folder, Path(remote)))
    return Fence((*read, Path("/etc")), write=(folder,), connect=True)


def heal(root: Path, branch: str) -> None:
    """Put right what a killed task left behind in this working tree, and finish the instruction it had begun."""
    git = Git(root)
    git_folder = _git_folder(root)
    repair.remove_stale_locks(git_folder, _common_folder(git_folder))
    repair.leave_half_done(git, git_folder)
    repair.attach_head(git, branch)
    note = commits.unfinished(git_folder)
    if note is not None and note.branch == _head_branch(git_folder):
        commits.finish(git, git_folder, note)
        log.warning("finished instruction %s, which a killed task had begun", note.instruction_id)


def _root_for(project: Path, worktree: Path, branch: str, checkout: Checkout) -> Path:
    git = Git(project)
    current = _head_branch(_git_folder(project))
    if worktree.is_dir() and (worktree / ".git").is_file():
        heal(worktree, branch)
        return worktree
    heal(project, current or branch)
    current = _head_branch(_git_folder(project))
    if current == branch:
        checkout.share()
        return project
    if checkout.alone() and not git.run("status", "--porcelain"):
        git.run("switch", "-q", *_branch_arguments(git, branch))
        checkout.share()
        return project
    git.run("worktree", "prune")
    git.run("worktree", "add", "-q", *_worktree_arguments(git, branch, worktree))
    checkout.release()
    return worktree


def _branch_arguments(git: Git, branch: str) -> tuple[str, ...]:
    if git.answer("rev-parse", "--verify", "-q", f"refs/heads/{branch}") is not None:
        return (branch,)
    return ("--no-track", "-c", branch, _start_of(git, branch))


def _worktree_arguments(git: Git, branch: str, worktree: Path) -> tuple[str, ...]:
    if git.answer("rev-parse", "--verify", "-q", f"refs/heads/{branch}") is not None:
        return (str(worktree), branch)
    return ("--no-track", "-b", branch, str(worktree), _start_of(git, branch))


def _start_of(git: Git, branch: str) -> str:
    """Where a new thread begins: where the remote has it, else at the published site."""
    for reference in (f"refs/remotes/origin/{branch}", f"refs/heads/{_MAIN}", f"refs/remotes/origin/{_MAIN}"):
        if git.answer("rev-parse", "--verify", "-q", reference) is not None:
            return reference
    return "HEAD"


def _ensure_project(places: Places, project: Path, remote: str) -> None:
    """Have a usable repository at `project`. It appears whole or not at all."""
    for leftover in project.parent.glob(".project-*"):
        shutil.rmtree(leftover)
    if project.is_dir() and not project.is_symlink() and not any(project.iterdir()):
        project.rmdir()
    if not project.exists() and not project.is_symlink():
        staging = project.parent / f".project-{secrets.token_hex(8)}"
        _make_project(places, staging, remote)
        staging.rename(project)
    elif not project.is_dir() or project.is_symlink():
        raise OpenError("Your workspace cannot be opened: a file lies where the website's folder should be.")
    elif not (project / ".git").is_dir():
        raise OpenError("Your workspace cannot be opened: the website's history is missing.")
    elif Git(project).answer("rev-parse", "--verify", "-q", "HEAD^{commit}") is None:
        raise OpenError("Your workspace cannot be opened: the website's history cannot be read.")


def _make_project(places: Places, folder: Path, remote: str) -> None:
    Git(folder.parent).run("clone", "-q", "--template=", remote, str(folder))
    git = Git(folder)
    exclude = folder / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("\n".join(_MINE) + "\n")
    if git.answer("rev-parse", "--verify", "-q", "HEAD") is None:
        git.run("symbolic-ref", "HEAD", f"refs/heads/{_MAIN}")
        shutil.copytree(places.starter, folder, ignore=_NOT_COPIED, dirs_exist_ok=True)
        git.run("add", "-A")
        git.run("commit", "-q", "-m", "Start the site")


def _ensure_remote(remote: str) -> None:
    """Make the bare repository when remotes are folders; elsewhere whoever hosts the sites has made it."""
    path = Path(remote)
    if not path.is_absolute() or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.parent / f".{path.name}-{secrets.token_hex(8)}"
    Git(path.parent).run("init", "-q", "--bare", "--template=", f"--initial-branch={_MAIN}", str(staging))
    staging.rename(path)


def _git_folder(root: Path) -> Path:
    """The working tree's own git folder (gitrepository-layout): `.git`, or what a worktree's `.git` file names."""
    marker = root / ".git"
    if marker.is_file():
        return Path(marker.read_text().removeprefix("gitdir:").strip())
    return marker


def _common_folder(git_folder: Path) -> Path:
    return git_folder.parent.parent if git_folder.parent.name == "worktrees" else git_folder


def _head_branch(git_folder: Path) -> str | None:
    """The branch that HEAD is on, or None when it is detached. Read from the file: it is asked often."""
    try:
        head = (git_folder / "HEAD").read_text().strip()
    except OSError as error:
        raise OpenError("Your workspace cannot be opened: the website's history is missing.") from error
    prefix = "ref: refs/heads/"
    return head.removeprefix(prefix) if head.startswith(prefix) else None


@contextmanager
def _customer_words() -> Iterator[None]:
    """Turn what goes wrong on disk into a sentence for the customer, and keep the particulars in the log."""
    try:
        yield
    except (GitError, OSError) as error:
        log.exception("workspace unusable")
        raise OpenError(
            "Your workspace cannot be used: its files or its history cannot be read or written."
        ) from error
