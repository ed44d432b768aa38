"""Workspaces are put away with their threads at the sites' remotes, and nobody else's are touched."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from acceptance.drivers.ecs_exec.channel import CommandOutput
from acceptance.drivers.shell import MountedShell
from acceptance.drivers.workspace import Workspaces
from acceptance.waiting.errors import CommandFailed, CutShort

AS = ("-c", "user.name=Anna", "-c", "user.email=anna@x.org")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *AS, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def workspaces(tmp_path: Path) -> Workspaces:
    (tmp_path / "workspace").mkdir()
    return Workspaces(MountedShell(tmp_path / "workspace", timedelta(seconds=20)))


def work(tmp_path: Path, client: str, user: str) -> tuple[Path, Path]:
    """A workspace with two threads, pushed to a remote of its own: both folders."""
    remote, project = (
        tmp_path / "remotes" / client / f"{user}.git",
        tmp_path / "workspace" / client / user / "project",
    )
    remote.mkdir(parents=True)
    project.mkdir(parents=True)
    git(remote, "init", "-q", "--bare", "-b", "main")
    git(project, "init", "-q", "-b", "main")
    git(project, "commit", "-q", "--allow-empty", "-m", "Starter")
    git(project, "remote", "add", "origin", str(remote))
    for thread in ("thread-a", "thread-b/c"):
        git(project, "branch", thread)
    git(project, "push", "-q", "origin", "--all")
    return project, remote


def branches(remote: Path) -> list[str]:
    return git(remote, "branch", "--format=%(refname:short)").split()


def test_the_clients_own_go_with_their_threads(tmp_path: Path, workspaces: Workspaces) -> None:
    made = [work(tmp_path, "acc-1", "anna"), work(tmp_path, "acc-1", "b o b"), work(tmp_path, "acme", "anna")]
    workspaces.block("acc-2", "anna")
    assert workspaces.clients() == ("acc-1", "acc-2", "acme")
    workspaces.put_away("acc-1", "acc-2", "never-was")
    assert workspaces.clients() == ("acme",)
    assert [branches(remote) for _, remote in made] == [
        ["main"],
        ["main"],
        ["main", "thread-a", "thread-b/c"],
    ]
    workspaces.put_away("acc-1")


def test_a_remote_that_does_not_obey_is_told_and_the_workspace_stays(
    tmp_path: Path, workspaces: Workspaces
) -> None:
    project, remote = work(tmp_path, "acc-1", "anna")
    git(remote, "config", "receive.denyDeletes", "true")
    with pytest.raises(CommandFailed):
        workspaces.put_away("acc-1")
    assert project.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".git"])
def test_what_is_no_client_is_refused(workspaces: Workspaces, name: str) -> None:
    with pytest.raises(ValueError, match="is no client id"):
        workspaces.put_away(name)


def test_it_is_said_again_where_the_task_that_heard_it_goes_meanwhile() -> None:
    class Going:
        """A shell whose task ends under what may not be said twice."""

        root = root_in_task = "/workspace"

        def run(self, script: str) -> CommandOutput:
            raise CutShort(script)

        def read(self, script: str) -> CommandOutput:
            assert "rm -rf /workspace/acc-1" in script
            return CommandOutput(0, b"", b"")

        def close(self) -> None:
            """Nothing was started."""

    Workspaces(Going()).put_away("acc-1")
