"""The HMR connection of an open page, made as a browser makes it.

Nothing about paths is known beforehand: the page names its scripts, one of them is the HMR client, and the client's
source says where its socket is and which token it takes (Vite's `client.mjs`, constants filled in by its dev server).
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

import websocket

from acceptance.drivers.http import DIRECT, HttpClient
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.page_references import in_page
from acceptance.waiting.errors import UnexpectedAnswer, Unreachable
from acceptance.waiting.trace import LONGEST, TRACE, Lane
from acceptance.waiting.waits import Deadline

SUBPROTOCOL: Final = "vite-hmr"

PING_EVERY_S: Final = 30.0
"""Vite's client sends a ping this often, so that no load balancer closes the socket for idleness."""


@dataclass(frozen=True)
class HmrClient:
    """What a page's HMR client would connect to: `socket_url` without the token, and where its source was found."""

    script_url: str
    socket_url: str
    token: str


def find_client(web: HttpClient, page_url: str, *, deadline: Deadline | None = None) -> HmrClient:
    """Read the page, follow its scripts to the HMR client, and read the socket's address and token there.

    Raises:
        UnexpectedAnswer: the page is not served, no script of it is an HMR client, or the client cannot be read.
        Unreachable: nobody answers.
    """
    page = web.get(page_url, headers={"Accept": "text/html"}, deadline=deadline)
    if page.status != 200:
        raise UnexpectedAnswer(f"{page}: expected 200 with a page that loads an HMR client")
    scripts = [r.url for r in in_page(page_url, page.text) if r.kind in ("script", "module")]
    tried = []
    for script in dict.fromkeys(scripts):
        source = web.get(script, deadline=deadline)
        tried.append(f"{source.status} {script}")
        if source.status == 200 and f'"{SUBPROTOCOL}"' in source.text and "wsToken" in source.text:
            return parse_client(script, source.text)
    raise UnexpectedAnswer(
        f"page {page_url} loads no HMR client: none of its {len(tried)} scripts opens a {SUBPROTOCOL} socket "
        f"({', '.join(tried) or 'it names no script'})"
    )


def parse_client(script_url: str, source: str) -> HmrClient:
    """Socket address and token from the source of Vite's client, as its constants would evaluate in a browser."""
    here = urlsplit(script_url)
    secure = "wss" if here.scheme == "https" else "ws"
    protocol = _literal(script_url, source, r"const socketProtocol = (null|\"[^\"]*\")") or secure
    port = _literal(script_url, source, r"const hmrPort = (null|\d+|\"[^\"]*\")") or str(here.port or "")
    host = re.search(
        r"const socketHost = `\$\{(null|\"[^\"]*\") \|\| importMetaUrl\.hostname\}"
        r":\$\{hmrPort \|\| importMetaUrl\.port\}\$\{(\"[^\"]*\")\}`",
        source,
    )
    if host is None:
        raise UnexpectedAnswer(
            f"{script_url}: expected `const socketHost = ...` as Vite writes it, found none"
        )
    name = json.loads(host[1]) or here.hostname
    token = _literal(script_url, source, r"const wsToken = (\"[^\"]*\")")
    authority = f"{name}:{port}" if port else str(name)
    return HmrClient(script_url, f"{protocol}://{authority}{json.loads(host[2])}", token or "")


class HmrSocket(OpenPage):
    """An open page's socket: a thread reads it and keeps every frame with its time. Close it, or use it in `with`."""

    NEWS = ("update", "full-reload")
    """Message types by which an edit reaches the page (Vite, `types/hmrPayload.d.ts`)."""

    def __init__(self, client: HmrClient, connection: Any) -> None:
        super().__init__(client.socket_url)
        self.client = client
        self._connection = connection
        self._leaving = False
        self._reader = threading.Thread(target=self._read, name=f"hmr {client.socket_url}", daemon=True)
        self._reader.start()

    @classmethod
    def open(cls, web: HttpClient, page_url: str, *, within: timedelta) -> HmrSocket:
        """Connect as the page at `page_url` would, and wait until the server says `connected`.

        Raises:
            UnexpectedAnswer: the page has no usable client, or the server refuses the socket.
            Unreachable: nobody answers in time.
        """
        deadline = Deadline.after(within)
        client = find_client(web, page_url, deadline=deadline)
        origin = urlsplit(page_url)
        connection: Any = websocket.WebSocket(
            sslopt={"ca_certs": str(web.ca_file)} if web.ca_file else {"cert_reqs": ssl.CERT_REQUIRED},
            enable_multithread=True,
        )
        connection.settimeout(deadline.left_s())
        try:
            connection.connect(
                f"{client.socket_url}?token={quote(client.token)}",
                subprotocols=[SUBPROTOCOL],
                origin=f"{origin.scheme}://{origin.netloc}",
                **DIRECT,
            )
        except websocket.WebSocketBadStatusException as refusal:
            raise UnexpectedAnswer(
                f"{client.socket_url}: expected 101 for a WebSocket, found {refusal.status_code}"
            ) from refusal
        except (OSError, websocket.WebSocketException) as failure:
            raise Unreachable(
                f"{client.socket_url}: no WebSocket ({failure or type(failure).__name__})"
            ) from failure
        socket = cls(client, connection)
        try:
            socket._await_connected(deadline)
        except Exception:
            socket.close()
            raise
        return socket

    def __enter__(self) -> HmrSocket:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def send(self, payload: Mapping[str, object]) -> None:
        """Send a message as the page's client would; Unreachable if the socket no longer takes one."""
        try:
            with TRACE.during(Lane.PAGES, self._place, f"sent {str(dict(payload))[:LONGEST]}"):
                self._connection.send(json.dumps(payload))
        except (OSError, websocket.WebSocketException) as failure:
            raise Unreachable(
                f"{self.client.socket_url}: cannot be sent to ({failure or type(failure).__name__})"
            ) from failure

    def close(self) -> None:
        """Close as a visitor who leaves the page; one already closed is no error."""
        self._leaving = True
        self._connection.abort()
        self._reader.join()
        self._connection.shutdown()

    def _await_connected(self, deadline: Deadline) -> None:
        with self._news:
            said = self._news.wait_for(
                lambda: bool(self._frames) or self._closed is not None, deadline.left_s()
            )
            if self._closed is not None:
                raise Unreachable(
                    f"{self.client.socket_url}: closed before it was connected ({self._closed})"
                )
            if not said:
                raise Unreachable(
                    f"{self.client.socket_url}: open, but silent: the server never said 'connected'"
                )
            if self._frames[0].kind != "connected":
                raise UnexpectedAnswer(
                    f"{self.client.socket_url}: expected 'connected' first, found {self._frames[0]}"
                )

    def _read(self) -> None:
        self._connection.settimeout(PING_EVERY_S)
        while True:
            try:
                message = self._connection.recv()
            except websocket.WebSocketTimeoutException:
                self._ping()
                continue
            except (OSError, websocket.WebSocketException) as end:
                self._end("the visitor left" if self._leaving else str(end) or type(end).__name__)
                return
            if not message:
                self._end("the visitor left" if self._leaving else "the server closed it")
                return
            self._keep(message if isinstance(message, str) else message.decode("utf-8", "replace"))

    def _ping(self) -> None:
        try:
            self._connection.send(json.dumps({"type": "ping"}))
        except (OSError, websocket.WebSocketException) as end:
            self._end(str(end) or type(end).__name__)


def _literal(script_url: str, source: str, pattern: str) -> str | None:
    found = re.search(pattern, source)
    if found is None:
        raise UnexpectedAnswer(f"{script_url}: expected {pattern} as Vite writes it, found none")
    value = json.loads(found[1])
    return None if value is None else str(value)
