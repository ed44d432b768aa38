"""The browser's driver: a real Chromium on pages of a stand-in that speaks TLS with an authority of its own."""

from __future__ import annotations

import platform
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import trustme

from acceptance.drivers.browser.browser import Browser
from acceptance.drivers.browser.chromium import NoBrowser
from acceptance.drivers.browser.page import COMPLAINT, LOADED, SHOWN, BrowserPage
from acceptance.drivers.browser.program import Program, trusting
from acceptance.waiting.errors import UnexpectedAnswer, Unreachable, Untrusted
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import Deadline, wait_until
from tests.acceptance.drivers.test_hmr import BASE, SOON, TOKEN, DevServer
from tests.fake_server import authority_file, serving

PAGE = (
    f'<html><body><h1>Fresh bread</h1><script type="module" src="{BASE}odd/client.js"></script></body></html>'
)
CLIENT = f"""
const socket = new WebSocket(`wss://${{location.host}}{BASE}?token={TOKEN}`, "vite-hmr");
socket.onmessage = ({{ data }}) => {{
  const told = JSON.parse(data);
  if (told.type === "full-reload") location.reload();
  if (told.type === "update") document.body.style.color = told.colour;
  if (told.type === "error") console.error(told.text);
}};
"""


class Shop:
    """A dev server with a page that does as it is told, and the browser that has it open."""

    def __init__(self, server: DevServer, origin: str, browser: Browser) -> None:
        self.server, self.origin, self.browser = server, origin, browser

    def open(self) -> BrowserPage:
        return self.browser.open(self.origin + BASE, within=SOON, connected=True)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority_file(authority, tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def shop(authority: trustme.CA, ca_file: Path) -> Iterator[Shop]:
    server = DevServer(CLIENT)
    server.page = PAGE
    with serving(server.handle, authority=authority) as origin:
        browser = Browser(origin, ca_file)
        try:
            yield Shop(server, origin, browser)
        finally:
            browser.close()


@pytest.fixture
def page(shop: Shop) -> Iterator[BrowserPage]:
    opened = shop.open()
    yield opened
    opened.close()


def free_port() -> int:
    """A port at which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def becomes(page: BrowserPage, holds: Callable[[BrowserPage], bool]) -> None:
    wait_until(
        lambda: page, DescribedMatcher("so", holds, lambda p: str(p.frames())), what="page", within=SOON
    )


def is_gone(page: BrowserPage) -> bool:
    try:
        page.frames()
    except NoBrowser:
        return True
    return False


def kinds(page: BrowserPage) -> list[str]:
    return [frame.kind for frame in page.frames()]


def test_what_is_to_be_seen_is_told(page: BrowserPage) -> None:
    becomes(page, lambda p: p.shown == {"text": "Fresh bread", "colour": "rgb(0, 0, 0)"})
    assert (page.answer.status, page.answer.text) == (200, PAGE)
    assert page.is_open


def test_what_is_to_be_seen_is_pictured_as_long_as_the_window_is_open(shop: Shop) -> None:
    opened = shop.open()
    assert opened.picture().startswith(b"\x89PNG")
    opened.close()
    with pytest.raises(NoBrowser, match="no picture by Chromium"):
        opened.picture()


def test_a_change_in_place_is_seen_as_one_and_a_reload_as_such(shop: Shop, page: BrowserPage) -> None:
    mark = page.mark()
    shop.server.say({"type": "update", "colour": "navy"})
    becomes(page, lambda p: p.shown.get("colour") == "rgb(0, 0, 128)")
    assert [frame.kind for frame in page.frames(mark)] == ["update", SHOWN]
    assert page.updates(mark) == page.frames(mark)[1:]
    shop.server.say({"type": "full-reload"})
    becomes(page, lambda p: kinds(p).count(LOADED) == 2 and p.is_open)


def test_a_message_that_shows_nothing_is_no_update(shop: Shop, page: BrowserPage) -> None:
    mark = page.mark()
    shop.server.say({"type": "update", "colour": "black"})
    becomes(page, lambda p: "update" in kinds(p))
    assert page.updates(mark) == ()


def test_an_error_in_the_console_is_told(shop: Shop, page: BrowserPage) -> None:
    shop.server.say({"type": "error", "text": "no such part"})
    becomes(page, lambda p: COMPLAINT in kinds(p))
    assert page.frames()[-1].payload["text"] == "no such part"


def test_a_socket_that_the_server_closed_is_closed(shop: Shop, page: BrowserPage) -> None:
    shop.server.close()
    becomes(page, lambda p: not p.is_open)
    assert page.closed_because == "its socket was closed"


def test_a_page_that_does_not_connect_is_told_with_what_it_did(shop: Shop) -> None:
    shop.server.greeting.clear()
    try:
        with pytest.raises(UnexpectedAnswer, match=r"expected it connected for updates, saw .*Fresh bread"):
            shop.browser.open(shop.origin + BASE, within=SOON / 5, connected=True)
    finally:
        shop.server.greeting.append({"type": "connected"})


def test_a_certificate_of_another_authority_is_not_accepted(ca_file: Path) -> None:
    server = DevServer()
    with serving(server.handle, authority=trustme.CA()) as origin:
        with pytest.raises(Untrusted, match="certificate not accepted"):
            trusting(origin, ca_file)
        # Nor by a browser that was told to trust another key.
        program = Program.start(("--ignore-certificate-errors-spki-list=AAAA",))
        try:
            with pytest.raises(Untrusted, match="ERR_CERT"):
                program.open(origin + BASE, Deadline.after(SOON), connected=False)
        finally:
            program.close()


def test_where_nobody_answers_it_says_so(shop: Shop) -> None:
    with pytest.raises(Unreachable, match="ERR_CONNECTION_REFUSED"):
        shop.browser.open(f"https://localhost:{free_port()}/", within=SOON, connected=False)


def test_where_there_is_no_browser_nobody_is_accused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setenv("PATH", "")
    browser = Browser("http://localhost:9", None)
    with pytest.raises(NoBrowser, match="apt-get install chromium"):
        browser.open(shop.origin, within=SOON, connected=False)
    browser.close()


def test_a_browser_that_is_gone_accuses_nobody_and_leaves_nothing(
    shop: Shop, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = set(psutil.Process().children(recursive=True))
    browser = Browser(shop.origin, ca_file)
    page = browser.open(shop.origin + BASE, within=SOON, connected=True)
    begun = set(psutil.Process().children(recursive=True)) - before
    assert any(tmp_path.iterdir())
    # Its other processes are of one type each.
    next(p for p in begun if p.name() == "chromium" and not any("--type=" in w for w in p.cmdline())).kill()
    becomes(page, is_gone)
    with pytest.raises(NoBrowser, match=r"expected to see it, (the page crashed|Chromium has ended)"):
        page.frames()
    page.close()
    browser.close()
    assert (psutil.wait_procs(begun, 10)[1], list(tmp_path.iterdir())) == ([], [])
