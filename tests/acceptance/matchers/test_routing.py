"""Matchers about routing by what they accept and by what they say."""

# ruff: noqa: E501 - one line per row reads as a table
from __future__ import annotations

import dataclasses
import json
from types import MappingProxyType
from typing import Any

import pytest
from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer
from acceptance.drivers.page_references import Reference
from acceptance.drivers.preview import Loaded
from acceptance.matchers import routing as m
from acceptance.strangers import forwarded_request as a
from acceptance.strangers.update_sockets import answered_once, unanswered
from acceptance.waiting.errors import NoData, UnexpectedAnswer
from acceptance.waiting.expect import expect

ROOT = "1-67891233-abcdef012345678912345678"
OWN = "1-00000001-000000000000000000000001"


def answer(status: int, text: str = "", kind: str = "text/html", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        "GET", "https://x/", status, MappingProxyType({"content-type": kind, **named}), text.encode()
    )


def document(found: object, status: int = 200, **headers: str) -> Answer:
    return answer(status, json.dumps(found), "application/json", **headers)


def at(path: str, given: Answer) -> Answer:
    return dataclasses.replace(given, url=f"https://x{path}")


def health(task: str, session: str = "s") -> Answer:
    return document({"service": "edit", "sessionId": session, "taskArn": task})


def loaded(url: str) -> Loaded:
    return Loaded(Reference(url, "script", "https://x/session/s/"), answer(200))


def arrived(addresses: tuple[str, ...] = ("1.1.1.1",), trace: str | None = None, *names: str) -> a.Arrival:
    return a.Arrival("GET /api/health", addresses, "https", "443", trace, names)


PAGE = loaded("https://x/session/s")
BALANCER = {"server": "awselb/2.0"}


@pytest.mark.parametrize(
    ("matcher", "good"),
    [
        (m.answers_from(404, "load balancer"), answer(404, **BALANCER)),
        (m.answers_from(200, "edit"), answer(200, **BALANCER, x_service="edit")),
        (m.answers_from(200, "hermes"), at("/hermes/health", document({"service": "hermes"}, x_service="hermes"))),
        (m.answers_from(404, "session-api"), at("/api/x", document({"error": {"code": "c", "message": "m"}}, 404, x_service="session-api"))),
        (m.each(m.answers_from(200, "edit"), 2), [answer(200, x_service="edit")] * 2),
        (m.reads("has ended"), answer(410, "This preview Has Ended")),
        (m.reads("“Tea & <i>”"), answer(410, "<p>No “Tea &amp; &lt;i&gt;”</p>")),
        (m.sends_on_to("https", "x", 8443, "/a?b=%2F"), answer(301, location="https://x:8443/a?b=%2F")),
        (m.sends_on_to("https", "x", None, "/"), answer(301, location="https://x:443/")),
        (m.lies_under("/session/s/"), [PAGE, loaded("https://x/session/s/a.js")]),
        (m.names_none_of(["10.0.0.1"]), [answer(200, "10.0.0.2")]),
        (m.reached_only("edit", named=True), [answer(200, x_service="edit"), answer(404, x_service="session-api")]),
        (m.reached_only("edit", named=False), [answer(200), document({"service": "edit"}), document({"a": 1})]),
        (m.carried_nothing_out(named=False), [answer(200), document({"service": "edit"})]),
        (m.carried_nothing_out(named=True), [answer(404, x_service="edit"), document({"error": {}}, 404, x_service="hermes")]),
        (m.all_from({"s": "t1"}), [("s", health("t1"))]),
        (answered_once(m.answers_from(400, "load balancer")), [answer(400, **BALANCER)]),
        (unanswered(), []),
        (a.came_from("1.1.1.1"), arrived()),
        (a.came_from("1.1.1.1", "9.9.9.9"), arrived(("9.9.9.9", "1.1.1.1"))),
        (a.came_from(None), arrived(("8.8.8.8",))),
        (a.came_by("https", "443"), arrived()),
        (a.has_trace(), arrived(trace=f"Root={ROOT}")),
        (a.continues(ROOT), arrived(trace=f"Self={OWN};Root={ROOT}")),
        (a.without_hop_headers(), arrived(("1.1.1.1",), None, "host", "connection")),
    ],
)  # fmt: skip
def test_accepts_what_it_says(matcher: Matcher[Any], good: object) -> None:
    assert matcher.matches(good)


@pytest.mark.parametrize(
    ("matcher", "bad", "words"),
    [
        (m.answers_from(404, "load balancer"), answer(404, "x", **BALANCER, x_service="edit"), "404 from edit: 'x'"),
        (m.answers_from(404, "edit"), answer(503, "x", **BALANCER), "503 from load balancer: 'x'"),
        (m.answers_from(200, "edit"), answer(200, server="other"), "200 from nobody known"),
        (m.answers_from(200, "hermes"), at("/hermes/health?a", document({}, x_service="hermes")), "200 from hermes, but its body does not name the service hermes: '{}'"),
        (m.answers_from(404, "session-api"), at("/api/x", document({}, 404, x_service="session-api")), "404 from session-api, but its body has no error with code and message"),
        (m.answers_from(404, "session-api"), at("/api/x", answer(404, "no", x_service="session-api")), "but its body has no error"),
        (m.each(m.answers_from(200, "edit"), 2), [answer(200, x_service="edit"), answer(503, "x", x_service="edit")], "number 2: 503 from edit: 'x'"),
        (m.each(m.answers_from(200, "edit"), 2), [answer(200, x_service="edit")], "1 answers"),
        (m.reads("ended"), answer(410, "hm"), "text/html: 'hm'"),
        (m.reads("“<i>”"), answer(410, "No “<i>”"), "text/html: 'No “<i>”'"),
        (m.reads("ended"), answer(410, "ended", "text/plain"), "text/plain: 'ended'"),
        (m.sends_on_to("https", "x", None, "/a?b"), answer(301, location="https://x:443/a"), "301 to https://x:443/a"),
        (m.sends_on_to("https", "x", None, "/a"), answer(302, location="https://x:443/a"), "302 to https://x:443/a"),
        (m.sends_on_to("https", "x", None, "/a"), answer(301, location="http://x/a"), "301 to http://x/a"),
        (m.sends_on_to("https", "x", None, "/a"), answer(301), "301 to nowhere"),
        (m.lies_under("/session/s/"), [PAGE, loaded("https://x/@vite/client")], "1 of 2 elsewhere: https://x/@vite/client"),
        (m.lies_under("/session/s/"), [PAGE, loaded("https://x/session/s2/a")], "1 of 2 elsewhere: https://x/session/s2/a"),
        (m.names_none_of(["10.0.0.1"]), [answer(200, "at 10.0.0.1:80")], "GET https://x/ answered 200 with 10.0.0.1"),
        (m.names_none_of(["10.0.0.1"]), [answer(301, location="http://10.0.0.1/")], "GET https://x/ answered 301 with 10.0.0.1"),
        (m.reached_only("edit", named=True), [answer(200, x_service="hermes")], "answered 200 from hermes"),
        (m.carried_nothing_out(named=True), [document({"sessions": []}, x_service="edit")], "answered 200 with '{\"sessions\": []}'"),
        (m.carried_nothing_out(named=True), [answer(204, kind="")], "answered 204"),
        (m.carried_nothing_out(named=True), [answer(404)], "answered 404"),
        (m.carried_nothing_out(named=False), [document({"sessions": []})], "answered 200 with '{\"sessions\": []}'"),
        (m.reached_only("edit", named=False), [document({"service": "hermes"}, 200, **BALANCER)], "answered 200 from hermes"),
        (m.all_from({"s": "t1"}), [("s", health("t1")), ("s", health("t2"))], "1 of 2 were not: s: GET https://x/ answered 200"),
        (m.all_from({"s": "t1"}), [("s", health("t1", "other"))], "1 of 1 were not"),
        (answered_once(m.answers_from(400, "edit")), [], "0 answers"),
        (answered_once(m.answers_from(400, "edit")), [answer(101, x_service="edit")], "101 from edit"),
        (unanswered(), [answer(101)], "answered 101"),
        (a.came_from("1.1.1.1"), arrived(("2.2.2.2",)), "for 2.2.2.2"),
        (a.came_from("1.1.1.1"), arrived(("9.9.9.9", "1.1.1.1")), "for 9.9.9.9, 1.1.1.1"),
        (a.came_from("1.1.1.1", "9.9.9.9"), arrived(("9.9.9.9",)), "for 9.9.9.9"),
        (a.came_from(None), arrived(("10.0.0.1",)), "for 10.0.0.1"),
        (a.came_from("1.1.1.1"), arrived(()), "for nobody"),
        (a.came_by("https", "80"), arrived(), "GET /api/health from https, port 443"),
        (a.came_by("https", "443"), dataclasses.replace(arrived(), called="GET /"), "GET / from https, port 443"),
        (a.has_trace(), arrived(trace="Root=1-2-3"), "trace Root=1-2-3"),
        (a.has_trace(), arrived(), "trace None"),
        (a.continues(ROOT), arrived(trace=f"Root={ROOT}"), f"trace Root={ROOT}"),
        (a.continues(ROOT), arrived(trace=f"Self={OWN};Root={OWN}"), f"trace Self={OWN};Root={OWN}"),
        (a.without_hop_headers(), arrived(("1.1.1.1",), None, "host", "te"), "te"),
    ],
)  # fmt: skip
def test_says_what_was_found_instead(matcher: Matcher[Any], bad: object, words: str) -> None:
    with pytest.raises(AssertionError) as failure:
        expect(bad, matcher, "claim")
    assert words in str(failure.value)


@pytest.mark.parametrize(
    ("matcher", "nothing"),
    [
        (m.lies_under("/session/s/"), [PAGE]),
        (m.names_none_of(["10.0.0.1"]), []),
        (m.reached_only("edit", named=True), []),
        (m.carried_nothing_out(named=True), []),
        (m.all_from({}), []),
        (a.without_hop_headers(), arrived()),
    ],
)
def test_nothing_observed_proves_nothing(matcher: Matcher[Any], nothing: object) -> None:
    with pytest.raises(NoData):
        matcher.matches(nothing)


def test_no_words_to_look_for_prove_nothing() -> None:
    with pytest.raises(NoData):
        m.names_none_of([])


def test_an_arrival_is_read_from_the_health_page() -> None:
    told: dict[str, object] = {"method": "GET", "path": "/api/health", "headers": ["host"]}
    told |= {"x-forwarded-for": "9.9.9.9, 1.1.1.1", "x-forwarded-proto": "https"}
    seen = a.Arrival.told_by(document({"service": "session-api", "request": told}))
    assert seen == a.Arrival("GET /api/health", ("9.9.9.9", "1.1.1.1"), "https", None, None, ("host",))
    with pytest.raises(UnexpectedAnswer, match='expected 200 with "request"'):
        a.Arrival.told_by(document({"service": "session-api"}))
