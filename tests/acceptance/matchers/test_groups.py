"""What is said about many sessions at once: what each matcher accepts, and what it says of the rest."""

from __future__ import annotations

import dataclasses
import json
import secrets
import threading
import uuid
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.ecs import Task
from acceptance.drivers.git import Commit
from acceptance.drivers.http import Answer
from acceptance.drivers.open_page import Frame
from acceptance.drivers.session_api import Activation
from acceptance.drivers.session_table import SessionRecord
from acceptance.drivers.workspace import FileEntry, Manifest
from acceptance.journeys.bystanders import BystanderObservations, undisturbed
from acceptance.journeys.customer_group import one_commit_each, own_words
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.task_concurrency import busiest, more_than, ran_at_once
from acceptance.journeys.timeline import Timeline
from acceptance.journeys.workspace_state import RepositoryState, sound_and_pushed
from acceptance.matchers import groups as m
from acceptance.strangers.id_entropy import (
    TOLD,
    random_bits,
    sessions_of_their_own,
    the_same_session,
    unguessable,
)
from acceptance.strangers.session_probe import SessionView, shows_own_work_only
from acceptance.waiting.concurrently import at_once
from acceptance.waiting.errors import NoData
from acceptance.waiting.sampler import Sample

T0 = datetime(2026, 1, 1, tzinfo=UTC)

NOWHERE: Any = None
"""No platform: nothing is looked at."""


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def task(name: str, created: float, stopped: float | None, started: float | None = None) -> Task:
    begun = at(created if started is None else started)
    end = None if stopped is None else at(stopped)
    return Task(
        f"arn:task/{name}", "service:edit", "?", "?", None, at(created), begun, end, None, None, False
    )


def session(name: str, *instructions: str) -> CustomerSession:
    session = Activation(name, "acme", f"{name}@x", "t", "initializing", f"https://x/session/{name}/", T0)
    return CustomerSession(
        Customer("acme", f"{name}@x"), session, T0, Timeline(), list(instructions), NOWHERE
    )


def commit(session: str, subject: str, parents: int = 1, thread: str = "t") -> Commit:
    trailers = MappingProxyType({"Session": (session,), "Thread": (thread,)} if session else {})
    return Commit("a" * 40, ("p",) * parents, subject, "", trailers)


def answer(text: str, status: int = 200) -> Answer:
    return Answer("GET", "https://x/", status, {"content-type": "text/html"}, text.encode())


def record(session: str, task_arn: str | None, status: str = "active") -> SessionRecord:
    absent: dict[str, Any] = {field.name: None for field in dataclasses.fields(SessionRecord)}
    known: dict[str, Any] = {
        "session_id": session,
        "user_id": "x",
        "task_arn": task_arn,
        "status": status,
        "raw": {},
    }
    return SessionRecord(**{**absent, **known})


def glimpse(name: str, heading: str) -> SessionView:
    health = f'{{"service": "edit", "sessionId": "{name}", "taskArn": "arn:1"}}'
    asked = session(name, f'Change the heading to "Words of {name}"')
    return SessionView(asked, record(name, "arn:1"), answer(f"<h1>{heading}</h1>"), answer(health))


def manifest(sha: str = "1") -> Manifest:
    return Manifest((FileEntry("index.astro", "file", 0o644, 1, sha, None),))


def sights(**changes: Any) -> BystanderObservations:
    pages = (Sample(0.0, answer("a")), Sample(0.1, answer("a")))
    return dataclasses.replace(
        BystanderObservations(session("anna"), pages, (), (), (), None, manifest(), manifest()), **changes
    )


def told(matcher: Matcher[Any], value: object) -> str:
    assert not matcher.matches(value)
    text = StringDescription()
    matcher.describe_mismatch(value, text)
    return str(text)


def test_calls_made_at_once_overlap_and_keep_their_order() -> None:
    meet = threading.Barrier(3)
    assert at_once([lambda n=n: (meet.wait(5), n)[1] for n in range(3)]) == (0, 1, 2)  # type: ignore[misc]


def test_a_call_that_fails_is_not_hidden_by_the_others() -> None:
    with pytest.raises(ZeroDivisionError):
        at_once([lambda: 1, lambda: 1 // 0])


def test_the_busiest_moment_is_found_between_any_two_looks() -> None:
    tasks = [task("a", 0, 10), task("b", 9.9, 20), task("c", 10, None), task("d", 21, 22)]
    found = busiest(tasks, since=at(0))
    assert (found.at, [one.task_id for one in found.tasks]) == (at(9.9), ["a", "b"])
    assert more_than(1, since=at(0)).matches(tasks)
    assert told(more_than(2, since=at(0)), tasks).startswith("2 at ")


def test_tasks_of_before_count_only_while_they_overlap() -> None:
    tasks = [task("old", 0, 10), task("new", 10, None)]
    assert len(busiest(tasks, since=at(10)).tasks) == 1
    assert len(busiest([task("old", 0, 11), task("new", 10, None)], since=at(10)).tasks) == 2
    with pytest.raises(NoData):
        busiest(tasks[:1], since=at(10))


def test_a_task_that_only_starts_up_does_not_run_yet() -> None:
    tasks = [task("old", 0, 10), task("new", 5, None, started=11)]
    assert told(ran_at_once(2, since=at(0)), tasks).startswith("1 at ")
    assert not ran_at_once(1, since=at(0)).matches(tasks), (
        "two were there, though one of them did not run yet"
    )
    assert ran_at_once(1, since=at(10)).matches(tasks)


def test_every_instruction_is_one_commit_in_its_sessions_order() -> None:
    sessions = [session("a", "one", "two"), session("b", "uno  due")]
    fits = one_commit_each(sessions)
    right = [commit("a", "two"), commit("b", "uno due"), commit("a", "one"), commit("", "the site")]
    assert fits.matches(right)
    assert "1 missing, the first 'two'" in told(fits, right[1:])
    assert "1 doubled, the first 'two'" in told(fits, [right[0], *right])
    assert "'two' where 'one' belongs" in told(fits, [right[2], right[1], right[0]])
    assert "is of session c" in told(fits, [commit("c", "theirs"), *right])
    assert "names u and not thread t" in told(fits, [commit("a", "two", thread="u"), *right[1:]])
    with pytest.raises(NoData):
        one_commit_each([session("a")])
    assert "is a merge" in told(fits, [commit("", "Merge", parents=2), *right])


def test_a_commit_has_the_words_of_its_own_instruction() -> None:
    asked = [f'Change the heading to "{words}"' for words in ("One", "Two & more")]
    sessions = [session("a", asked[0], "Add a page"), session("b", asked[1], asked[1])]
    told_of = (("a", asked[0]), ("a", "Add a page"), ("b", asked[1]), ("b", asked[1]))
    log = [
        dataclasses.replace(commit(whose, subject), sha=f"{place}" * 40)
        for place, (whose, subject) in reversed(list(enumerate(told_of)))
    ]
    fits = own_words(log, sessions)
    right = {"0" * 40: "<h1>One</h1>", "1" * 40: "", "2" * 40: "<h1>Two &amp; more</h1>", "3" * 40: ""}
    assert fits.matches(right)
    swapped = right | {"0" * 40: right["2" * 40], "2" * 40: ""}
    assert told(fits, swapped).startswith("0000000000")
    assert "adds <h1>Two &amp; more</h1>" in told(fits, swapped)
    assert told(fits, swapped).endswith("adds nothing")


def test_a_long_instruction_is_a_commit_with_a_short_subject() -> None:
    long = "x" * 100
    assert one_commit_each([session("a", long)]).matches([commit("a", "x" * 72)])


def test_sessions_are_spread_evenly_over_all_tasks() -> None:
    fits = m.spread_evenly(3)
    assert fits.matches([record(str(n), f"arn:{n % 3}") for n in range(10)])
    assert "3 on arn:0" in told(fits, [record("x", f"arn:{n}") for n in (0, 0, 0, 1, 2)])
    assert "1 on no task" in told(fits, [record("x", arn) for arn in ("arn:0", "arn:1", None)])
    assert told(fits, [record("x", "arn:0"), record("y", "arn:1")]) == "1 on arn:0, 1 on arn:1"


def test_a_session_beside_another_is_on_its_task() -> None:
    fits = m.is_on_a_task_of([record("a", "arn:0")])
    assert fits.matches(record("b", "arn:0"))
    assert told(fits, record("b", "arn:1")) == "arn:1, none of arn:0"


def test_each_preview_shows_its_own_words_only() -> None:
    fits = shows_own_work_only()
    both = [glimpse("anna", "Words of anna"), glimpse("bela", "Words of bela")]
    assert fits.matches(both)
    assert "not 'Words of bela'" in told(fits, [both[0], glimpse("bela", "Welcome")])
    stranger = dataclasses.replace(both[1], page=answer("<h1>Words of bela</h1><p>Words of anna</p>"))
    assert "shows 'Words of anna' of anna@x of acme" in told(fits, [both[0], stranger])
    elsewhere = dataclasses.replace(both[1], record=record("bela", "arn:2"))
    assert "is on arn:2, but served by" in told(fits, [both[0], elsewhere])
    with pytest.raises(NoData):
        fits.matches(both[:1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pages": (Sample(0.0, answer("a")), Sample(0.4, answer("no", 503)))}, "1 of 2 requests failed"),
        ({"pages": (Sample(0.0, answer("a")), Sample(0.4, answer("b")))}, "another page since 0.4 s"),
        ({"misses": (Sample(0.2, "connection refused"),)}, "at 0.2 s connection refused"),
        ({"frames": (Frame(0.0, "full-reload", {"type": "full-reload"}),)}, "1 messages to the open page"),
        ({"closed_because": "the server closed it"}, "connection of the open page closed: the server"),
        ({"after": manifest("2")}, "index.astro differs"),
    ],
)
def test_whoever_is_watched_over_must_notice_nothing(changes: dict[str, Any], words: str) -> None:
    assert undisturbed().matches([sights()])
    assert words in told(undisturbed(), [sights(), sights(**changes)])


def test_nothing_seen_is_no_proof_that_nothing_happened() -> None:
    for nothing in ([], [sights(pages=())]):
        with pytest.raises(NoData):
            undisturbed().matches(nothing)


def test_identifiers_are_judged_by_their_random_bits() -> None:
    assert random_bits([secrets.token_hex(16) for _ in range(30)]) == 128
    assert random_bits([secrets.token_urlsafe(16) for _ in range(30)]) > 122
    assert random_bits([str(uuid.uuid4()) for _ in range(200)]) == 122
    assert random_bits([f"{number:032x}" for number in range(30)]) < 10
    assert random_bits([f"{uuid.uuid1()}" for _ in range(30)]) < 60
    with pytest.raises(NoData):
        random_bits(["a", "b"])


def accepted(session_id: str, status: int = 202) -> Answer:
    told = {**dict.fromkeys(TOLD, "x"), "sessionId": session_id}
    return dataclasses.replace(answer(json.dumps(told)), status=status)


def test_answers_to_many_requests_are_told_apart() -> None:
    assert sessions_of_their_own().matches([accepted("a"), accepted("b")])
    assert "only 1 sessions in 2 answers" in told(sessions_of_their_own(), [accepted("a"), accepted("a")])
    assert "answered 429" in told(sessions_of_their_own(), [accepted("a"), accepted("b", 429)])
    untold = dataclasses.replace(answer('{"sessionId": "b", "status": "x"}'), status=202)
    assert "answered 202 without clientId, userId, threadId" in told(
        the_same_session(), [accepted("b"), untold]
    )
    assert the_same_session().matches([accepted("a"), accepted("a")])
    assert "2 sessions: a, b" in told(the_same_session(), [accepted("a"), accepted("b")])
    assert unguessable().matches([accepted(secrets.token_hex(16)) for _ in range(30)])
    assert "about" in told(unguessable(), [accepted(f"{number:032x}") for number in range(30)])


def test_a_preview_that_was_away_for_a_moment_is_told() -> None:
    blink = (Sample(0.25, dataclasses.replace(answer("waiting"), status=503)),)
    assert "1 times not called healthy, the first at 0.25 s" in told(undisturbed(), [sights(blinks=blink)])


def test_a_repository_is_in_order_only_with_everything_committed_and_pushed() -> None:
    right = RepositoryState((), (), "abc", "abc")
    assert sound_and_pushed().matches(right)
    for wrong in (
        RepositoryState(("broken link",), (), "abc", "abc"),
        RepositoryState((), ("index.astro",), "abc", "abc"),
        RepositoryState((), (), "abc", "old"),
        RepositoryState((), (), None, None),
    ):
        assert not sound_and_pushed().matches(wrong)


def test_all_sessions_of_a_client_have_the_status() -> None:
    fits = m.all_have_status("inactive")
    assert fits.matches([record("a", None, "inactive")])
    assert told(fits, [record("a", None, "inactive"), record("b", None)]) == "1 inactive, 1 active"
    assert told(fits, []) == "no session"
