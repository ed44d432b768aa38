"""Whether what a run made stays when it ends, for a person to look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from acceptance.results.masking import masked
from acceptance.results.run_folder import Keep
from acceptance.waiting.view import VIEW


@dataclass
class KeepPolicy:
    """What was asked for, and whether anything has `failed` by now."""

    keep: Keep
    failed: bool = False

    @property
    def keeps(self) -> bool:
        """Whether, as things stand, what the run made is to stay."""
        return self.keep is Keep.ALWAYS or (self.keep is Keep.ON_FAILURE and self.failed)

    def unless_kept(self, undo: Callable[[], object]) -> Callable[[], None]:
        """A cleanup that does nothing once the run keeps what it made, or cannot reach it any more."""

        def cleanup() -> None:
            if not self.keeps and VIEW.lost is None:
                undo()

        return cleanup

    def linger(self, info: Mapping[str, object], say: Callable[[str], None]) -> None:
        """If the run keeps what it made, leave it running until Ctrl-C, which then ends the look and not the run.

        Args:
            info: what the deployment says of itself, where to look; nothing if it runs without us.
        """
        if self.keeps and info and VIEW.lost is None:
            what = str(masked(dict(info)))
            say(f"Kept for a look: {what}\nCtrl-C ends it.")
            VIEW.keep(what)
            with suppress(KeyboardInterrupt):
                threading.Event().wait()
