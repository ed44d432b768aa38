"""What goes wrong in the gate itself: told, never a verdict, and no reason to leave undone what can still be done."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from acceptance.results.disk_space import NoRoom

CURES = {
    errno.ENOSPC: "free some space on that disk and run again",
    errno.EDQUOT: "free some of your quota there and run again",
    errno.EROFS: "run where the project's folder and TMPDIR can be written",
    errno.EACCES: "run as somebody who may write there",
    errno.EMFILE: "raise `ulimit -n` and run again",
    errno.ENOMEM: "free some memory, or run fewer features at once (--jobs 1)",
}
"""What helps against the machine's own troubles; any other failure is a defect, and told with its traceback."""


@dataclass
class Mishaps:
    """Collected as they happen, each a sentence."""

    sentences: list[str] = field(default_factory=list)

    @contextmanager
    def noted(self, doing: str) -> Iterator[None]:
        """Whatever fails within is noted, and what follows is done all the same; `doing` says what failed."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - it is told here, and in the verdict
            self.note(doing, error)

    def note(self, doing: str, error: Exception) -> None:
        """Add a failure; one that nobody has foreseen is printed with its traceback."""
        sentence = told(error)
        if not foreseen(error):
            traceback.print_exception(error)
            sentence = f"the gate itself failed while {doing}: {sentence}"
        if sentence not in self.sentences:
            self.sentences.append(sentence)


def foreseen(error: BaseException) -> bool:
    """Whether the machine is to blame, and a sentence says all."""
    return isinstance(error, NoRoom) or (isinstance(error, OSError) and error.errno in CURES)


def told(error: BaseException) -> str:
    """The failure in words, with its cure where one is known."""
    if isinstance(error, OSError) and error.errno in CURES:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}; {CURES[error.errno]}"
    return str(error) if isinstance(error, NoRoom) else f"{type(error).__name__}: {error}"
