"""The report as a browser would take it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any


class WrittenPage(HTMLParser):
    """What a browser would be told to fetch, and the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts: list[str] = []
        self.policy = ""
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._in_script = tag == "script"
        if tag == "script":
            self.scripts.append("")
        if told.get("http-equiv") == "Content-Security-Policy":
            self.policy = told["content"] or ""
        self.fetched += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data

    def messages(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = json.loads(self.scripts[0].partition("=")[2].strip().rstrip(";"))
        return found
