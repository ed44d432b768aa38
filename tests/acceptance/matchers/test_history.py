"""What the suite says about what outlives a task: by what it accepts, and by what it says when it does not."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from behave.model import Table
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.ecs import Task
from acceptance.drivers.git import Commit
from acceptance.drivers.http import Answer, HttpClient
from acceptance.drivers.session_api import Activation
from acceptance.drivers.session_table import SessionRecord
from acceptance.drivers.shell import MountedShell
from acceptance.drivers.workspace import FileEntry, Manifest, Workspace, Workspaces
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.lookalikes import newcomer, workspace_of
from acceptance.journeys.recovery import Service, is_served_by
from acceptance.journeys.secret_file import Secret, keeps, pry, tells, ways_to
from acceptance.journeys.timeline import Timeline
from acceptance.journeys.workspace_fixtures import (
    FOLDERS,
    KINDS,
    LaidOut,
    inflict,
    lay_out,
    of_every_kind,
)
from acceptance.journeys.workspace_state import Snapshot, changed_by_one_commit, kept, unchanged_since
from acceptance.matchers.history import continues, subject_of
from acceptance.run.table import rows
from acceptance.waiting.errors import NoData
from tests.fake_server import serving

NOW = datetime(2026, 1, 1, tzinfo=UTC)

NOWHERE: Any = None
"""No platform: nothing is looked at."""


def commit(sha: str, subject: str = "", thread: str = "t", session: str = "s") -> Commit:
    trailers = MappingProxyType({"Thread": (thread,), "Session": (session,)})
    return Commit(sha * 10, (), subject or sha, "", trailers)


def answer(status: int, text: str = "") -> Answer:
    return Answer("GET", "https://x/", status, {"content-type": "text/html"}, text.encode())


def session(user: str = "anna@example.com", client: str = "acme") -> CustomerSession:
    session = Activation("s-1", client, user, "t", "initializing", "https://x/session/s-1/", NOW)
    return CustomerSession(Customer(client, user), session, NOW, Timeline(), [], NOWHERE)


def service(task: str, status: str = "active", says: str | None = None, page: int = 200) -> Service:
    blank = {field.name: None for field in dataclasses.fields(SessionRecord)}
    named = {"session_id": "s-1", "status": status, "task_arn": task, "preview_url": "https://x/session/s-1/"}
    body = f'{{"service": "edit", "sessionId": "s-1", "taskArn": "{says or task}"}}'
    return Service(SessionRecord(**{**blank, **named}), answer(200, body), answer(page))  # type: ignore[arg-type]


LOST = Task("old", "service:edit", "STOPPED", "STOPPED", None, None, None, None, None, None, False)
BEFORE = (commit("b"), commit("a"))
SECRET = Secret("5ec4e7" * 5, "/workspace/acme/anna/project/public/s.txt", "s.txt")


@pytest.mark.parametrize(
    ("matcher", "good"),
    [
        (continues(BEFORE, by=0), BEFORE),
        (continues(BEFORE, by=1), (commit("c"), *BEFORE)),
        (is_served_by(session(), LOST, another=True), service("new")),
        (is_served_by(session(), LOST, another=False), service("old")),
        (keeps(SECRET), (answer(403, "no"), answer(200, "<h1>Mine</h1>"))),
        (tells(SECRET), answer(200, SECRET.words)),
    ],
)
def test_accepts_what_it_says(matcher: Matcher[Any], good: object) -> None:
    assert matcher.matches(good)


@pytest.mark.parametrize(
    ("matcher", "bad", "words"),
    [
        (continues(BEFORE, by=0), (commit("c"), *BEFORE), "1 new commits: cccccccccc 'c'"),
        (continues(BEFORE, by=1), BEFORE, "0 new commits: none"),
        (continues(BEFORE, by=1), (commit("c"), commit("a")), "1 of 2 commits gone: bbbbbbbbbb 'b'"),
        (
            continues(BEFORE, by=1),
            (commit("b"), commit("c"), commit("a")),
            "the commits of before in another order, or with others among them",
        ),
        (
            is_served_by(session(), LOST, another=True),
            service("old"),
            "session active on old by its record; GET https://x/ answered 200",
        ),
        (
            is_served_by(session(), LOST, another=True),
            service("new", says="old"),
            "session active on new by its record",
        ),
        (is_served_by(session(), LOST, another=False), service("new"), "session active on new"),
        (is_served_by(session(), LOST, another=True), service("new", "draining"), "session draining on new"),
        (is_served_by(session(), LOST, another=True), service("new", page=503), "session active on new"),
        (
            keeps(SECRET),
            (answer(200, "x"), answer(200, f"a {SECRET.words} b")),
            "1 of 2 told it: GET https://x/ answered 200",
        ),
        (
            keeps(SECRET),
            (answer(200, f'export default "data:text/plain;base64,{SECRET.traces[1]}=="'),),
            "1 of 1 told it",
        ),
        (tells(SECRET), answer(404, SECRET.words), "GET https://x/ answered 404"),
    ],
)
def test_refuses_and_tells_why(matcher: Matcher[Any], bad: object, words: str) -> None:
    assert not matcher.matches(bad)
    said = StringDescription()
    matcher.describe_mismatch(bad, said)
    assert str(said).startswith(words)


@pytest.mark.parametrize(
    "check",
    [
        lambda: continues((), by=1),
        lambda: keeps(SECRET).matches(()),
    ],
)
def test_a_check_over_nothing_is_no_check(check: Any) -> None:
    with pytest.raises(NoData):
        check()


def test_a_commits_subject_is_the_instruction_on_one_line_cut_at_72() -> None:
    assert subject_of("Say  this\nand " + "x" * 80) == "Say this and " + "x" * 59


def test_files_that_are_kept_are_counted_but_for_the_one_that_was_to_change() -> None:
    def entry(path: str, sha: str) -> FileEntry:
        return FileEntry(path, "file", 0o644, 1, sha, None)

    before = Manifest((entry("a", "1"), entry("b", "1"), entry("c", "1")))
    now = Manifest((entry("a", "1"), entry("b", "2")))
    assert kept(before, now) == (1, 3)
    assert kept(before, now, but_for="b") == (1, 2)


def test_a_sentence_without_a_table_says_so() -> None:
    made: Any = Table
    assert rows(made(["who"], rows=[["anna"]])) == ({"who": "anna"},)
    for nothing in (None, made(["who"])):
        with pytest.raises(LookupError, match="needs a table"):
            rows(nothing)


@pytest.mark.parametrize(
    ("who", "same_folder_name"),
    [
        ("another person of the same client", False),
        ("the same person at another client", True),
        ("the same name at another domain", False),
    ],
)
def test_newcomers_are_not_the_owner_and_not_in_her_folder(
    tmp_path: Path, who: str, same_folder_name: bool
) -> None:
    owner, workspaces = session(), Workspaces(MountedShell(tmp_path, timedelta(seconds=5)))
    somebody = newcomer(who, owner.customer, "other")
    assert somebody != owner.customer
    hers = workspaces.of("acme", "anna@example.com").folder
    theirs = workspace_of(workspaces, session(somebody.user_id, somebody.client_id), owner).folder
    assert theirs != hers
    assert (theirs.split("/")[-2] == "anna") is same_folder_name


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


def test_ways_to_a_secret_are_asked_byte_for_byte() -> None:
    from aiohttp import web

    asked: list[str] = []

    async def remember(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.Response(text="no")

    ways = ways_to(SECRET, "https://x/session/mine/", "/workspace/acme/bert/project")
    with serving(remember) as origin:
        answers = pry(HttpClient(origin, ca_file=None, timeout=timedelta(seconds=5)), ways)
    assert len(answers) == len(asked) == 2 * len(ways)
    assert {"/session/mine/@fs" + SECRET.path, "/session/mine" + "/.." * 12 + SECRET.path} <= set(asked)
    assert all("s.txt" in path for path in asked)


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
