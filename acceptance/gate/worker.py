"""One behave process over one unit, and what became of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.gate.alone import argv
from acceptance.gate.leaked_processes import clear, remains, scratch
from acceptance.gate.mishaps import Mishaps
from acceptance.gate.parent_watch import VARIABLE
from acceptance.gate.partition import BOOT_S, Unit
from acceptance.gate.progress import Ended, EventFile, Progress
from acceptance.results.masking import mask_file
from acceptance.results.run_folder import EVENTS, LOG
from acceptance.results.verdict import Code

GONE_S = 15.0
"""Seconds after the end of a worker until what is left of it is called left behind: a platform that lost its worker, or
that a busy machine did not let end in time, clears itself away."""

LEAST_S = 0.1
"""Seconds that a scenario which takes longer than it used to is still thought to take."""

TAIL_LINES = 15

BEHAVES_OWN = (0, 1, Code.NOT_JUDGED)
"""Exit codes of a behave that came to its end; the last is that of one that had nothing it could run."""


@dataclass(frozen=True)
class Outcome:
    """A worker that has ended. `code` is as `subprocess` gives it: negative for a signal."""

    unit: Unit
    folder: Path
    code: int
    seconds: float
    progress: Progress
    recalled: bool = False
    """It was told to end, since another's end had decided that the run cannot be judged."""
    left: tuple[str, ...] = ()
    """What the run left on its own machine through it, as sentences; cleared away since."""

    @property
    def name(self) -> str:
        """How the worker is called in messages."""
        return f"worker {self.unit.number} ({self.unit.name})"

    @property
    def died(self) -> bool:
        """Whether behave ended before it had finished, cleanups included."""
        return not self.progress.closed or self.code not in BEHAVES_OWN

    def tail(self) -> str:
        """The last lines of its log."""
        with contextlib.suppress(OSError):
            lines = (self.folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(lines[-TAIL_LINES:])
        return ""


@dataclass
class Worker:
    """A behave process that runs. Made by `start`."""

    unit: Unit
    folder: Path
    progress: Progress = field(default_factory=Progress)
    recalled: bool = False

    def start(self, options: Sequence[str], *, keep: str) -> None:
        """Start behave in the working folder, in a session of its own so that no Ctrl-C reaches it but the gate's.

        Args:
            options: behave's options as the person gave them, without paths.
            keep: `never`, `on-failure` or `always`: whether it stays for a look when it is done.
        """
        self.folder.mkdir(parents=True)
        self._scratch, self._lock = scratch()
        arguments = [*options, "-D", f"reports={_relative(self.folder)}", "-D", "report=messages"]
        arguments += [
            "-D",
            f"keep={keep}",
            "--no-color",
            "-f",
            "acceptance.gate.event_formatter:Live",
            "-o",
            str(self.folder / EVENTS),
            "-f",
            "pretty",
        ]
        environment = {**os.environ, VARIABLE: str(self._scratch), "PYTHONUNBUFFERED": "1"}
        # Nobody sits at a worker: a breakpoint() would wait for ever (`--debug` has one on the terminal).
        environment["PYTHONBREAKPOINT"] = "0"
        if keep == "never":
            # What is left in it is left behind. A platform to be looked at lies where `python -m sandbox status` looks.
            environment["TMPDIR"] = str(self._scratch)
        self._began = time.monotonic()
        with (self.folder / LOG).open("wb") as log:
            self._child = subprocess.Popen(
                argv([*arguments, *self.unit.paths]),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self._events = EventFile(self.folder / EVENTS)

    @property
    def pid(self) -> int:
        """The behave process."""
        return self._child.pid

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._began

    def look(self) -> list[Ended]:
        """Take note of what has happened since the last look; the scenarios that ended meanwhile."""
        known = len(self.progress.ended)
        for event in self._events.new():
            self.progress.see(event)
        return self.progress.ended[known:]

    def says(self) -> str:
        """The last line of its log, as long as it still starts: what is being installed or waited for."""
        lines = (self.folder / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else ""

    def left_s(self, now: float) -> float:
        """Seconds from `now` (epoch) until its scenarios are over, if each takes as long as before; 0 when they are.

        As long as its platform comes up, nobody knows how far that is: all of its time is left.
        """
        over = self.progress.over
        if over >= len(self.unit.scenarios):
            return 0.0
        if not self.progress.begun:
            return BOOT_S + sum(self.unit.seconds)
        current, *later = self.unit.seconds[over:]
        running = self.progress.scenario is not None and not self.progress.putting_away
        spent = now - self.progress.scenario_since if running else 0.0
        return max(LEAST_S, current - spent) + sum(later)

    @property
    def running(self) -> bool:
        """Whether the behave process lives."""
        return self._child.poll() is None

    def recall(self) -> None:
        """Have it put away what it began, as Ctrl-C does; what it has not finished says nothing then."""
        self.recalled = True
        self.signal(signal.SIGINT)

    def signal(self, number: int) -> None:
        """Send a signal to the behave process alone; SIGKILL also ends what it leaves, in `finish`."""
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(number)

    def finish(self, mishaps: Mishaps) -> Outcome:
        """Take the end of a process that has ended: see what it left, and clear that away."""
        code = self._child.wait()
        seconds = self.seconds
        if self._child.stdin is not None:
            self._child.stdin.close()
        with mishaps.noted("a worker's events were read"):
            self.look()
        with mishaps.noted("a worker's log was masked"):
            # behave prints whatever a step raised.
            mask_file(self.folder / LOG)
        left = remains(self.pid, self._scratch, within_s=GONE_S)
        clear(self.pid, self._scratch)
        os.close(self._lock)
        return Outcome(self.unit, self.folder, code, seconds, self.progress, self.recalled, tuple(left))


def ended_by(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
