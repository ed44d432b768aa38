"""One behave against one broken platform: begun, watched, and ended as soon as it has shown what it can."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.gate.mishaps import Mishaps
from acceptance.gate.partition import Unit
from acceptance.gate.worker import Worker
from acceptance.results.run_folder import DEPLOYMENT_LOG
from acceptance.results.run_results import Results
from acceptance.results.verdict import SelectedScenario

LOOK_S = 0.2
"""Seconds between two looks at the results."""

END_S = 30.0
"""Seconds after which a behave that was told to end, and its platform, are made to."""


Enough = Callable[[Results], bool]
"""Tells of the results so far whether more of them would say nothing more."""


class NotBegun(RuntimeError):
    """What behave was asked for means nothing, such as when a feature has changed since the run began."""


@dataclass
class Ending:
    """Set by whoever wants all attempts to end: first in good order, then at once."""

    asked: threading.Event = field(default_factory=threading.Event)
    at_once: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Seen:
    """What an attempt showed. `cut` says that whoever began it wanted its end; then the rest proves nothing.

    `began` says that behave has got as far as its first scenario; `tail` are its log's last lines.
    """

    results: Results
    seconds: float
    began: bool
    late: bool
    cut: bool
    tail: str


@dataclass(frozen=True)
class Attempt:
    """`command` starts the platform, `{ready}` in it being its ready file; the worker's files lie in `folder`."""

    scenarios: tuple[SelectedScenario, ...]
    command: Sequence[str]
    folder: Path
    limit_s: float

    def run(self, enough: Enough, ending: Ending) -> Seen:
        """Run the scenarios until `enough` says so of their results, or the time is over.

        An attempt that is told to end lets its platform go as it is, with all that the scenarios began in it.

        Raises:
            NotBegun: behave refused before it started a platform, so that nothing is known of one.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        unit = Unit(1, self.scenarios, (0.0,) * len(self.scenarios), whole=False)
        worker = Worker(unit, self.folder)
        began, late, satisfied, found = time.monotonic(), False, False, _NOTHING
        worker.start(["-D", f"sandbox.command={','.join(self.command)}"], keep="never")
        pause = threading.Event()
        try:
            while worker.running and not (late or satisfied or ending.asked.is_set()):
                pause.wait(LOOK_S)
                found = Results.read(self.folder) or _NOTHING
                satisfied = enough(found)
                late = time.monotonic() - began > self.limit_s
        finally:
            # Of a run that was told to end, the results tell of its end.
            told = worker.running
            self._end(worker, ending)
            outcome = worker.finish(Mishaps())
        if not (told or outcome.progress.begun or (self.folder / DEPLOYMENT_LOG).exists()):
            raise NotBegun(f"behave did not begin; {self.folder} has its log:\n{outcome.tail()}")
        if not told:
            found = Results.read(self.folder) or _NOTHING
        return Seen(
            found,
            round(time.monotonic() - began, 1),
            outcome.progress.begun,
            late,
            told and not (satisfied or late),
            outcome.tail(),
        )

    def _end(self, worker: Worker, ending: Ending) -> None:
        """SIGTERM, then SIGKILL: environment.py lets go of a platform of its own when it is told to end."""
        pause, told = threading.Event(), time.monotonic()
        if worker.running:
            worker.signal(signal.SIGTERM)
        while worker.running:
            pause.wait(LOOK_S)
            if ending.at_once.is_set() or time.monotonic() - told > END_S:
                worker.signal(signal.SIGKILL)


_NOTHING = Results(())


def troubles(results: Results) -> list[str]:
    """What a run found outside its scenarios, as sentences: what was left behind, why nothing could be seen."""
    return [*results.lost, *results.left_behind, *results.cleanup_errors, *results.not_observed]
