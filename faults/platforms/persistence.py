"""Platforms that lose, repeat, rewrite or give away a customer's work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from faults.platforms.edit_part import after_opening
from faults.platforms.scenarios import (
    COMES_BACK,
    DAMAGED,
    EDIT_DIES,
    FIVE_HUNDRED,
    GOES_ON,
    HALF_DONE,
    HERMES_DIES,
    HERMES_GONE,
    ONE_COMMIT,
    OWN_WORKSPACE,
    SECRET,
    TRICKS,
    TWO_THREADS,
    WAKING,
)
from faults.registry import fault

if TYPE_CHECKING:
    from sandbox.services.edit.workspace import Workspace


@fault(
    "Opening a workspace throws away what is not committed.",
    part="edit",
    caught_by=(FIVE_HUNDRED, DAMAGED),
    clause="loses no file, committed or not",
)
def reset_on_opening() -> None:
    """`git reset --hard` and `git clean` whenever a workspace is opened."""

    def tidy(opened: Workspace) -> None:
        opened.git.run("reset", "-q", "--hard")
        opened.git.run("clean", "-q", "-f", "-d")

    after_opening(tidy)


@fault(
    "Opening a workspace makes all its files alike: what could be run can no longer be run.",
    part="edit",
    caught_by=(FIVE_HUNDRED,),
    clause="100% of files kept across container restarts, byte for byte",
)
def modes_evened_out() -> None:
    """Every file gets mode 644."""

    def plain(opened: Workspace) -> None:
        for path in opened.root.rglob("*"):
            if path.is_file() and not path.is_symlink() and ".git" not in path.parts:
                path.chmod(0o644)

    after_opening(plain)


@fault(
    "A session whose task died is never served again.",
    part="hermes",
    caught_by=(COMES_BACK,),
    clause="its sessions come back on the replacement",
)
def lost_sessions_stay_lost() -> None:
    """A session is placed once and never again."""
    from sandbox.services.hermes.capacity import Fleet, Task
    from sandbox.services.hermes.reconcile import Reconciler
    from sandbox.services.hermes.session import Session

    place = Reconciler._place

    def once(self: Reconciler, session: Session, fleet: Fleet) -> Task | None:
        return place(self, session, fleet) if session.record.task_arn is None else None

    Reconciler._place = once  # type: ignore[method-assign]


@fault(
    "An instruction that was carried out before its task died is carried out again on the next one.",
    part="edit",
    caught_by=(COMES_BACK, EDIT_DIES),
    clause="Each carried-out instruction is exactly one commit",
)
def instructions_repeated() -> None:
    """Nothing counts as carried out."""
    from sandbox.services.edit.workspace import Workspace

    def never(self: Workspace, instruction_id: str) -> str | None:
        del self, instruction_id
        return None

    Workspace.carried_out = never  # type: ignore[method-assign]


@fault(
    "What a killed task had begun stays as it was left: in the files, and in no commit.",
    part="edit",
    caught_by=(HALF_DONE,),
    clause="Each carried-out instruction is exactly one commit",
)
def half_done_work_forgotten() -> None:
    """No note of an instruction under way is ever found."""
    from sandbox.services.edit import commits

    def nothing(git_folder: Path) -> commits.Note | None:
        del git_folder
        return None

    commits.unfinished = nothing


@fault(
    "Hermes takes an instruction for done when it has received it.",
    part="hermes",
    caught_by=(HERMES_DIES,),
    clause="SQS FIFO queue from the session API and the mail intake",
)
def done_when_received() -> None:
    """Commands are deleted from the queue as they are received."""
    from sandbox.services.hermes.commands import Commands

    receive = Commands.receive

    def hasty(self: Commands) -> bool:
        found = receive(self)
        for command in list(self._held.values()):
            self.done(command)
        return found

    Commands.receive = hasty  # type: ignore[method-assign]


@fault(
    "Hermes knows only the sessions that it was told of itself, none of its predecessor's.",
    part="hermes",
    caught_by=(HERMES_GONE, WAKING),
    clause="Hermes runs while any session is not ended",
)
def predecessors_sessions_unknown() -> None:
    """Open sessions are never read from the table."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    def none(self: Records, *statuses: str) -> list[SessionRecord]:
        del self, statuses
        return []

    Records.with_status = none  # type: ignore[method-assign]


@fault(
    "Each instruction's commit takes the place of the one before.",
    part="edit",
    caught_by=(ONE_COMMIT, GOES_ON),
    clause="rewrites no commit",
)
def history_rewritten() -> None:
    """As `git commit --amend`: the branch's newest commit is replaced by one with the new files."""
    from sandbox.services.edit import commits
    from sandbox.services.edit.git import Git

    sound = commits.commit

    def amend(git: Git, git_folder: Path, note: commits.Note) -> str:
        made = sound(git, git_folder, note)
        if git.answer("rev-parse", "--verify", "-q", f"{made}~2") is None:
            return made
        amended = git.run(
            "commit-tree", f"{made}^{{tree}}", "-p", f"{made}~2", "-F", "-", stdin=note.message()
        )
        git.run("update-ref", f"refs/heads/{note.branch}", amended)
        return amended

    commits.commit = amend


@fault(
    "The customer's history stays in the workspace and is never pushed.",
    part="edit",
    caught_by=(ONE_COMMIT,),
    clause="Commits are pushed to the site's remote",
)
def never_pushed() -> None:
    """A push that does nothing and says that all is well."""
    from sandbox.services.edit.workspace import Workspace

    def pretend(self: Workspace) -> bool:
        del self
        return True

    Workspace.push = pretend  # type: ignore[method-assign]


@fault(
    "All threads of a customer are worked on in one branch.",
    part="edit",
    caught_by=(TWO_THREADS,),
    clause="One branch per thread, `thread-{threadId}`",
)
def threads_share_a_branch() -> None:
    """Whatever the thread, the branch is the same."""
    from sandbox.services.edit import workspace

    sound = workspace.open_workspace

    def one_for_all(
        places: workspace.Places, client_id: str, user_id: str, thread_id: str
    ) -> workspace.Workspace:
        del thread_id
        return sound(places, client_id, user_id, "all")

    workspace.open_workspace = one_for_all


@fault(
    "What was committed by hand and on no branch is thrown away.",
    part="edit",
    caught_by=(DAMAGED,),
    clause="git history intact",
)
def detached_work_thrown_away() -> None:
    """A detached head is brought back by force to where the branch was."""
    from sandbox.services.edit import repair
    from sandbox.services.edit.git import Git

    def force(git: Git, branch: str) -> None:
        if git.answer("symbolic-ref", "-q", "HEAD") is None:
            git.run("checkout", "-q", "-f", branch)

    repair.attach_head = force


@fault(
    "Whoever has the same name before the @ gets the same workspace.",
    part="edit",
    caught_by=(OWN_WORKSPACE,),
    clause="the newcomer gets `{user}-{8 hex of the address's SHA-256}`",
)
def workspaces_by_name_only() -> None:
    """The folder is the local part of the address, whoever it belongs to."""
    from sandbox.services.edit import workspace

    def by_name(client_folder: Path, user_id: str) -> Path:
        folder = client_folder / user_id.partition("@")[0]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    workspace.claim = by_name  # type: ignore[attr-defined]


@fault(
    "A preview serves every file of the disk to whoever knows its path.",
    part="edit",
    caught_by=(SECRET, TRICKS),
    clause="Code that a site brings (pages, endpoints, configuration) runs fenced",
)
def previews_serve_the_whole_disk() -> None:
    """The dev server may serve everything below `/`, and no fence is around it."""
    from sandbox.services.edit import preview
    from sandbox.services.edit.fence import Fence

    def none(_fence: Fence) -> None:
        pass

    Fence.orders = none  # type: ignore[assignment, method-assign]
    settings = preview.preview_settings

    def generous(**rest: Any) -> dict[str, object]:
        return {**settings(**rest), "allow": ["/"]}

    preview.preview_settings = generous
