"""Sessions, previews and their references against a stand-in server."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from acceptance.config.profile import INFO_KEYS, read
from acceptance.drivers.attendance import Attendance
from acceptance.drivers.http import HttpClient
from acceptance.drivers.page_references import in_code, in_page, in_styles
from acceptance.drivers.platform import Platform
from acceptance.drivers.preview import Preview
from acceptance.drivers.session_api import Sessions
from acceptance.matchers.answers import all_loaded
from acceptance.waiting.errors import UnexpectedAnswer, UnknownSession, Unreachable, Untrusted
from acceptance.waiting.waits import Deadline
from tests.fake_server import authority_file, serving

SOON = timedelta(seconds=10)
ACTIVATED = {
    "sessionId": "s-1", "clientId": "acme", "userId": "a@x.org", "threadId": "t", "status": "initializing",
    "previewUrl": "https://h/session/s-1/", "createdAt": "2026-01-02T03:04:05.678Z",
}  # fmt: skip


class Server:
    """Answers by method and raw path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, web.Response] = {}
        self.asked: list[tuple[str, bytes]] = []
        self.headers: dict[str, str] = {}

    def json(self, request: str, status: int, payload: object) -> None:
        self.answers[request] = web.json_response(payload, status=status)

    def page(self, path: str, text: str, kind: str = "text/html", status: int = 200) -> None:
        self.answers[f"GET {path}"] = web.Response(text=text, content_type=kind, status=status)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((f"{request.method} {request.raw_path}", await request.read()))
        self.headers = dict(request.headers)
        found = self.answers.get(f"{request.method} {request.raw_path}")
        if found is None:
            return web.json_response({"error": {"code": "not_found", "message": "no"}}, status=404)
        return web.Response(body=found.body, status=found.status, headers=found.headers)


def test_activate_sends_what_the_contract_says_and_reads_the_answer() -> None:
    server = Server()
    server.json("POST /api/sessions/activate", 202, ACTIVATED)
    with serving(server.handle) as origin:
        session = Sessions(HttpClient(origin, ca_file=None, timeout=SOON)).activate(
            "acme", "a@x.org", "Do", thread_id="t"
        )
    assert json.loads(server.asked[0][1]) == {
        "clientId": "acme", "userId": "a@x.org", "instruction": "Do", "threadId": "t",
    }  # fmt: skip
    assert (session.session_id, session.status) == ("s-1", "initializing")
    assert session.created_at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (200, {}),
        (202, {"threadId": ""}),
        (202, {"createdAt": "yesterday"}),
        (202, {"createdAt": "2026-01-02T03:04:05"}),
    ],
)
def test_an_activation_that_is_not_the_contracts_is_refused(status: int, changes: dict[str, str]) -> None:
    server = Server()
    server.json("POST /api/sessions/activate", status, {**ACTIVATED, **changes})
    with serving(server.handle) as origin, pytest.raises(UnexpectedAnswer):
        Sessions(HttpClient(origin, ca_file=None, timeout=SOON)).activate("acme", "a@x.org", "Do")


def test_an_unknown_session_is_told_apart_from_a_wrong_answer() -> None:
    server = Server()
    server.json("GET /api/sessions/broken/status", 500, {})
    with serving(server.handle) as origin:
        sessions = Sessions(HttpClient(origin, ca_file=None, timeout=SOON))
        with pytest.raises(UnknownSession):
            sessions.status("none")
        with pytest.raises(UnexpectedAnswer, match="answered 500: expected 200"):
            sessions.status("broken")


def test_a_request_goes_out_exactly_as_given() -> None:
    server = Server()
    with serving(server.handle) as origin:
        sessions = Sessions(HttpClient(origin, ca_file=None, timeout=SOON))
        sessions.request("DELETE", "/api/../x/%2E%2E//y?q=a%20b", body=b"{not json")
    assert server.asked == [("DELETE /api/../x/%2E%2E//y?q=a%20b", b"{not json")]
    assert server.headers["Content-Type"] == "application/json"


def test_attendance_keeps_a_session_awake_until_left() -> None:
    server, kept = Server(), threading.Event()
    server.json("POST /api/sessions/s-1/keepalive", 200, {"ttl": 1})
    with serving(server.handle) as origin:
        sessions = Sessions(HttpClient(origin, ca_file=None, timeout=SOON))
        attendance = Attendance(sessions.keepalive, idle_timeout=timedelta(seconds=0.04))
        attendance.attend("s-1")
        try:
            for _ in range(1000):
                if len(server.asked) >= 3 or kept.wait(0.01):
                    break
        finally:
            attendance.stop()
        asked = len(server.asked)
        assert asked >= 3
        assert attendance.failures == []
        assert not [t for t in threading.enumerate() if t.name == "attendance"]


def test_a_visit_keeps_awake_only_where_the_preview_is_there() -> None:
    server = Server()
    server.page("/session/s-1/", "the site")
    server.page("/session/s-2/", "is starting", status=503)
    with serving(server.handle) as origin:
        preview = Preview(HttpClient(origin, ca_file=None, timeout=SOON))
        preview.visit("s-1")
        with pytest.raises(UnexpectedAnswer, match="answered 503: expected 200"):
            preview.visit("s-2")
    assert [asked for asked, _ in server.asked] == ["GET /session/s-1/", "GET /session/s-2/"]


@pytest.mark.parametrize(("offered", "by"), [("keepalive", "keepalive"), ("", "visit")])
def test_sessions_are_kept_awake_by_what_the_deployment_takes(tmp_path: Path, offered: str, by: str) -> None:
    info = dict.fromkeys(INFO_KEYS, "x") | {
        "preview_url": "https://localhost:1", "http_url": "http://localhost:2", "workspace_root": str(tmp_path),
        "idle_timeout_s": 3.0, "ca_file": str(authority_file(trustme.CA(), tmp_path)),
    }  # fmt: skip
    profile = read(Path("deployments/sandbox-core.toml"), {"supports.extended": offered}).fill(info)
    assert Platform.of(profile).attendance.be_active.__name__ == by


def test_certificates_are_verified(tmp_path: Path) -> None:
    server, authority, stranger = Server(), trustme.CA(), trustme.CA()
    server.page("/", "hello")
    with serving(server.handle, authority=authority) as origin:
        trusted = HttpClient(origin, ca_file=authority_file(authority, tmp_path), timeout=SOON)
        assert trusted.get("/").text == "hello"
        with pytest.raises(Untrusted):
            HttpClient(origin, ca_file=authority_file(stranger, tmp_path), timeout=SOON).get("/")


def test_redirects_are_observations() -> None:
    server = Server()
    server.answers["GET /old"] = web.Response(status=301, headers={"Location": "https://h/new"})
    with serving(server.handle) as origin:
        answer = HttpClient(origin, ca_file=None, timeout=SOON).get("/old")
    assert (answer.status, answer.headers["location"]) == (301, "https://h/new")


def test_a_recorder_of_visits_tells_changes_not_dates() -> None:
    server = Server()
    server.page("/s/", "wait", status=503)
    with serving(server.handle) as origin:
        recorder = Preview(HttpClient(origin, ca_file=None, timeout=SOON)).recorder(f"{origin}/s/", SOON)
        recorder.sample()
        recorder.sample()
        server.page("/s/", "site")
        recorder.sample()
    recorder.sample()
    assert [sample.value.status for sample in recorder.changes] == [503, 200]
    assert len(recorder.samples) == 3
    assert len(recorder.misses) == 1


def test_nobody_there_and_nobody_answering_are_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = HttpClient(f"http://127.0.0.1:{mute.getsockname()[1]}", ca_file=None, timeout=SOON)
        with pytest.raises(Unreachable, match=r"no answer in 1\.0 s"):
            silent.get("/", deadline=Deadline.after(timedelta(seconds=0)))
    with pytest.raises(Unreachable, match="connection refused"):
        silent.get("/")


def test_everything_a_page_loads_is_followed_to_the_end() -> None:
    server = Server()
    server.page(
        "/s/", '<link rel="stylesheet" href="a.css"><script type="module" src="/s/m.js"></script>'
        '<img src="pic.png"><a href="/s/about">x</a><a href="https://elsewhere.example/">y</a>',
    )  # fmt: skip
    server.page("/s/a.css", "@import 'b.css'; h1 { background: url(bg.png) }", "text/css")
    server.page("/s/b.css", "", "text/css")
    server.page(
        "/s/m.js", 'import { a } from "./n.js";\nconst x = await import("/s/late.js");', "text/javascript"
    )
    server.page("/s/n.js", 'export * from "/s/gone.js"', "text/javascript")
    for path in ("/s/pic.png", "/s/bg.png", "/s/about", "/s/late.js"):
        server.page(path, "", "text/html")
    with serving(server.handle) as origin:
        found = Preview(HttpClient(origin, ca_file=None, timeout=SOON)).everything_on(f"{origin}/s/")
        statuses = {loaded.reference.url.removeprefix(origin): loaded.answer.status for loaded in found}
    assert statuses == {
        "/s/": 200, "/s/a.css": 200, "/s/m.js": 200, "/s/pic.png": 200, "/s/about": 200, "/s/b.css": 200,
        "/s/bg.png": 200, "/s/n.js": 200, "/s/late.js": 200, "/s/gone.js": 404,
    }  # fmt: skip
    assert not all_loaded().matches(found)


def test_a_page_that_is_none_cannot_be_followed() -> None:
    with (
        serving(Server().handle) as origin,
        pytest.raises(UnexpectedAnswer, match="expected 200 with text/html"),
    ):
        Preview(HttpClient(origin, ca_file=None, timeout=SOON)).everything_on(f"{origin}/s/")


def test_references_of_pages_code_and_styles() -> None:
    page = in_page(
        "https://h/s/",
        '<base href="/b/"><script type="module">import "./x.js"</script><style>h1{background:url(y.png)}</style>'
        '<img srcset="1.png 1x, 2.png 2x"><a href="#top">t</a><a href="mailto:a@b">m</a>'
        '<script>import("no.js")</script>',
    )
    assert [(r.kind, r.url) for r in page] == [
        ("module", "https://h/b/x.js"), ("image", "https://h/b/y.png"),
        ("image", "https://h/b/1.png"), ("image", "https://h/b/2.png"),
    ]  # fmt: skip
    code = in_code(
        "https://h/m.js",
        '/* import "/c.js" */ import a from "/a.js"; import "bare"; export { b } from "./b.js"',
    )
    assert [r.url for r in code] == ["https://h/a.js", "https://h/b.js"]
    assert in_styles("https://h/", "a { background: url(data:x) }") == ()
