"""The HMR driver against a stand-in that is as strict as Vite: token, Origin, subprotocol and exact path."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import WSMsgType, web

from acceptance.drivers.hmr import HmrSocket, find_client, parse_client
from acceptance.drivers.http import HttpClient
from acceptance.drivers.open_page import Frame
from acceptance.matchers.answers import is_open
from acceptance.waiting.errors import UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import wait_until
from tests.fake_server import authority_file, serving

SOON = timedelta(seconds=10)
TOKEN = "tok-1234"
BASE = "/somewhere/odd/"


def client_source(base: str = BASE, *, protocol: str = "null", host: str = "null", port: str = "null") -> str:
    """The lines of Vite's client that matter, as its dev server fills them in."""
    return f"""
const importMetaUrl = new URL(import.meta.url);
const socketProtocol = {protocol} || (importMetaUrl.protocol === "https:" ? "wss" : "ws");
const hmrPort = {port};
const socketHost = `${{{host} || importMetaUrl.hostname}}:${{hmrPort || importMetaUrl.port}}${{"{base}"}}`;
const wsToken = "{TOKEN}";
createConnection: () => new WebSocket(`${{socketProtocol}}://${{socketHost}}?token=${{wsToken}}`, "vite-hmr"),
"""


class DevServer:
    """Speaks HMR; `said` are the frames sent after `connected`, `close` ends the socket from the server's side."""

    def __init__(self, source: str = "", page_scripts: str = f"{BASE}odd/client.js") -> None:
        self.source = source or client_source()
        self.page = f'<html><head><script src="/other.js"></script><script type="module" src="{page_scripts}"></script>'
        self.greeting: list[dict[str, object]] = [{"type": "connected"}]
        self.origin: str | None = None
        self._sockets: list[web.WebSocketResponse] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self._loop = asyncio.get_running_loop()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        if request.path == BASE:
            return web.Response(text=self.page, content_type="text/html")
        if request.path == f"{BASE}odd/client.js":
            return web.Response(text=self.source, content_type="text/javascript")
        return web.Response(text="export const x = 1", content_type="text/javascript")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.origin = request.headers.get("Origin")
        if self.origin and request.query.get("token") != TOKEN:
            return web.Response(status=400)
        if request.path != BASE or request.headers.get("Sec-WebSocket-Protocol") != "vite-hmr":
            return web.Response(status=404)
        socket = web.WebSocketResponse(protocols=["vite-hmr"])
        await socket.prepare(request)
        self._sockets.append(socket)
        for frame in self.greeting:
            await socket.send_str(json.dumps(frame))
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
        return socket

    def say(self, frame: dict[str, object]) -> None:
        """Send a frame to every open page; one that was left meanwhile gets none."""
        for socket in self._sockets:
            with contextlib.suppress(ConnectionError):
                self._run(socket.send_str(json.dumps(frame)))

    def close(self) -> None:
        """Close every socket."""
        for socket in self._sockets:
            self._run(socket.close())

    def _run(self, doing: object) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(10)  # type: ignore[arg-type]


def web_of(origin: str, ca_file: Path | None = None) -> HttpClient:
    return HttpClient(origin, ca_file=ca_file, timeout=SOON)


def frames(count: int) -> DescribedMatcher[tuple[Frame, ...]]:
    return DescribedMatcher(f"{count} frames", lambda found: len(found) == count, str)


def test_an_open_page_receives_updates_over_tls(tmp_path: Path) -> None:
    server, authority = DevServer(), trustme.CA()
    with serving(server.handle, authority=authority) as origin:
        page = f"{origin}{BASE}"
        with HmrSocket.open(web_of(origin, authority_file(authority, tmp_path)), page, within=SOON) as socket:
            assert server.origin == origin
            before = socket.mark()
            server.say({"type": "custom", "event": "x"})
            server.say({"type": "update", "updates": [{"type": "css-update", "path": "/a.css"}]})
            server.say({"type": "full-reload"})
            seen = wait_until(lambda: socket.updates(before), frames(2), what="updates", within=SOON)
            assert [frame.kind for frame in seen] == ["update", "full-reload"]
            assert seen[0].at <= seen[1].at
            assert is_open().matches(socket)


def test_frames_from_before_the_connection_are_no_news() -> None:
    server = DevServer()
    server.greeting.append({"type": "full-reload"})
    with (
        serving(server.handle) as origin,
        HmrSocket.open(web_of(origin), origin + BASE, within=SOON) as socket,
    ):
        assert socket.updates(socket.mark()) == ()
        assert len(socket.updates()) == 1


def test_a_socket_that_the_server_closes_is_known_to_be_closed() -> None:
    server = DevServer()
    with (
        serving(server.handle) as origin,
        HmrSocket.open(web_of(origin), origin + BASE, within=SOON) as socket,
    ):
        server.close()
        wait_until(
            lambda: socket.is_open,
            DescribedMatcher[bool]("closed", lambda o: not o, str),
            what="socket",
            within=SOON,
        )
        assert socket.closed_because == "the server closed it"
        assert not is_open().matches(socket)


def test_a_page_without_an_hmr_client_is_told_with_its_scripts() -> None:
    server = DevServer(page_scripts="/elsewhere.js")
    with (
        serving(server.handle) as origin,
        pytest.raises(UnexpectedAnswer, match=r"loads no HMR client.*/elsewhere.js"),
    ):
        find_client(web_of(origin), origin + BASE)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (client_source("/wrong/path/"), "expected 101 for a WebSocket, found 404"),
        (client_source().replace(TOKEN, "stale"), "expected 101 for a WebSocket, found 400"),
        (client_source().replace("const socketHost", "const sockets"), "expected `const socketHost"),
    ],
)
def test_a_socket_that_a_browser_could_not_open_is_refused(source: str, told: str) -> None:
    server = DevServer(source)
    with serving(server.handle) as origin, pytest.raises(UnexpectedAnswer, match=told):
        HmrSocket.open(web_of(origin), origin + BASE, within=SOON)


def test_a_server_that_never_says_connected_is_told_apart() -> None:
    server = DevServer()
    server.greeting.clear()
    with serving(server.handle) as origin, pytest.raises(Unreachable, match="never said 'connected'"):
        HmrSocket.open(web_of(origin), origin + BASE, within=timedelta(seconds=1))


@pytest.mark.parametrize(
    ("script", "settings", "address"),
    [
        ("https://alb.example/s/@vite/client", {}, "wss://alb.example/somewhere/odd/"),
        ("http://localhost:4321/c.js", {}, "ws://localhost:4321/somewhere/odd/"),
        (
            "https://alb.example/c.js",
            {"protocol": '"ws"', "host": '"hmr.example"', "port": "24678"},
            "ws://hmr.example:24678/somewhere/odd/",
        ),
    ],
)
def test_the_address_is_what_a_browser_would_compute(
    script: str, settings: dict[str, str], address: str
) -> None:
    client = parse_client(script, client_source(**settings))
    assert (client.socket_url, client.token) == (address, TOKEN)


def test_close_may_be_called_again() -> None:
    server = DevServer()
    with serving(server.handle) as origin:
        socket = HmrSocket.open(web_of(origin), origin + BASE, within=SOON)
        leave: Callable[[], None] = socket.close
        leave()
        leave()
        assert socket.closed_because == "the visitor left"
