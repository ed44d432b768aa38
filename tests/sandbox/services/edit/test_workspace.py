"""Workspaces: how they open, how their history grows, and what survives."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.services.edit import commits
from sandbox.services.edit.commits import Note
from sandbox.services.edit.draft import Change
from sandbox.services.edit.workspace import Places, Workspace, open_workspace
from sandbox.services.edit.workspace_ownership import OpenError, user_lock

USER = "test@example.com"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    starter = tmp_path / "starter"
    (starter / "src").mkdir(parents=True)
    (starter / "src" / "index.txt").write_text("one\n\ntwo\n\nthree\n")
    (starter / ".gitignore").write_text("node_modules/\n")
    root = tmp_path / "workspace"
    root.mkdir()
    return Places(root, str(tmp_path / "remotes"), starter)


def opened(places: Places, thread: str = "t1", user: str = USER) -> Workspace:
    return open_workspace(places, "client", user, thread)


def note(workspace: Workspace, instruction_id: str, changes: Sequence[Change], text: str = "Do it") -> Note:
    thread = workspace.branch.removeprefix("thread-")
    return Note(workspace.branch, thread, "s1", instruction_id, USER, text, tuple(changes))


def carry_out(workspace: Workspace, instruction_id: str, *changes: Change, text: str = "Do it") -> str:
    with workspace.alone():
        planned = note(workspace, instruction_id, changes, text)
        workspace.write(planned)
        return workspace.commit(planned)


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=n@e", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def files_of(folder: Path, commit: str) -> list[str]:
    return git(folder, "show", "--name-only", "--format=", commit).split()


def test_a_new_workspace_is_the_starter_on_the_threads_branch_with_a_remote(places: Places) -> None:
    workspace = opened(places)
    assert workspace.root == places.root / "client" / "test" / "project"
    assert git(workspace.root, "branch", "--show-current") == "thread-t1"
    assert (workspace.root / "src" / "index.txt").read_text().startswith("one")
    assert workspace.push()
    remote = Path(places.remote("client", "test"))
    assert git(remote, "rev-parse", "thread-t1") == workspace.head()
    assert git(remote, "rev-parse", "main") == workspace.head()


def test_an_instruction_is_one_commit_with_its_subject_and_trailers(places: Places) -> None:
    workspace = opened(places)
    before = workspace.head()
    long = "Say   something\nlong " + "x" * 80
    made = carry_out(workspace, "i1", Change("src/a.txt", None, "a"), text=long)
    assert git(workspace.root, "rev-list", f"{before}..HEAD") == made
    assert git(workspace.root, "log", "-1", "--format=%s") == " ".join(long.split())[:72]
    trailers = git(workspace.root, "log", "-1", "--format=%(trailers)")
    assert trailers.split("\n") == ["Thread: t1", "Session: s1", "Instruction: i1"]
    assert git(workspace.root, "status", "--porcelain") == ""
    assert workspace.carried_out("i1") == made
    assert workspace.carried_out("i") is None


def test_a_commit_holds_only_what_the_instruction_changed(places: Places) -> None:
    workspace = opened(places)
    index = workspace.root / "src" / "index.txt"
    index.write_text("one\n\ntwo\n\nthree, by hand\n")
    (workspace.root / "src" / "notes.txt").write_text("mine")
    (workspace.root / "src" / "staged.txt").write_text("staged")
    git(workspace.root, "add", "src/staged.txt")
    before = index.read_text()
    made = carry_out(workspace, "i1", Change("src/index.txt", before, before.replace("one", "ONE")))
    assert files_of(workspace.root, made) == ["src/index.txt"]
    assert git(workspace.root, "show", f"{made}:src/index.txt") == "ONE\n\ntwo\n\nthree"
    assert index.read_text() == "ONE\n\ntwo\n\nthree, by hand\n"
    status = git(workspace.root, "status", "--porcelain").split("\n")
    assert sorted(line.strip() for line in status) == [
        "?? src/notes.txt",
        "A  src/staged.txt",
        "M src/index.txt",
    ]


def test_a_killed_task_s_instruction_is_finished_once_on_the_next_opening(places: Places) -> None:
    workspace = opened(places)
    begun = note(workspace, "i1", [Change("src/a.txt", None, "a"), Change("src/b.txt", None, "b")])
    commits.write(workspace.git, workspace.root / ".git", begun)
    (workspace.root / "src" / "b.txt").unlink()
    workspace.close()
    again = opened(places)
    assert again.carried_out("i1") == again.head()
    assert files_of(again.root, again.head()) == ["src/a.txt", "src/b.txt"]
    again.close()
    assert opened(places).head() == again.head()


def test_a_task_killed_right_after_the_commit_leaves_no_file_that_looks_changed(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened(places)
    begun = note(workspace, "i1", [Change("src/a.txt", None, "a")])
    commits.write(workspace.git, workspace.root / ".git", begun)
    with monkeypatch.context() as killed:
        killed.setattr(commits, "_close", lambda *_rest: None)
        made = commits.commit(workspace.git, workspace.root / ".git", begun)
    assert git(workspace.root, "status", "--porcelain") != ""
    workspace.close()
    again = opened(places)
    assert (again.head(), git(again.root, "status", "--porcelain")) == (made, "")


def test_what_a_killed_git_leaves_behind_stops_nobody(places: Places) -> None:
    workspace = opened(places)
    (workspace.root / ".git" / "index.lock").touch()
    (workspace.root / ".git" / "HEAD.lock").touch()
    workspace.close()
    again = opened(places)
    carry_out(again, "i1", Change("src/a.txt", None, "a"))
    assert git(again.root, "status", "--porcelain") == ""


def test_a_push_that_was_killed_does_not_stop_those_after_it(places: Places) -> None:
    workspace = opened(places)
    assert workspace.push()
    remote = Path(places.remote("client", "test"))
    (remote / "refs" / "heads" / "thread-t1.lock").touch()
    made = carry_out(workspace, "i1", Change("src/a.txt", None, "a"))
    assert workspace.push()
    assert git(remote, "rev-parse", "thread-t1") == made


def test_a_remote_that_is_gone_is_no_fatality(places: Places) -> None:
    workspace = opened(places)
    remote = Path(places.remote("client", "test"))
    remote.rename(remote.with_suffix(".away"))
    assert not workspace.push()


def test_a_half_done_merge_is_left_without_losing_a_byte(places: Places) -> None:
    workspace = opened(places)
    index = workspace.root / "src" / "index.txt"
    git(workspace.root, "switch", "-q", "-c", "other")
    index.write_text("other\n")
    git(workspace.root, "commit", "-qam", "other")
    other = git(workspace.root, "rev-parse", "other")
    git(workspace.root, "switch", "-q", "thread-t1")
    carry_out(workspace, "i0", Change("src/index.txt", index.read_text(), "mine\n"))
    head = workspace.head()
    with pytest.raises(subprocess.CalledProcessError):
        git(workspace.root, "merge", "other")
    conflicted = index.read_text()
    made = carry_out(workspace, "i1", Change("src/a.txt", None, "a"))
    assert files_of(workspace.root, made) == ["src/a.txt"]
    assert index.read_text() == conflicted
    assert git(workspace.root, "rev-parse", "HEAD~1") == head
    assert other in git(workspace.root, "for-each-ref", "--format=%(objectname)", "refs/rescued").split()


def test_commits_on_a_detached_head_are_kept(places: Places) -> None:
    workspace = opened(places)
    git(workspace.root, "checkout", "-q", "--detach")
    (workspace.root / "src" / "d.txt").write_text("d")
    git(workspace.root, "add", "-A")
    git(workspace.root, "commit", "-qm", "by hand")
    by_hand = git(workspace.root, "rev-parse", "HEAD")
    workspace.close()
    again = opened(places)
    assert git(again.root, "branch", "--show-current") == "thread-t1"
    assert again.head() == by_hand


def test_another_thread_gets_a_worktree_while_a_preview_shows_the_first_and_keeps_it(places: Places) -> None:
    first = opened(places, "t1")
    second = opened(places, "t2")
    assert second.root == places.root / "client" / "test" / "threads" / "t2"
    carry_out(second, "i1", Change("src/second.txt", None, "2"))
    assert not (first.root / "src" / "second.txt").exists()
    assert git(first.root, "branch", "--show-current") == "thread-t1"
    second.close()
    first.close()
    assert opened(places, "t2").root == second.root


def test_a_thread_takes_over_project_only_when_it_is_free_and_clean(places: Places) -> None:
    first = opened(places, "t1")
    carry_out(first, "i1", Change("src/first.txt", None, "1"))
    first.close()
    second = opened(places, "t2")
    assert second.root == first.root
    assert not (second.root / "src" / "first.txt").exists()
    (second.root / "src" / "uncommitted.txt").write_text("u")
    second.close()
    third = opened(places, "t3")
    assert third.root != second.root
    assert (second.root / "src" / "uncommitted.txt").read_text() == "u"


def test_pushes_at_the_same_moment_all_arrive(places: Places) -> None:
    sessions = [opened(places), opened(places)]
    gate = threading.Barrier(2)

    def work(name: str, workspace: Workspace) -> list[bool]:
        pushed = []
        for number in range(8):
            carry_out(workspace, f"{name}{number}", Change(f"src/{name}{number}.txt", None, name))
            gate.wait()
            pushed.append(workspace.push())
            gate.wait()
        return pushed

    with ThreadPoolExecutor(2) as pool:
        assert [all(pushed) for pushed in pool.map(work, "ab", sessions)] == [True, True]
    assert git(Path(places.remote("client", "test")), "rev-parse", "thread-t1") == sessions[0].head()


def test_a_push_that_fails_is_made_up_for_by_the_next(places: Places) -> None:
    workspace = opened(places)
    remote = Path(places.remote("client", "test"))
    away = remote.with_name("away")
    remote.rename(away)
    carry_out(workspace, "i1", Change("src/a.txt", None, "a"))
    assert not workspace.push()
    away.rename(remote)
    carry_out(workspace, "i2", Change("src/b.txt", None, "b"))
    assert workspace.push()
    assert git(remote, "rev-parse", "thread-t1") == workspace.head()


@pytest.mark.parametrize("damage", ["file", "no history", "unreadable history"])
def test_a_workspace_that_cannot_be_opened_says_so_and_stays_as_it_is(places: Places, damage: str) -> None:
    project = places.root / "client" / "test" / "project"
    project.parent.mkdir(parents=True)
    if damage == "file":
        project.write_text("keep me")
    else:
        (project / "src").mkdir(parents=True)
        (project / "src" / "kept.txt").write_text("keep me")
    if damage == "unreadable history":
        (project / ".git").mkdir()
    with pytest.raises(OpenError, match="Your workspace cannot be opened"):
        opened(places)
    kept = project if damage == "file" else project / "src" / "kept.txt"
    assert kept.read_text() == "keep me"


def test_a_remote_that_has_the_site_already_is_where_it_comes_from(places: Places, tmp_path: Path) -> None:
    workspace = opened(places)
    made = carry_out(workspace, "i1", Change("src/a.txt", None, "a"))
    workspace.push()
    workspace.close()
    (places.root / "client").rename(tmp_path / "lost")
    again = opened(places)
    assert again.head() == made
    assert (again.root / "src" / "a.txt").read_text() == "a"


def test_instructions_of_one_customer_wait_for_each_other(places: Places) -> None:
    workspace = opened(places)
    with ThreadPoolExecutor(1) as pool:
        with user_lock(workspace.folder):
            waiting = pool.submit(carry_out, workspace, "i1", Change("src/a.txt", None, "a"))
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
            assert workspace.carried_out("i1") is None
        assert waiting.result(30) == workspace.carried_out("i1")
