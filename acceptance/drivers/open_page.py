"""A preview that a visitor has open: what reached it, in order, and whether it is connected for updates."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final
from urllib.parse import urlsplit

from acceptance.waiting.trace import TRACE, Lane

SETTLED_S: Final = 0.3
"""A server with messages from before the connection sends them at once: what comes within this is not news."""


@dataclass(frozen=True)
class Frame:
    """One thing that reached an open page; `at` is monotonic seconds.

    `kind` is Vite's message type (`types/hmrPayload.d.ts`), or what a real browser tells beside
    (acceptance/drivers/browser/page.py).
    """

    at: float
    kind: str
    payload: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.kind} {json.dumps(dict(self.payload), ensure_ascii=False)[:200]}"


class OpenPage(ABC):
    """Keeps every frame with its time; whoever looks may be another thread than whoever receives."""

    NEWS: ClassVar[tuple[str, ...]]
    """Kinds of frames by which an edit reaches the visitor."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._place = urlsplit(address).path
        self._news = threading.Condition()
        self._frames: list[Frame] = []
        self._closed: str | None = None
        self._settled = False

    @property
    def is_open(self) -> bool:
        """Whether it is connected for updates."""
        with self._news:
            return self._closed is None

    @property
    def closed_because(self) -> str | None:
        """Why it is not connected, None while it is."""
        with self._news:
            return self._closed

    def mark(self) -> int:
        """A place in the series of frames, for `since`: after what the server had to say of the time before.

        So soon after the connection that such messages may still come, it waits for the server to be quiet.
        """
        with self._news:
            while not self._settled and self._closed is None:
                quiet_s = SETTLED_S - (time.monotonic() - self._frames[-1].at)
                self._settled = quiet_s <= 0 or not self._news.wait(quiet_s)
            return len(self._frames)

    def frames(self, since: int = 0) -> tuple[Frame, ...]:
        """All frames since a mark."""
        with self._news:
            return tuple(self._frames[since:])

    def updates(self, since: int = 0) -> tuple[Frame, ...]:
        """Frames since a mark by which an edit reaches the visitor."""
        return tuple(frame for frame in self.frames(since) if frame.kind in self.NEWS)

    @abstractmethod
    def close(self) -> None:
        """Close as a visitor who leaves the page; one already closed is no error."""

    def _keep(self, text: str) -> Frame:
        """Keep a message of the dev server; one that is no JSON object is `unreadable`."""
        try:
            payload = json.loads(text)
        except ValueError:
            payload = {"type": "unreadable", "text": text}
        if not isinstance(payload, dict):
            payload = {"type": "unreadable", "text": text}
        return self._add(str(payload.get("type")), payload)

    def _add(self, kind: str, payload: Mapping[str, object]) -> Frame:
        frame = Frame(time.monotonic(), kind, MappingProxyType(dict(payload)))
        TRACE.add(Lane.PAGES, self._place, outcome=str(frame))
        with self._news:
            self._frames.append(frame)
            self._news.notify_all()
        return frame

    def _end(self, reason: str) -> None:
        with self._news:
            if self._closed is None:
                self._closed = reason
                TRACE.add(Lane.PAGES, self._place, outcome=f"not connected: {reason}")
            self._news.notify_all()
