"""The parts that the sandbox cannot do without: when one ends unasked, the sandbox ends, and says which it was."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

logger = logging.getLogger(__name__)

LOG_LINES = 5


@dataclass(frozen=True)
class Loss:
    """A part that ended unasked: its name in the contract's words, how and when (UTC), and its last log lines."""

    part: str
    how: str
    at: datetime
    log: str

    def __str__(self) -> str:
        return f"{self.part} ended ({self.how}) at {self.at:%Y-%m-%dT%H:%M:%SZ}"


class Parts:
    """Hears of every part that ends. Every method may be called from any thread.

    `ending` is set once the sandbox is to end, whoever wants it; what ends from then on was asked to. `loss` is the
    part that ended before.
    """

    def __init__(self) -> None:
        self.ending = threading.Event()
        self.loss: Loss | None = None
        self._lock = threading.Lock()

    def ended(self, part: str, how: str, log: str = "") -> None:
        """A part has ended; the sandbox then ends, too."""
        with self._lock:
            if self.ending.is_set():
                return
            self.loss = Loss(part, how, datetime.now(UTC), log)
            self.ending.set()
        logger.error("could not go on: %s", self.loss)

    def exited(self, part: str, log: Path | None, code: int | None) -> None:
        """A part's process has ended with that code, as `subprocess` gives it."""
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        lines = log.read_text(errors="replace").splitlines(keepends=True) if log and log.exists() else []
        self.ended(part, how, "".join(lines[-LOG_LINES:]))

    def thread(self, part: str, work: Callable[[], object]) -> threading.Thread:
        """A daemon thread, not yet started, that does a part's work for as long as the sandbox runs."""

        def watched() -> None:
            how = "it returned"
            try:
                work()
            except BaseException as error:
                how = f"{type(error).__name__}: {error}"
                raise
            finally:
                self.ended(part, how)

        return threading.Thread(target=watched, name=part, daemon=True)
