"""A report opened in headless Chromium, with everything noticed that a person would not see; and a real run for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, WebSocket, sync_playwright

from faults.catalogue import FAULTS
from faults.noticed import name_pattern
from tests.acceptance.report.browser.chromium import Chromium

ROOT = Path(__file__).resolve().parents[3]

FAULT = FAULTS["second_edit_task"]
"""What is wrong with the platform of the real run: cheap to run, and noticed by a sentence that anybody understands."""

FEATURE = "features/1_cold_start.feature"
FAILING = "One session wakes one Hermes task and one Edit task, never more"
PASSING = (
    "The first request wakes the platform and brings up a preview with the change",
    "A visitor who comes too early sees the waiting page",
)
"""A session of its own, and one more look at the session of the failing scenario."""
FURTHER = (
    "A fresh preview shows the next edit without being reloaded by hand",
    "An email does what a request does, and is answered in its thread",
    "After the idle time the session expires, Edit goes to zero, then Hermes",
)
"""More sessions, for pictures that are worth showing."""

_RUN_LIMIT_S = 300.0
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


def real_run(folder: Path, *, passing: Sequence[str]) -> Path:
    """Run the failing scenario and these against a sandbox with the fault in it; returns the report.

    Raises AssertionError, with what behave said, if it did not end as the fault has it: one failed, the others passed.
    """
    command = f"python,-m,faults.broken,{FAULT.name},sandbox,up,--while-stdin-open,--ready-file,{{ready}}"
    argv = [sys.executable, "-m", "behave", "--format", "progress3", "-D", f"sandbox.command={command}"]
    argv += ["-D", f"reports={folder}", "-D", "patience=2", FEATURE]
    argv += [part for name in (FAILING, *passing) for part in ("--name", name_pattern(name))]
    result = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=_RUN_LIMIT_S, check=False)
    said = result.stdout + result.stderr
    assert result.returncode == 1, said[-5000:]
    assert f"\n{len(passing)} scenarios passed, 1 failed" in said, said[-5000:]
    return folder / "report.html"
