"""A file opened in headless Chromium, with everything noticed that a person would not see."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, WebSocket, sync_playwright

from acceptance.drivers.browser.chromium import Chromium

_INLINE = ("data:", "blob:")


@dataclass
class Noticed:
    """What a browser noticed while a page was open: console errors and warnings, and every address asked for."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Take notes of this page from now on."""
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)
        page.on("websocket", self._websocket)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _error(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error.message}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(_INLINE):
            self.requests.append(request.url)

    def _websocket(self, socket: WebSocket) -> None:
        self.requests.append(socket.url)


@contextmanager
def started(found: Chromium) -> Iterator[Browser]:
    """A headless browser, ended with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, env={**os.environ, **found.environment}
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1280, height: int = 900
) -> Iterator[tuple[Page, Noticed]]:
    """A file opened in a window of that many CSS pixels, and what is noticed meanwhile; closed with the block."""
    page = browser.new_page(viewport={"width": width, "height": height})
    noticed = Noticed()
    noticed.watch(page)
    try:
        page.goto(path.as_uri(), wait_until="load")
        yield page, noticed
    finally:
        page.close()
