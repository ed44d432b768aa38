"""A headless Chromium that runs, and opens pages: driven by Playwright."""

from __future__ import annotations

import asyncio
import base64
import concurrent.futures
import contextlib
import hashlib
import os
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from playwright.async_api import Browser, BrowserContext, Error, async_playwright

from acceptance.drivers.browser.chromium import NoBrowser, chromium
from acceptance.drivers.browser.page import BrowserPage
from acceptance.drivers.http import Answer
from acceptance.npm_packages import PackagesError
from acceptance.waiting.errors import UnexpectedAnswer, Unreachable, Untrusted
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import Deadline, wait_until

T = TypeVar("T")

START_S: Final = 60.0
"""Seconds for the browser to come up: that is this machine's affair, and no part of a promise."""

END_S: Final = 15.0

FLAGS: Final = (
    # As the suite's other clients: nothing may stand between it and the load balancer.
    "--no-proxy-server",
    "--disable-quic",
    # It asks for previews, and for nothing of its own.
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)


GONE: Final = DescribedMatcher[bool]("removed", lambda gone: gone, lambda _: "still there")


class Program:
    """The browser's program and the loop that speaks to it, in a thread of its own: pages tell while nobody asks."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="browser-"))
        self._loop = asyncio.new_event_loop()
        self._started = contextlib.AsyncExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._thread.start()

    @classmethod
    def start(cls, flags: tuple[str, ...]) -> Program:
        """Start the program; NoBrowser if it does not come up."""
        running = cls()
        try:
            running._await(running._launch(flags), START_S)
        except (Error, OSError, PackagesError, concurrent.futures.TimeoutError) as failure:
            running.close()
            raise NoBrowser(
                f"expected Chromium to start within {START_S:.0f} s, found {type(failure).__name__}: {failure}"
            ) from failure
        except BaseException:
            running.close()
            raise
        return running

    def open(self, url: str, deadline: Deadline, *, connected: bool) -> BrowserPage:
        """See `acceptance.drivers.browser.browser.Browser.open`."""
        context = self._await(self._browser.new_context(), START_S)
        page = BrowserPage(url, lambda: self._leave(context), lambda: self._picture(context))
        try:
            page.answer = self._await(_load(page, context, deadline), deadline.left_s() + END_S)
            if connected:
                page.await_connected(deadline)
        except Error as failure:
            self._leave(context)
            if not self._browser.is_connected():
                raise NoBrowser(f"Chromium has ended while it opened {url}: {failure.message}") from failure
            kind = Untrusted if "ERR_CERT" in failure.message else Unreachable
            raise kind(f"GET {url} by Chromium: {failure.message.splitlines()[0]}") from failure
        except BaseException:
            self._leave(context)
            raise
        return page

    def close(self) -> None:
        """End the program, or what has come up of it; then the loop and the thread."""
        try:
            # It may have ended by itself, as when Ctrl-C reached it, too.
            with contextlib.suppress(Error):
                self._await(self._started.aclose(), END_S)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(END_S)
            self._loop.close()
            wait_until(self._put_away, GONE, what=str(self._home), within=timedelta(seconds=END_S))

    def _await(self, work: Coroutine[Any, Any, T], within_s: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    async def _launch(self, flags: tuple[str, ...]) -> None:
        found = chromium(lambda _: None)
        # What it writes beside its profile goes to the home of whoever runs it.
        home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TMPDIR"), str(self._home))
        with _temporary_files_in(self._home):
            playwright = await async_playwright().start()
        self._started.push_async_callback(playwright.stop)
        self._browser: Browser = await playwright.chromium.launch(
            executable_path=found.executable,
            env={**os.environ, **found.environment, **home},
            args=[*FLAGS, *flags],
            timeout=START_S * 1000,
        )
        self._started.push_async_callback(self._browser.close)

    def _put_away(self) -> bool:
        """Remove all that was written; a browser that was killed still writes for a moment. Whether it is gone."""
        shutil.rmtree(self._home, ignore_errors=True)
        return not self._home.exists()

    def _picture(self, context: BrowserContext) -> bytes:
        try:
            return self._await(context.pages[0].screenshot(timeout=END_S * 1000), END_S + 1)
        except (Error, IndexError, RuntimeError, concurrent.futures.TimeoutError) as failure:
            # The window is closed, or the browser has ended, and its loop with it.
            raise NoBrowser(f"no picture by Chromium: {type(failure).__name__}: {failure}") from failure

    def _leave(self, context: BrowserContext) -> None:
        # A window of a browser that is gone is closed.
        if self._loop.is_running():
            with contextlib.suppress(Error):
                self._await(context.close(), END_S)


@contextlib.contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Playwright's own process takes its environment from here, and leaves its files if the browser crashes."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


async def _load(page: BrowserPage, context: BrowserContext, deadline: Deadline) -> Answer:
    """Have the page loaded, and the answer to it read before the page can go elsewhere by itself."""
    filled = await page.fill(context)
    limit_ms = 1000 * deadline.left_s()
    response = await filled.goto(page.address, wait_until="commit", timeout=limit_ms)
    if response is None:
        raise UnexpectedAnswer(f"GET {page.address} by Chromium: expected an answer, found none")
    body = await response.body()
    await filled.wait_for_load_state("domcontentloaded", timeout=limit_ms)
    return Answer("GET", page.address, response.status, MappingProxyType(response.headers), body)


def trusting(origin: str, ca_file: Path | None) -> tuple[str, ...]:
    """The flag by which it trusts the load balancer, if an authority of its own signed that one's certificate.

    Chromium takes no authority from a file. That certificate is verified here, name and all, as for every other
    request of the suite; the browser accepts its key, and no other that no public authority vouches for.
    """
    if ca_file is None:
        return ()
    where = urlsplit(origin)
    address = (where.hostname or "", where.port or 443)
    context = ssl.create_default_context(cafile=str(ca_file))
    try:
        with (
            socket.create_connection(address, timeout=END_S) as connection,
            context.wrap_socket(connection, server_hostname=address[0]) as secured,
        ):
            certificate = secured.getpeercert(binary_form=True) or b""
    except ssl.SSLError as failure:
        raise Untrusted(f"{origin}: certificate not accepted ({ca_file}): {failure}") from failure
    except OSError as failure:
        raise Unreachable(f"{origin}: {failure}") from failure
    key = load_der_x509_certificate(certificate).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return (f"--ignore-certificate-errors-spki-list={base64.b64encode(digest).decode()}",)
