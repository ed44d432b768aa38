"""What the suite says about histories, tasks and secrets: by what it accepts, and what it says when it does not."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
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
from acceptance.drivers.workspace import Workspaces
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.recovery import Service, is_served
from acceptance.journeys.timeline import Timeline
from acceptance.matchers.history import continues, has_own_work, one_each, subject_of
from acceptance.run.table import rows
from acceptance.strangers.lookalikes import newcomer, workspace_of
from acceptance.strangers.secret_file import Secret, keeps, pry, tells, ways_to
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


def service(
    task: str, status: str = "active", says: str | None = None, page: int = 200, ip: str = "10.0.0.1"
) -> Service:
    blank = {field.name: None for field in dataclasses.fields(SessionRecord)}
    named = {"session_id": "s-1", "status": status, "task_arn": task, "preview_url": "https://x/session/s-1/"}
    body = f'{{"service": "edit", "sessionId": "s-1", "taskArn": "{says or task}"}}'
    record = SessionRecord(**{**blank, **named, "container_ip": ip})  # type: ignore[arg-type]
    return Service(record, dataclasses.replace(LOST, ip="10.0.0.1"), answer(200, body), answer(page))


LOST = Task("old", "service:edit", "STOPPED", "STOPPED", None, None, None, None, None, None, False)
BEFORE = (commit("b"), commit("a"))
SECRET = Secret("5ec4e7" * 5, "/workspace/acme/anna/project/public/s.txt", "s.txt")


@pytest.mark.parametrize(
    ("matcher", "good"),
    [
        (continues(BEFORE, by=0), BEFORE),
        (continues(BEFORE, by=1), (commit("c"), *BEFORE)),
        (is_served(session(), but_not_by=LOST), service("new")),
        (is_served(session(), by=LOST), service("old")),
        (is_served(session()), service("any")),
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
            is_served(session(), but_not_by=LOST),
            service("old"),
            "session active on old by its record; GET https://x/ answered 200",
        ),
        (
            is_served(session(), but_not_by=LOST),
            service("new", says="old"),
            "session active on new by its record",
        ),
        (is_served(session(), by=LOST), service("new"), "session active on new"),
        (is_served(session()), service("any", says="other"), "session active on any"),
        (is_served(session()), service("any", ip="10.0.0.9"), "session active on any at 10.0.0.9, where ECS"),
        (is_served(session()), service("any", "draining"), "session draining on any"),
        (is_served(session(), but_not_by=LOST), service("new", "draining"), "session draining on new"),
        (is_served(session(), but_not_by=LOST), service("new", page=503), "session active on new"),
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
    mailbox: Any = SimpleNamespace(elsewhere=lambda address: address.replace("@", "@elsewhere."))
    owner, workspaces = session(), Workspaces(MountedShell(tmp_path, timedelta(seconds=5)))
    somebody = newcomer(who, owner.customer, "other", mailbox)
    assert somebody != owner.customer
    hers = workspaces.of("acme", "anna@example.com").folder
    theirs = workspace_of(workspaces, session(somebody.user_id, somebody.client_id), owner).folder
    assert theirs != hers
    assert (theirs.split("/")[-2] == "anna") is same_folder_name


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


def test_a_thread_has_its_own_work_and_nothing_of_the_others() -> None:
    matcher = has_own_work("Mine", "Theirs")
    assert matcher.matches([commit("aaaaaaaaaaaa", "Mine"), commit("bbbbbbbbbbbb")])
    said = StringDescription()
    matcher.describe_mismatch([commit("aaaaaaaaaaaa", "Theirs")], said)
    assert str(said) == "0 commits 'Mine' among 1; the other thread's aaaaaaaaaa 'Theirs'"


def test_of_names_that_two_share_it_is_said_how_many_there_are() -> None:
    matcher = one_each("thread")
    assert matcher.matches(["t-1", "t-2"])
    said = StringDescription()
    matcher.describe_mismatch(["t-1", "t-2", "t-1"], said)
    assert str(said) == "for 3 only 2: t-1, t-2"
