"""Matchers by what they accept and by what they say."""

# ruff: noqa: E501 - one line per row reads as a table
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.ecs import Counts, EcsServicesState, Task
from acceptance.drivers.git import Commit
from acceptance.drivers.http import Answer
from acceptance.drivers.page_references import Reference
from acceptance.drivers.preview import Loaded
from acceptance.drivers.session_api import SessionStatus
from acceptance.drivers.workspace import FileEntry, Manifest
from acceptance.matchers import answers as m
from acceptance.waiting.errors import NoData
from acceptance.waiting.expect import expect
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.sampler import Sample


def answer(status: int, text: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        "GET", "https://x/", status, {"content-type": "text/html; charset=utf-8", **named}, text.encode()
    )


def task(name: str, status: str = "RUNNING", desired: str = "RUNNING") -> Task:
    return Task(
        f"arn:task/c/{name}", "service:edit", status, desired, None, None, None, None, None, None, True
    )


def state(edit: int = 0, *tasks: Task, hermes: int = 0) -> EcsServicesState:
    return EcsServicesState(Counts(hermes, hermes, 0), Counts(edit, edit, 0), (), tasks)


def status(word: str) -> SessionStatus:
    return SessionStatus("s-1", word, "https://x/", None, 0, None)


def commit(subject: str, **trailers: tuple[str, ...]) -> Commit:
    return Commit("a" * 40, (), subject, "", trailers)


def entry(path: str, sha: str = "1", mode: int = 0o644) -> FileEntry:
    return FileEntry(path, "file", mode, 1, sha, None)


def loaded(code: int, url: str) -> Loaded:
    return Loaded(Reference(url, "script", "https://x/"), answer(code))


WAITING = '<meta http-equiv="refresh" content="1">'
BEFORE = Manifest((entry("a"), entry("b")))


@pytest.mark.parametrize(
    ("matcher", "good"),
    [
        (m.answers_with(404), answer(404)),
        (m.is_live(), answer(200)),
        (m.answers_page(410, "ended"), answer(410, "it has ended")),
        (m.is_waiting_page(), answer(503, WAITING, retry_after="1")),
        (m.has_heading("Test Page"), answer(200, "<title>x</title><h1>Test\n <b>Page</b></h1>")),
        (m.refuses(400, field="userId"), answer(400, '{"error":{"code":"c","message":"m","field":"userId"}}', content_type="application/json")),
        (m.accepts_as("inactive"), answer(202, '{"status":"inactive"}', content_type="application/json")),
        (m.refuses(410, code="gone"), answer(410, '{"error":{"code":"gone","message":"m"}}', content_type="application/json")),
        (m.all_loaded(), [loaded(200, "https://x/"), loaded(200, "https://x/a.js")]),
        (m.has_status("active"), status("active")),
        (m.ended_otherwise("expired"), status("failed")),
        (m.asleep(), state()),
        (m.same_files_as(BEFORE), BEFORE),
        (m.within_budget(timedelta(seconds=60)), timedelta(seconds=60)),
        (m.always(m.asleep()), [Sample(0.0, state())]),
    ],
)  # fmt: skip
def test_accepts_what_it_says(matcher: Matcher[Any], good: object) -> None:
    assert matcher.matches(good)


@pytest.mark.parametrize(
    ("matcher", "bad", "words"),
    [
        (m.answers_with(404), answer(503, "<h1>Sorry</h1>", server="awselb/2.0"), "503 from load balancer: '<h1>Sorry</h1>'"),
        (m.is_live(), answer(200, "{}", content_type="application/json"), "200 of type 'application/json'"),
        (m.answers_page(410, "ended"), answer(410, "hm"), "410: 'hm' without 'ended'"),
        (m.is_waiting_page(), answer(200, WAITING), "200 without status 503, a Retry-After of whole seconds"),
        (m.is_waiting_page(), answer(503, "x", retry_after="1"), "503: 'x' without a refresh in the page"),
        (m.has_heading("Test"), answer(200, "<h1>Home</h1>"), "200 with the headings ['Home']"),
        (m.refuses(400), answer(404, "no"), "404: 'no'"),
        (m.refuses(400), answer(400, "{}", content_type="application/json"), "400 with {}: no error with code and message"),
        (m.refuses(400), answer(400, "<h1>Bad</h1>"), "400 of type 'text/html'"),
        (m.refuses(400, field="userId"), answer(400, '{"error":{"code":"c","message":"m"}}', content_type="application/json"), "400 that names field None"),
        (m.accepts_as("inactive"), answer(410, "gone"), "410: gone"),
        (m.accepts_as("inactive"), answer(202, '{"status":"draining"}', content_type="application/json"), '202: {"status":"draining"}'),
        (m.refuses(410, code="gone"), answer(410, '{"error":{"code":"c","message":"m"}}', content_type="application/json"), "410 with the code 'c'"),
        (m.all_loaded(), [loaded(200, "https://x/"), loaded(404, "https://x/a.js")], "1 of 2 did not: 404 script https://x/a.js (named by https://x/)"),
        (m.has_status("active"), None, "no record"),
        (m.has_status("active"), status("draining"), "session draining"),
        (m.ended_otherwise("expired"), status("expired"), "session expired"),
        (m.asleep(), state(0, task("a", "STOPPING", "STOPPED")), "hermes desired 0, running 0, pending 0; edit desired 0, running 0, pending 0; edit task a STOPPING"),
        (m.asleep(), state(hermes=1), "hermes desired 1, running 1, pending 0; edit desired 0, running 0, pending 0; no task"),
        (m.same_files_as(BEFORE), Manifest((entry("a", "2"), entry("c"))), "b is gone, a differs, c was added"),
        (m.same_files_as(BEFORE), Manifest((entry("a", mode=0o600), entry("b"))), "a differs"),
        (m.within_budget(timedelta(seconds=60)), timedelta(seconds=61.26), "61.3 s"),
        (m.always(m.answers_with(200)), [Sample(0.0, answer(200)), Sample(1.25, answer(503, "no"))], "1 of 2 moments were not: at 1.2 s 503: 'no'"),
    ],
)  # fmt: skip
def test_refuses_and_tells_why(matcher: Matcher[Any], bad: object, words: str) -> None:
    assert not matcher.matches(bad)
    said = StringDescription()
    matcher.describe_mismatch(bad, said)
    assert str(said).startswith(words)


@pytest.mark.parametrize(
    "check",
    [
        lambda: m.same_files_as(Manifest(())),
        lambda: m.always(m.asleep()).matches([]),
        lambda: m.all_loaded().matches([loaded(200, "https://x/")]),
    ],
)
def test_a_check_over_nothing_is_no_check(check: Any) -> None:
    with pytest.raises(NoData):
        check()


def test_expect_returns_what_it_accepts_and_tells_what_it_does_not() -> None:
    assert expect(3, DescribedMatcher("three", lambda n: n == 3, str), "count") == 3
    with pytest.raises(AssertionError) as failure:
        expect(timedelta(seconds=61), m.within_budget(timedelta(seconds=60)), "the cold start")
    assert str(failure.value) == "the cold start\n  expected: at most 60 s\n  but: 61.0 s"


def test_expect_demands_a_matcher() -> None:
    with pytest.raises(TypeError, match="needs a matcher"):
        expect("a", "b", "reason")  # type: ignore[arg-type]
