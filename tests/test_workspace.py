"""The workspace driver on a real folder and a real repository, through the shell that reads a mounted one."""

from __future__ import annotations

import hashlib
import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from drivers.errors import CommandFailed, UnexpectedAnswer, Unreachable
from drivers.matchers import keeps_files_of, same_files_as
from drivers.shell import MountedShell
from drivers.workspace import Workspace, Workspaces, _manifest

MESSAGE = """Change the "heading"

Thread: t-1
Session: s-1
"""


def git(folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Edit", "GIT_AUTHOR_EMAIL": "edit@x",
        "GIT_COMMITTER_NAME": "Edit", "GIT_COMMITTER_EMAIL": "edit@x",
    }  # fmt: skip
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment
    )
    return done.stdout.decode().strip()


@pytest.fixture
def workspaces(tmp_path: Path) -> Workspaces:
    return Workspaces(MountedShell(tmp_path, timedelta(seconds=20)))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A site with odd names, a link and a history of two commits, pushed to a bare remote."""
    folder = tmp_path / "acme" / "test" / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "a b'ü.astro").write_bytes(b"\x00\xff\r\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("src")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "x").write_text("x")
    git(folder, "init", "-q", "-b", "thread-t-1")
    (folder / ".gitignore").write_text("node_modules\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Start")
    (folder / "page.astro").write_text("<h1>x</h1>")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", MESSAGE)
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    git(folder, "remote", "add", "origin", str(remote))
    git(folder, "push", "-q", "origin", "thread-t-1")
    return folder


@pytest.fixture
def workspace(workspaces: Workspaces, project: Path) -> Workspace:
    assert project.exists()
    return workspaces.of("acme", "test@example.com")


def test_the_manifest_has_every_path_with_mode_size_content_and_target(workspace: Workspace) -> None:
    manifest = workspace.manifest()
    assert [entry.path for entry in manifest.entries] == [
        ".gitignore", "link", "page.astro", "run.sh", "src", "src/a b'ü.astro",
    ]  # fmt: skip
    odd, link, script = (manifest.entry(path) for path in ("src/a b'ü.astro", "link", "run.sh"))
    assert odd and (odd.size, odd.sha256) == (4, hashlib.sha256(b"\x00\xff\r\n").hexdigest())
    assert link and (link.kind, link.target) == ("link", "src")
    assert script and script.mode == 0o755


def test_any_change_shows_in_the_manifest(workspace: Workspace, project: Path) -> None:
    before = workspace.manifest()
    assert same_files_as(before).matches(workspace.manifest())
    (project / "page.astro").write_text("<h1>y</h1>")
    assert not keeps_files_of(before).matches(workspace.manifest())
    (project / "page.astro").write_text("<h1>x</h1>")
    (project / "run.sh").chmod(0o644)
    assert not same_files_as(before).matches(workspace.manifest())
    (project / "run.sh").chmod(0o755)
    (project / "new").write_text("")
    assert keeps_files_of(before).matches(workspace.manifest())
    assert not same_files_as(before).matches(workspace.manifest())


def test_reading_and_writing_are_byte_for_byte(workspace: Workspace, project: Path) -> None:
    content = bytes(range(256)) * 100
    workspace.write("deep/er/it's.bin", content)
    assert (project / "deep/er/it's.bin").read_bytes() == content
    assert workspace.read("deep/er/it's.bin") == content
    assert sorted(path.name for path in (project / "deep/er").iterdir()) == ["it's.bin"]


def test_a_file_that_is_not_there(workspace: Workspace) -> None:
    assert workspace.holds("run.sh")
    assert not workspace.holds("none")
    assert not workspace.holds("src")
    with pytest.raises(CommandFailed, match="none"):
        workspace.read("none")


def test_the_history_with_subjects_and_trailers(workspace: Workspace, project: Path) -> None:
    newest, first = workspace.git.log()
    assert newest.subject == 'Change the "heading"'
    assert newest.trailers == {"Thread": ("t-1",), "Session": ("s-1",)}
    assert newest.parents == (first.sha,)
    assert (first.subject, first.parents, first.trailers) == ("Start", (), {})
    assert newest.sha == workspace.git.head() == git(project, "rev-parse", "HEAD")
    assert workspace.git.changed_by(newest.sha) == ("page.astro",)
    assert workspace.git.changed_by(first.sha) == (".gitignore", "link", "run.sh", "src/a b'ü.astro")
    assert workspace.git.is_ancestor(first.sha, newest.sha)
    assert not workspace.git.is_ancestor(newest.sha, first.sha)


def test_branches_here_and_at_the_remote(workspace: Workspace, project: Path) -> None:
    head = workspace.git.head()
    assert workspace.git.branch() == "thread-t-1"
    assert workspace.git.branches() == {"thread-t-1": head}
    assert workspace.git.pushed() == {"thread-t-1": head}
    git(project, "checkout", "-q", "--detach")
    assert workspace.git.branch() is None


def test_uncommitted_changes_and_reading_leaves_the_repository_alone(
    workspace: Workspace, project: Path
) -> None:
    (project / "page.astro").write_text("<h1>y</h1>")
    (project / "new").write_text("")
    index = (project / ".git" / "index").read_bytes()
    assert workspace.git.uncommitted() == ("new", "page.astro")
    assert (project / ".git" / "index").read_bytes() == index


def test_a_damaged_repository_is_told(workspace: Workspace, project: Path) -> None:
    assert workspace.git.problems() == ()
    blob = git(project, "rev-parse", "HEAD:page.astro")
    (project / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert any(blob in line for line in workspace.git.problems())


def test_where_workspaces_are(workspaces: Workspaces, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"test@other.org").hexdigest()[:8]
    assert workspaces.of_newcomer("acme", "test@other.org").folder == f"{tmp_path}/acme/test-{digest}/project"
    found, path = workspaces.by_path("/workspace/acme/test/project/src/components/Header.astro")
    assert (found.folder, path) == (f"{tmp_path}/acme/test/project", "src/components/Header.astro")
    with pytest.raises(ValueError, match="expected /workspace"):
        workspaces.by_path("/etc/passwd")


def test_a_blocked_workspace_and_a_client_removed(workspaces: Workspaces, tmp_path: Path) -> None:
    workspaces.block("acme-1", "eve")
    assert (tmp_path / "acme-1/eve/project").is_file()
    assert workspaces.folders_of("acme-1") == ("eve",)
    workspaces.remove_client("acme-1")
    workspaces.remove_client("acme-1")
    assert workspaces.folders_of("acme-1") == ()
    for name in ("", "..", "a/b"):
        with pytest.raises(ValueError, match="no client id"):
            workspaces.remove_client(name)


def test_revisions_are_checked(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="no revision"):
        workspace.git.log("HEAD; rm -rf /")


def test_what_is_no_archive_is_no_manifest() -> None:
    with pytest.raises(UnexpectedAnswer, match="expected a tar archive"):
        _manifest(b"junk" * 200)


def test_a_script_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="did not end"):
        MountedShell(tmp_path, timedelta(seconds=0.2)).run("sleep 30")
