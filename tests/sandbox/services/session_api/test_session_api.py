"""The session API over HTTP: what it accepts, what it leaves behind, what it answers."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json

import pytest

from sandbox.services.records import Records
from sandbox.services.session_api import backend as backend_module
from tests.sandbox.services.session_api.session_api_stand import ASKED, Stand


def test_an_activation_is_on_record_before_it_is_queued_and_queued_before_hermes_wakes(stand: Stand) -> None:
    answer = stand.activate()
    assert stand.seen == ["send", "wake"]
    record = stand.records.get(answer["sessionId"])
    assert record is not None
    assert answer == {
        "sessionId": record.session_id,
        "clientId": "test-client",
        "userId": "test@example.com",
        "threadId": record.thread_id,
        "status": "initializing",
        "previewUrl": f"https://preview.example/session/{record.session_id}/",
        "createdAt": record.created_at,
    }
    (command,) = stand.commands()
    assert (command["type"], command["sessionId"]) == ("activate", record.session_id)
    assert command["instructionId"] == record.instruction_id


BAD: list[tuple[object, str, str | None]] = [
    ("not json", "invalid_json", None),
    ("[" * 60_000, "invalid_json", None),
    ([ASKED], "invalid_json", None),
    (json.dumps({**ASKED, "more": float("nan")}), "invalid_json", None),
    ({**ASKED, "clientId": None}, "invalid_field", "clientId"),
    ({"userId": "a@example.com", "instruction": "x"}, "missing_field", "clientId"),
    ({**ASKED, "clientId": "Upper"}, "invalid_field", "clientId"),
    ({**ASKED, "clientId": "-a"}, "invalid_field", "clientId"),
    ({**ASKED, "clientId": "a" * 64}, "invalid_field", "clientId"),
    ({**ASKED, "clientId": "a\n"}, "invalid_field", "clientId"),
    ({**ASKED, "clientId": "../x"}, "invalid_field", "clientId"),
    ({**ASKED, "userId": "nobody"}, "invalid_field", "userId"),
    ({**ASKED, "userId": "../x@example.com"}, "invalid_field", "userId"),
    ({**ASKED, "userId": "a/b@example.com"}, "invalid_field", "userId"),
    ({**ASKED, "userId": "a b@example.com"}, "invalid_field", "userId"),
    ({**ASKED, "userId": f"{'a' * 250}@example.com"}, "invalid_field", "userId"),
    ({**ASKED, "userId": 7}, "invalid_field", "userId"),
    ({**ASKED, "instruction": "  \n "}, "invalid_field", "instruction"),
    ({**ASKED, "instruction": "x" * 4001}, "invalid_field", "instruction"),
    ({**ASKED, "instruction": "\ud800"}, "invalid_field", "instruction"),
    ({**ASKED, "instruction": "a\x00b"}, "invalid_field", "instruction"),
    ({**ASKED, "threadId": "a..b"}, "invalid_field", "threadId"),
    ({**ASKED, "threadId": "x.lock"}, "invalid_field", "threadId"),
    ({**ASKED, "threadId": ["a"]}, "invalid_field", "threadId"),
]


@pytest.mark.parametrize(("body", "code", "field"), BAD, ids=range(len(BAD)))
def test_a_bad_activation_gets_400_and_leaves_no_trace(
    stand: Stand, body: object, code: str, field: str | None
) -> None:
    status, document, _ = stand.call("POST", "/api/sessions/activate", body)
    assert status == 400
    assert document["error"]["code"] == code
    assert document["error"].get("field") == field
    assert document["error"]["message"]
    assert (stand.items(), stand.seen) == (0, [])


def test_a_body_above_the_limit_gets_413(stand: Stand) -> None:
    status, document, _ = stand.call("POST", "/api/sessions/activate", {**ASKED, "more": "x" * 70_000})
    assert (status, document["error"]["code"], stand.items()) == (413, "too_large", 0)


SPOKEN = json.dumps(ASKED).encode()


@pytest.mark.parametrize(
    ("claim", "body", "status", "code"),
    [
        ("gzip", SPOKEN, 400, "invalid_body"),
        ("gzip", gzip.compress(SPOKEN)[:-9], 400, "invalid_body"),
        ("gzip", gzip.compress(SPOKEN)[:-8] + bytes(8), 400, "invalid_body"),
        ("gzip", gzip.compress(SPOKEN)[:20] + b"\xff" * 40, 400, "invalid_body"),
        ("br", SPOKEN, 400, "invalid_body"),
        ("gzip", b"", 400, "invalid_json"),
        ("gzip", gzip.compress(b" " * 10_000_000), 413, "too_large"),
        ("GZIP", gzip.compress(SPOKEN), 202, None),
        ("identity", SPOKEN, 202, None),
    ],
)
def test_a_body_is_what_its_content_encoding_claims_or_refused(
    stand: Stand, claim: str, body: bytes, status: int, code: str | None
) -> None:
    path = "/api/sessions/activate"
    answered, document, _ = stand.call("POST", path, body, {"Content-Encoding": claim})
    assert (answered, document.get("error", {}).get("code")) == (status, code)
    assert stand.items() == (status == 202)


def test_a_base64_body_is_read_and_a_broken_one_refused() -> None:
    from sandbox.services.session_api.web import ApiError, Request

    event = {"httpMethod": "POST", "path": "/api/x", "headers": {}, "isBase64Encoded": True}
    assert Request.of({**event, "body": base64.b64encode(b"{}").decode()}).body == b"{}"
    with pytest.raises(ApiError):
        Request.of({**event, "body": "%%%"})


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/sessions", "/api/sessions//status", "/api/sessions/x/y"]
)
def test_unknown_paths_get_404(stand: Stand, path: str) -> None:
    status, document, _ = stand.call("GET", path)
    assert (status, document["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/sessions/activate", "POST"),
        ("POST", "/api/health", "GET, HEAD"),
        ("DELETE", "/api/sessions/x/status", "GET, HEAD"),
        ("POST", "/session/x/", "GET, HEAD"),
    ],
)
def test_wrong_methods_get_405_with_allow(stand: Stand, method: str, path: str, allow: str) -> None:
    status, _, headers = stand.call(method, path)
    assert (status, headers["allow"]) == (405, allow)


def test_health_and_unknown_sessions(stand: Stand) -> None:
    status, health, headers = stand.call("GET", "/api/health")
    assert (status, health["service"], headers["x-service"]) == (200, "session-api", "session-api")
    for verb, method in (("status", "GET"), ("keepalive", "POST"), ("deactivate", "POST")):
        assert stand.call(method, f"/api/sessions/{'0' * 32}/{verb}")[0] == 404
    assert stand.call("GET", "/api/sessions/lease%23hermes/status")[0] == 404


def test_health_tells_how_a_request_arrives_and_no_secret_of_it(stand: Stand) -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        "Authorization": "Bearer s3cret",
    }
    _, health, _ = stand.call("GET", "/api/health", headers=headers)
    assert health["request"] == {
        "method": "GET",
        "path": "/api/health",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-proto": "https",
        "x-forwarded-port": None,
        "x-amzn-trace-id": None,
        "headers": ["authorization", "x-forwarded-for", "x-forwarded-proto"],
    }


def test_one_idempotency_key_makes_one_session(stand: Stand) -> None:
    key = {"idempotency-key": "k-1"}
    first = stand.call("POST", "/api/sessions/activate", ASKED, key)
    assert stand.call("POST", "/api/sessions/activate", ASKED, key)[:2] == first[:2]
    other = stand.call("POST", "/api/sessions/activate", {**ASKED, "userId": "other@example.com"}, key)
    assert other[1]["sessionId"] != first[1]["sessionId"]
    assert len(stand.commands()) == 2
    assert stand.call("POST", "/api/sessions/activate", ASKED, {"idempotency-key": "a b"})[0] == 400


def test_a_repeat_after_the_sessions_end_wakes_nothing(stand: Stand) -> None:
    key = {"idempotency-key": "k-2"}
    first = stand.call("POST", "/api/sessions/activate", ASKED, key)[1]
    record = stand.records.get(first["sessionId"])
    assert record is not None
    assert stand.records.change(record, {"status": "expired"}, {})
    stand.seen.clear()
    assert stand.call("POST", "/api/sessions/activate", ASKED, key)[:2] == (202, first)
    assert stand.seen == []


def test_status_and_the_clients_list(stand: Stand) -> None:
    first, second = stand.activate(), stand.activate(userId="second@example.com")
    _, document, _ = stand.call("GET", f"/api/sessions/{first['sessionId']}/status")
    assert set(document) == {"sessionId", "status", "previewUrl", "lastActivityAt", "ttl", "lastCommit"}
    stand.end(first["sessionId"], "failed", failure="No workspace.")
    assert stand.call("GET", f"/api/sessions/{first['sessionId']}/status")[1]["failure"] == "No workspace."
    _, found, _ = stand.call("GET", "/api/sessions/client/test-client")
    assert {entry["sessionId"] for entry in found} == {first["sessionId"], second["sessionId"]}
    assert [entry["createdAt"] for entry in found] == sorted((e["createdAt"] for e in found), reverse=True)
    assert stand.call("GET", "/api/sessions/client/nobody-here")[1] == []
    assert stand.call("GET", "/api/sessions/client/Not%20One")[0] == 400


def test_instructions_keepalives_and_deactivation_of_live_and_ended_sessions(stand: Stand) -> None:
    session_id = stand.activate()["sessionId"]
    before = stand.end(session_id, "active", last_activity_at="2026-01-01T00:00:00.000Z")
    path = f"/api/sessions/{session_id}"
    status, document, _ = stand.call("POST", f"{path}/instructions", {"instruction": "Make it blue"})
    assert status == 202
    after = stand.records.get(session_id)
    assert after is not None
    assert after.last_activity_at > before.last_activity_at
    assert stand.call("POST", f"{path}/keepalive")[1].keys() == {"ttl"}
    draining = {"sessionId": session_id, "status": "draining"}
    assert stand.call("POST", f"{path}/deactivate")[:2] == (202, draining)
    assert stand.call("GET", f"{path}/status")[1]["status"] == "draining"
    assert stand.call("POST", f"{path}/deactivate")[:2] == (202, draining)
    assert stand.call("POST", f"{path}/instructions", {"instruction": "Too late"})[0] == 410
    found = [(command["type"], command.get("instruction")) for command in stand.commands()]
    assert found == [("activate", None), ("instruction", "Make it blue"), ("deactivate", None)]
    stand.end(session_id, "inactive")
    assert stand.call("POST", f"{path}/keepalive")[1]["error"]["code"] == "session_ended"
    assert stand.call("POST", f"{path}/deactivate")[0] == 202
    assert stand.commands() == []
    assert document["sessionId"] == session_id


@pytest.mark.parametrize(("verb", "taken"), [("keepalive", 200), ("deactivate", 202)])
@pytest.mark.parametrize(("body", "refused"), [("{reason: none", 400), ("[]", 400), ('"' * 65_537, 413)])
def test_a_body_that_nobody_needs_is_none_or_a_good_one(
    stand: Stand, verb: str, taken: int, body: str, refused: int
) -> None:
    session_id = stand.activate()["sessionId"]
    before = stand.end(session_id, "active", last_activity_at="2026-01-01T00:00:00.000Z")
    path = f"/api/sessions/{session_id}/{verb}"
    assert stand.call("POST", path, body)[0] == refused
    assert stand.records.get(session_id) == before
    assert stand.call("POST", path, {})[0] == taken


def test_a_session_resumes_the_users_latest_thread(stand: Stand) -> None:
    named = stand.activate(threadId="spring.sale")
    assert stand.activate()["threadId"] == "spring.sale" == named["threadId"]
    assert stand.activate(userId="other@example.com")["threadId"] != "spring.sale"
    assert stand.activate(userId="TEST@Example.com")["threadId"] == "spring.sale"


def test_the_latest_thread_is_known_before_the_index_knows_its_session(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, young = stand.activate(threadId="old"), stand.activate(threadId="young")
    monkeypatch.setattr(Records, "_indexed", lambda *_: iter([stand.records.get(old["sessionId"])]))
    assert stand.activate()["threadId"] == "young"
    assert stand.activate(userId="other@example.com")["threadId"] not in ("old", "young")
    repeated = stand.records.get(old["sessionId"])
    assert repeated is not None
    stand.records.note_thread(repeated)
    assert stand.activate()["threadId"] == "young", "an earlier session that comes again takes nothing back"
    monkeypatch.setattr(Records, "noted_thread", lambda *_: None)
    assert stand.activate()["threadId"] == "old"
    assert young["threadId"] == "young"


def test_the_page_of_each_state(stand: Stand) -> None:
    session_id = stand.activate()["sessionId"]
    for status in ("initializing", "active"):
        stand.end(session_id, status)
        code, page, headers = stand.call("GET", f"/session/{session_id}/")
        assert (code, headers["retry-after"]) == (503, "1")
        assert 'http-equiv="refresh"' in page
    for status in ("draining", "inactive", "expired", "failed"):
        stand.end(session_id, status, failure="<b>no</b>")
        code, page, _ = stand.call("GET", f"/session/{session_id}/deeper/page")
        assert code == 410
        assert "<b>" not in page
        assert ("&lt;b&gt;no" in page) == (status == "failed")
    for path in ("/session/", "/session/unknown", f"/session/{'x' * 3000}/"):
        assert stand.call("GET", path)[0] == 404
    assert stand.call("HEAD", f"/session/{session_id}/")[:2] == (410, "")


def test_the_platforms_own_trouble_is_503_not_a_crash(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = dataclasses.replace(backend_module.backend(), queue_url="https://nowhere.invalid/queue")
    monkeypatch.setattr("sandbox.services.session_api.handler.backend", lambda: gone)
    status, document, headers = stand.call("POST", "/api/sessions/activate", ASKED)
    assert (status, document["error"]["code"], headers["retry-after"]) == (503, "unavailable", "1")
