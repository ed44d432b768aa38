"""What the suite finds in a workspace, and what it says of one that is not as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.shell import MountedShell
from acceptance.drivers.workspace import FileEntry, Manifest, Workspace, Workspaces
from acceptance.journeys.workspace_fixtures import (
    FOLDERS,
    KINDS,
    LaidOut,
    inflict,
    lay_out,
    of_every_kind,
)
from acceptance.journeys.workspace_state import Snapshot, changed_by_one_commit, kept, unchanged_since


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=n@e", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    project = tmp_path / "project"
    (project / "src" / "pages").mkdir(parents=True)
    (project / "src" / "pages" / "about.astro").write_text("<h1>About</h1>")
    git(project, "init", "-q", "-b", "thread-t")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "Start")
    return Workspace(MountedShell(tmp_path, timedelta(seconds=30)), str(project))


def test_a_workspace_is_named_as_the_contract_names_it(tmp_path: Path) -> None:
    shell = MountedShell(tmp_path, timedelta(seconds=30))
    assert str(Workspaces(shell).of("acme", "anna@example.com")) == "/workspace/acme/anna/project"


def test_the_specimens_are_of_every_kind_and_half_of_them_committed(workspace: Workspace) -> None:
    lay_out(workspace)
    seen = Snapshot.of(workspace)
    specimens = [entry for entry in seen.files.entries if entry.path.startswith("keepsakes/")]
    files = [entry for entry in specimens if entry.kind == "file"]
    assert of_every_kind(500).matches(LaidOut.found_in(workspace))
    assert len(files) == 500
    assert {entry.mode for entry in files} == {0o644, 0o755, 0o600}
    assert {entry.target for entry in specimens if entry.kind == "link"} == {
        "two words 1.txt",
        "../not there",
        "deeply",
    }
    assert f"{FOLDERS[1]}/empty" in {entry.path for entry in specimens if entry.kind == "folder"}
    assert sum(entry.size == 0 for entry in files) == 100
    assert workspace.read(f'{FOLDERS[0]}/it\'s $HOME; "quoted" & * [1] 2.txt').startswith(
        b"\0\1\xff\xfe\r\n\x1a"
    )
    committed = workspace.git.changed_by("HEAD")
    assert sum(path.endswith(".txt") for path in committed) == 250
    assert f"{FOLDERS[0]}/plain 1.txt" in seen.uncommitted
    assert sum(path.endswith(".txt") for path in seen.uncommitted) == 251


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_done_and_seen_without_being_mended(workspace: Workspace, kind: str) -> None:
    inflict(workspace, kind)
    seen = Snapshot.of(workspace)
    folder = Path(workspace.folder)
    signs: dict[str, Sequence[object]] = {
        "changes not committed": (len(seen.uncommitted), 3),
        "a forgotten index lock": ((folder / ".git" / "index.lock").exists(), True),
        "a half-written file": (seen.files.entry("src/components/Half.astro") is not None, True),
        "a detached head": (workspace.git.branch(), None),
    }
    found, expected = signs[kind]
    assert found == expected
    assert Snapshot.of(workspace) == seen


def test_files_of_every_kind_are_counted_in_the_workspace(workspace: Workspace) -> None:
    lay_out(workspace)
    workspace.run(
        f"rm '{workspace.folder}/{FOLDERS[1]}/plain 1.txt' && chmod -R 644 '{workspace.folder}'/*/*/*.txt"
    )
    found = StringDescription()
    of_every_kind(500).describe_mismatch(LaidOut.found_in(workspace), found)
    assert str(found).split("; ") == [
        "not 500 files, but 499",
        "not 250 of them uncommitted, but 249",
        "not a file that can be run",
        "not a file for its owner only",
    ]


def by_hand(workspace: Workspace, command: str) -> None:
    who = "git -c user.name=x -c user.email=x@x commit -q"
    workspace.run(f"cd '{workspace.folder}' && {command.replace('git commit', who)}")


def complaint(matcher: Matcher[Snapshot], workspace: Workspace) -> str:
    now, found = Snapshot.of(workspace), StringDescription()
    assert not matcher.matches(now)
    matcher.describe_mismatch(now, found)
    return str(found)


def test_a_rewritten_commit_of_the_same_number_is_another_repository(workspace: Workspace) -> None:
    before = Snapshot.of(workspace)
    assert unchanged_since(before).matches(Snapshot.of(workspace))
    by_hand(workspace, "git commit --amend -m other")
    assert len(Snapshot.of(workspace).history) == len(before.history)
    told = complaint(unchanged_since(before), workspace)
    assert " was " in told and told.startswith("branch ")


def test_a_file_that_came_is_a_change(workspace: Workspace) -> None:
    before = Snapshot.of(workspace)
    by_hand(workspace, "echo x > note.txt")
    assert complaint(unchanged_since(before), workspace) == (
        "note.txt was added; uncommitted were none and are note.txt"
    )


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("true", "src/pages/about.astro is not changed; 0 new commits: none"),
        (
            "echo x > src/pages/about.astro",
            "uncommitted were none and are src/pages/about.astro; 0 new commits",
        ),
        (
            "echo x > src/pages/about.astro; echo y > b.txt; git add . && git commit -m Two",
            "b.txt was added; the commit changed b.txt, src/pages/about.astro",
        ),
        (
            "echo x > src/pages/about.astro; git commit -am One; rm src/pages/about.astro; git commit -am Two",
            "src/pages/about.astro is not changed; 2 new commits: ",
        ),
    ],
)
def test_more_or_less_than_the_one_commit_that_was_asked_for_is_told(
    workspace: Workspace, command: str, told: str
) -> None:
    before = Snapshot.of(workspace)
    by_hand(workspace, command)
    assert complaint(changed_by_one_commit(before, "src/pages/about.astro"), workspace).startswith(told)


def test_one_commit_leaves_what_was_uncommitted_so(workspace: Workspace) -> None:
    by_hand(workspace, "echo x > note.txt")
    before = Snapshot.of(workspace)
    by_hand(workspace, "echo x > src/pages/about.astro; git commit -am One")
    assert changed_by_one_commit(before, "src/pages/about.astro").matches(Snapshot.of(workspace))
    by_hand(workspace, "echo new > src/new.astro; git add src && git commit -m Two")
    after_one = Snapshot.of(workspace)
    assert not changed_by_one_commit(before, "src/pages/about.astro").matches(after_one)


def test_files_that_are_kept_are_counted_but_for_the_one_that_was_to_change() -> None:
    def entry(path: str, sha: str) -> FileEntry:
        return FileEntry(path, "file", 0o644, 1, sha, None)

    before = Manifest((entry("a", "1"), entry("b", "1"), entry("c", "1")))
    now = Manifest((entry("a", "1"), entry("b", "2")))
    assert kept(before, now) == (1, 3)
    assert kept(before, now, but_for="b") == (1, 2)
