"""Opens previews as a customer's browser does: in a headless Chromium, one for all pages of a run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from acceptance.drivers.browser.page import BrowserPage
from acceptance.waiting.waits import Deadline

if TYPE_CHECKING:
    from acceptance.drivers.browser.program import Program


class Browser:
    """Opens pages of one load balancer. Nothing is started before the first, or `launch`."""

    def __init__(self, origin: str, ca_file: Path | None) -> None:
        self._origin = origin
        self._ca_file = ca_file
        self._program: Program | None = None

    def open(self, url: str, *, within: timedelta, connected: bool) -> BrowserPage:
        """Load a page in a new window; with `connected`, also wait until the dev server says so to the page.

        Raises:
            NoBrowser: no Chromium can be had here, or it does not run.
            Unreachable: nobody answers in time. Untrusted: the certificate does not verify.
            UnexpectedAnswer: the page has not connected for its updates in time.
        """
        return self.launch().open(url, Deadline.after(within), connected=connected)

    def launch(self) -> Program:
        """Start it, so that the next page has not to wait for that; nothing if it runs. Raises NoBrowser."""
        if self._program is None:
            # It takes a while to load, and most runs of a part have no use for it.
            from acceptance.drivers.browser.program import Program, trusting

            self._program = Program.start(trusting(self._origin, self._ca_file))
        return self._program

    def close(self) -> None:
        """End the browser, its windows and all that it wrote; none is no error."""
        program, self._program = self._program, None
        if program is not None:
            program.close()
