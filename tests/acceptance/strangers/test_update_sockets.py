"""Update sockets opened wrongly and used both ways, against a stand-in that answers calls as Vite does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from acceptance.drivers.hmr import HmrSocket, find_client
from acceptance.drivers.http import HttpClient
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.strangers.update_sockets import Echo, ask_for_echo, echoes, is_closed, open_wrongly
from acceptance.waiting.errors import Unreachable
from acceptance.waiting.waits import wait_until
from tests.acceptance.drivers.test_hmr import BASE, TOKEN, client_source
from tests.fake_server import authority_file, serving

SOON = timedelta(seconds=10)


async def dev_server(request: web.Request) -> web.StreamResponse:
    """A page, its client, and a socket that answers every call under its caller's identifier."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        if request.path == BASE:
            return web.Response(text='<script src="client.js"></script>', content_type="text/html")
        return web.Response(text=client_source(), content_type="text/javascript")
    if request.query.get("token") != TOKEN:
        return web.Response(status=400)
    socket = web.WebSocketResponse(protocols=["vite-hmr"], max_msg_size=0)
    await socket.prepare(request)
    await socket.send_json({"type": "connected"})
    async for message in socket:
        call = message.json()["data"]
        if call["name"] == "end":
            break
        call["id"] = call["id"].replace("send", "response")
        await socket.send_json({"type": "custom", "event": "vite:invoke", "data": call})
    return socket


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    authority = trustme.CA()
    with serving(dev_server, authority=authority) as origin:
        yield origin, authority_file(authority, tmp_path_factory.mktemp("authority"))


@pytest.fixture
def browser(addresses: tuple[str, Path]) -> Iterator[HmrSocket]:
    origin, ca_file = addresses
    page = HttpClient(origin, ca_file=ca_file, timeout=SOON)
    with HmrSocket.open(page, origin + BASE, within=SOON) as opened:
        yield opened


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_message_comes_back_to_the_last_byte(browser: HmrSocket, size: int) -> None:
    wanted = ask_for_echo(browser, size)
    assert len(wanted.identifier) == size + len("response:")
    wait_until(lambda: browser, echoes(wanted), what="echo", within=SOON)
    assert not echoes(Echo(wanted.identifier + "x", wanted.since)).matches(browser)
    assert not echoes(Echo(wanted.identifier, browser.mark())).matches(browser)


def test_a_socket_that_the_server_closed_is_closed_and_takes_nothing(browser: HmrSocket) -> None:
    assert not is_closed().matches(browser)
    browser.send({"type": "custom", "data": {"name": "end", "id": "send"}})
    wait_until(lambda: browser, is_closed(), what="socket", within=SOON)
    browser.close()
    with pytest.raises(Unreachable, match="cannot be sent to"):
        ask_for_echo(browser, 1)


@pytest.mark.parametrize(
    ("flaw", "statuses"), [("nothing wrong", [101]), ("a wrong token", [400]), ("no token", [400])]
)
def test_a_socket_is_asked_for_with_one_thing_wrong(
    addresses: tuple[str, Path], flaw: str, statuses: list[int]
) -> None:
    origin, ca_file = addresses
    wire = RawHttpClient(origin, ca_file=ca_file, timeout=SOON)
    client = find_client(HttpClient(origin, ca_file=ca_file, timeout=SOON), origin + BASE)
    answers = open_wrongly(wire, client, flaw, ended_id="e", within=SOON)
    assert [answer.status for answer in answers] == statuses


def test_a_flaw_that_nobody_listed_is_none(addresses: tuple[str, Path]) -> None:
    origin, ca_file = addresses
    client = find_client(HttpClient(origin, ca_file=ca_file, timeout=SOON), origin + BASE)
    with pytest.raises(KeyError):
        open_wrongly(
            RawHttpClient(origin, ca_file=ca_file, timeout=SOON),
            client,
            "bad luck",
            ended_id="e",
            within=SOON,
        )
