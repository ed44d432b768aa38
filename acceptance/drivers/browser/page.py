"""A page in a real browser: what its dev server sent, what it showed, and what went wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from acceptance.drivers.browser.chromium import NoBrowser
from acceptance.drivers.http import Answer
from acceptance.drivers.open_page import Frame, OpenPage
from acceptance.waiting.errors import UnexpectedAnswer
from acceptance.waiting.waits import Deadline

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Error, Page, WebSocket
    from playwright.async_api import Frame as Window

SHOWN = "shown"
"""Something else is to be seen than before: the page's `text` (its first 2,000 characters) and the `colour` of it, as
CSS computes it."""

LOADED = "loaded"
"""The page was loaded, by whatever asked for it."""

COMPLAINT = "complaint"
"""An error in the browser's console, or one that no script caught."""

CONNECTED = "connected"
"""Vite's first message on a socket."""

LOOK = """(() => {
  if (window !== window.top) return;
  let before = "";
  const look = () => {
    if (document.readyState === "loading") return;
    const shown = JSON.stringify({
      text: document.body.innerText.slice(0, 2000),
      colour: getComputedStyle(document.body).color,
    });
    if (shown !== before) window.tellWhatIsShown(before = shown);
  };
  addEventListener("DOMContentLoaded", look);
  setInterval(look, 50);
})()"""
"""What the page does beside: once it is there, it tells as soon as something else is to be seen."""


class BrowserPage(OpenPage):
    """A page in a window of its own, with nothing remembered from others. Made by `Browser.open`.

    An edit reaches the visitor when the page shows it, whatever it was sent before.
    """

    NEWS = (SHOWN,)

    def __init__(self, address: str, leave: Callable[[], None], take: Callable[[], bytes]) -> None:
        """`leave` closes the window, `take` takes a picture of it or raises NoBrowser."""
        super().__init__(address)
        self.answer: Answer
        """What the first request for its address was answered with; there once `Browser.open` has returned."""
        self._leave = leave
        self._take = take
        self._sockets: set[WebSocket] = set()
        self._unseen: str | None = None
        self._end("it has opened no socket yet")

    def close(self) -> None:
        """Close the window; one already closed is no error."""
        self._end("the visitor left")
        self._leave()

    @property
    def shown(self) -> Mapping[str, object]:
        """What is to be seen now: the payload of the last frame that is `SHOWN`; empty before the first."""
        return next((frame.payload for frame in reversed(self.frames()) if frame.kind == SHOWN), {})

    def picture(self) -> bytes:
        """What is to be seen now, as PNG; NoBrowser if the browser shows nothing any more."""
        return self._take()

    async def fill(self, context: BrowserContext) -> Page:
        """A page of that context whose every move is kept here."""
        await context.expose_function("tellWhatIsShown", self._shows)
        await context.add_init_script(LOOK)
        page = await context.new_page()
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("framenavigated", self._navigated)
        page.on("websocket", self._opens)
        page.on("crash", lambda _: self._gone("the page crashed"))
        if context.browser is not None:
            context.browser.on("disconnected", lambda _: self._gone("Chromium has ended"))
        return page

    def frames(self, since: int = 0) -> tuple[Frame, ...]:
        """All frames since a mark. NoBrowser if the browser is gone: what it did not show accuses nobody."""
        if self._unseen is not None:
            raise NoBrowser(f"{self.address} by Chromium: expected to see it, {self._unseen}")
        return super().frames(since)

    def await_connected(self, deadline: Deadline) -> None:
        """Wait until it is connected for updates; UnexpectedAnswer, with what it did instead, if that is too late."""
        with self._news:
            connected = self._news.wait_for(lambda: self._closed is None, deadline.left_s())
        if not connected:
            told = ", ".join(map(str, self.frames())) or "nothing"
            raise UnexpectedAnswer(
                f"{self.address} by Chromium: expected it connected for updates, saw {told}"
            )

    def _gone(self, reason: str) -> None:
        self._unseen = reason
        self._end(reason)

    def _shows(self, shown: str) -> None:
        self._add(SHOWN, json.loads(shown))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "assert"}:
            self._add(COMPLAINT, {"text": message.text, "at": str(message.location.get("url", ""))})

    def _error(self, error: Error) -> None:
        self._add(COMPLAINT, {"text": f"uncaught: {error.message}"})

    def _navigated(self, window: Window) -> None:
        if window.parent_frame is None:
            # The sockets of the page before go with it.
            self._sockets.clear()
            self._end("the page was loaded anew, and has not connected yet")
            self._add(LOADED, {"url": window.url})

    def _opens(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: self._received(socket, payload))
        socket.on("close", lambda _: self._lost(socket))

    def _received(self, socket: WebSocket, payload: str | bytes) -> None:
        text = payload if isinstance(payload, str) else payload.decode("utf-8", "replace")
        if self._keep(text).kind == CONNECTED:
            self._sockets.add(socket)
            with self._news:
                self._closed = None
                self._news.notify_all()

    def _lost(self, socket: WebSocket) -> None:
        if socket in self._sockets:
            self._sockets.discard(socket)
            self._end("its socket was closed")
