"""What a person sees while the run goes on: on a terminal one line per worker, redrawn; elsewhere plain lines."""

from __future__ import annotations

import heapq
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from acceptance.gate.partition import Unit
from acceptance.gate.progress import Ended
from acceptance.gate.worker import Worker
from acceptance.results.text import counted

HEARTBEAT_S = 30.0
"""Seconds of silence after which plain output says what is being waited for."""

REDRAWS_PER_S = 2

MARKS = {"passed": "green", "skipped": "yellow"}
"""Colours of statuses; any other is red."""


class Screen(ABC):
    """Told by the crew what happens. `total` scenarios are to run."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    @abstractmethod
    def say(self, line: str, *, style: str = "", letters: int | None = None) -> None:
        """Tell a line at once. A style is for its first letters, or all of it; a line that has one may be cut."""

    @abstractmethod
    def show(self, running: Sequence[Worker], *, waiting: Sequence[Unit]) -> None:
        """How things stand; called several times a second. The units that wait are not yet started."""

    def started(self, worker: Worker) -> None:
        """A worker has been started: what it is to run."""
        unit = worker.unit
        much = counted(len(unit.scenarios), "scenario")
        self.say(f"worker {unit.number}: {unit.name}, {much} (about {unit.total_s:.0f} s)", style="dim")

    def ended(self, scenario: Ended, repetition: str = "") -> None:
        """A scenario has ended; `repetition` says which time it was, of several."""
        self._done += 1
        told = f"{scenario.status:<8} {scenario.seconds:6.1f} s  [{self._done}/{self._total}]"
        style = MARKS.get(scenario.status, "bold red")
        which = f" (time {repetition})" if repetition else ""
        self.say(f"{told}  {scenario.name.rstrip()}{which}", style=style, letters=len(scenario.status))

    def kept(self, worker: Worker) -> None:
        """A worker is done and stays for a look: where to look."""
        unit, what = worker.unit, worker.progress.kept
        self.say(f"worker {unit.number} ({unit.name}): Kept for a look: {what}. Ctrl-C ends it.")


def screen(out: TextIO, total: int) -> Screen:
    """The screen for a stream: live on a terminal, plain lines elsewhere."""
    console = Console(file=out, highlight=False)
    live = console.is_terminal and not console.is_dumb_terminal
    return LiveScreen(console, total) if live else Plain(out, total)


class Plain(Screen):
    """One line per scenario that has ended, and a heartbeat when nothing ends for long; no control characters."""

    def __init__(self, out: TextIO, total: int) -> None:
        super().__init__(total)
        self._out = out
        self._said_at = time.monotonic()

    def say(self, line: str, *, style: str = "", letters: int | None = None) -> None:  # noqa: ARG002
        """Print a line, which has no style here."""
        self._out.write(f"{line}\n")
        self._out.flush()
        self._said_at = time.monotonic()

    def show(self, running: Sequence[Worker], *, waiting: Sequence[Unit]) -> None:
        """Print a heartbeat when it is time."""
        if time.monotonic() - self._said_at >= HEARTBEAT_S:
            now = "; ".join(f"{worker.unit.name}: {doing(worker)}" for worker in running)
            self.say(f"... {now or 'the last workers put away what they began'}" + _queued(waiting))


class LiveScreen(Screen):
    """Finished scenarios scroll by, and below them stands one line per worker: how long, and waiting for what."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(total)
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._drawn = 0.0
        self._began = time.monotonic()

    def say(self, line: str, *, style: str = "", letters: int | None = None) -> None:
        """Print a line above the workers' lines."""
        text = Text(line)
        text.stylize(style, 0, letters)
        # Asked of `print`, not of the text: rich joins what it prints into a text of its own.
        self._console.print(text, no_wrap=bool(style), overflow="ellipsis" if style else "fold")

    def show(self, running: Sequence[Worker], *, waiting: Sequence[Unit]) -> None:
        """Draw the workers' lines anew, unless that was just done; with no worker left they are gone."""
        if not running:
            self._live.stop()
            return
        now = time.monotonic()
        if now - self._drawn < 1 / REDRAWS_PER_S:
            return
        self._drawn = now
        if not self._live.is_started:
            self._live.start()
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=8)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(8, self._console.width // 3))
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for worker in running:
            table.add_row(
                f"{worker.seconds:6.0f} s", Text(worker.unit.name, style="bold"), Text(doing(worker))
            )
        clock = f"{now - self._began:6.0f} s"
        left = f"ended, {time_left(running, waiting)}{_queued(waiting)}"
        table.add_row(clock, Text(f"{self._done} of {self._total}"), Text(left))
        self._live.update(table, refresh=True)


def doing(worker: Worker) -> str:
    """What a worker is at: the wait or the step, which a narrow terminal must show, then the scenario; since when."""
    progress = worker.progress
    if progress.kept:
        return "kept for a look; Ctrl-C ends it"
    if progress.scenario is None:
        return progress.now() if progress.begun else worker.says() or progress.now()
    now = time.time()
    waited = f" ({now - progress.waiting_since:.0f} s)" if progress.waiting_for else ""
    return f"{progress.now()}{waited}, in: {progress.scenario} ({now - progress.scenario_since:.0f} s)"


def time_left(running: Sequence[Worker], waiting: Sequence[Unit]) -> str:
    """About how long the run will take from now, if all takes as long as before: `about 1 min 20 s left`.

    The units that wait take their turn as the workers end; to the next ten seconds, since nobody knows better.
    """
    now = time.time()
    ends = [worker.left_s(now) for worker in running] or [0.0]
    heapq.heapify(ends)
    for unit in waiting:
        heapq.heapreplace(ends, ends[0] + unit.total_s)
    minutes, seconds = divmod(math.ceil(max(ends) / 10) * 10, 60)
    return f"about {minutes} min {seconds} s left" if minutes else f"about {seconds} s left"


def _queued(waiting: Sequence[Unit]) -> str:
    return f"; {counted(len(waiting), 'feature')} not yet started" if waiting else ""
