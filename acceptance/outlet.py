"""Standard output and error that may close under a run: what is said then goes nowhere, and the run goes on."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


class Outlet(io.TextIOBase):
    """A stream for people. A closed pipe (`| head -1`), a closed terminal or a full disk behind it silences it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows no such letter shows its number.
            stream.reconfigure(errors="backslashreplace")

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The stream's descriptor."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Write, if there is still somebody to read."""
        with self._silenced():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, if there is still somebody to read."""
        with self._silenced():
            self._stream.flush()

    @contextmanager
    def _silenced(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            # What is still buffered must go somewhere, or Python's own end fails for it.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def speak_safely() -> None:
    """From now on nothing that this process says can end it, not even where it was started without an output."""
    sys.stdout = Outlet(sys.stdout or _nowhere())
    sys.stderr = Outlet(sys.stderr or _nowhere())


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
