"""Whether what a run made stays when it or a scenario ends, for a person to look at."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from acceptance.results.masking import masked
from acceptance.results.run_folder import Keep, Pause, choice
from acceptance.waiting.view import VIEW


@dataclass
class KeepPolicy:
    """What was asked for, and whether anything has `failed` by now."""

    keep: Keep
    pause: Pause = Pause.NEVER
    failed: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> KeepPolicy:
        """As behave's `-D` values say; ValueError names a value that means nothing."""
        return cls(choice(Keep, settings, "keep", Keep.NEVER), choice(Pause, settings, "pause", Pause.NEVER))

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

    def hold(self, previews: Iterable[str], info: Mapping[str, object], say: Callable[[str], None]) -> None:
        """If scenarios are to stop, say where this one's previews are, and wait for a line on standard input.

        Args:
            info: what the deployment says of itself; of it, how a browser comes to trust the previews.
        """
        if self.pause is Pause.NEVER or VIEW.lost is not None:
            return
        trust = [f"{info['ca_trust']} ca_file: {info['ca_file']}"] if "ca_trust" in info else []
        for line in (*(f"Preview: {url}" for url in previews), *trust):
            say(line)
        say("Stopped before the scenario puts away what it began; Enter goes on, Ctrl-C ends the run.")
        sys.stdin.readline()

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
