"""The workers of a run: at most so many at once, the longest unit first, ended together on Ctrl-C or a failure."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

from acceptance.gate.display import Screen
from acceptance.gate.mishaps import Mishaps
from acceptance.gate.partition import BOOT_S, Unit, longest_first
from acceptance.gate.worker import Outcome, Worker
from acceptance.results.run_results import FINE

LOOK_S = 0.2
"""Seconds between two looks at the workers."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _orphaned() -> Callable[[], bool]:
    """Tells whether the parent is gone. In the background, or in a session of its own, a process is to outlive it."""
    parent = os.getppid()
    ignored = any(signal.getsignal(number) is signal.SIG_IGN for number in (signal.SIGINT, signal.SIGHUP))
    if ignored or os.getsid(0) == os.getpid():
        return lambda: False
    return lambda: os.getppid() != parent


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """A signal that is not heeded."""


@dataclass
class Interruption:
    """How often this process has been told to end; installed for as long as `heeded` lasts."""

    times: int = 0
    orphaned: Callable[[], bool] = field(default_factory=_orphaned)
    """Whether the shell that started this process is gone; that counts as once."""
    cut_short: bool = False
    """Whether something had still to be run then; a worker that only stays for a look has nothing to run."""
    woken: SimpleQueue[None] = field(default_factory=SimpleQueue)
    """Not an Event: whoever handles a signal may have interrupted the pause inside one, and would wait for itself."""

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Count signals instead of dying of them; what is ignored already (`nohup`, `&` in a script) stays so.

        For this process alone: an ignored signal is inherited, one with a handler is not, and workers are told to end
        by SIGINT.
        """
        before = {
            number: signal.signal(
                number, _ignore if signal.getsignal(number) is signal.SIG_IGN else self._count
            )
            for number in SIGNALS
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self.times += 1
        self.woken.put(None)

    def pause(self, seconds: float) -> None:
        """Let so many seconds pass; a signal ends the pause."""
        with suppress(Empty):
            self.woken.get(timeout=seconds)
        if not self.times and self.orphaned():
            self.times = 1


@dataclass(frozen=True)
class WorkerPool:
    """How units are run: behave's options, how many at once, what is kept, where each worker's folder lies.

    `own_platforms` says that each worker starts one; otherwise all use one that is there, one after the other.
    """

    options: Sequence[str]
    jobs: int
    own_platforms: bool
    keep: str
    stop: bool
    folder: Path
    screen: Screen
    interruption: Interruption
    mishaps: Mishaps
    check: Callable[[], None]
    """Called at every look; what it raises ends the run."""
    enough: int | None = None
    """So many failures end the run: the workers put away what they began."""

    def run(self, units: Sequence[Unit]) -> list[Outcome]:
        """Run the units and return what became of each that was started, in the units' order.

        The first signal is passed on to the workers, once, and no more are started; they put away what they began. The
        second one kills them. A failure of this process ends them like a signal.
        """
        waiting, running, told, failed = longest_first(units), list[Worker](), 0, 0
        finishing: list[Future[Outcome]] = []
        with ThreadPoolExecutor(max_workers=len(waiting) or 1) as pool:
            with self.mishaps.noted("the features ran"):
                while waiting or running:
                    self.check()
                    if self.interruption.times > told:
                        told = self.interruption.times
                        unfinished = bool(waiting) or any(not w.progress.kept and w.running for w in running)
                        self.interruption.cut_short = self.interruption.cut_short or unfinished
                        waiting.clear()
                        self._tell_to_end(running, finally_=told > 1)
                    while waiting and self._room(running):
                        self._start(waiting.pop(0), running)
                    for worker in list(running):
                        # Asked first, so that what it wrote last is seen.
                        ended = not worker.running
                        failed += self._look(worker)
                        if failed and self.stop:
                            waiting.clear()
                        enough = self.enough is not None and failed >= self.enough
                        if enough or (worker.progress.lost and not worker.recalled):
                            waiting.clear()
                            self._recall(running)
                        if ended:
                            running.remove(worker)
                            finishing.append(pool.submit(worker.finish, self.mishaps))
                    self.screen.show(running, waiting=waiting)
                    if running:
                        self.interruption.pause(LOOK_S)
            self._end(running)
            finishing += [pool.submit(worker.finish, self.mishaps) for worker in running]
        outcomes = list[Outcome]()
        for done in finishing:
            with self.mishaps.noted("a worker's end was taken"):
                outcomes.append(done.result())
        return sorted(outcomes, key=lambda outcome: outcome.unit.number)

    def _end(self, running: Sequence[Worker]) -> None:
        """Have workers that a failure left running put away what they began; Ctrl-C then kills them."""
        told = self.interruption.times
        for worker in running:
            worker.signal(signal.SIGINT)
        while any(worker.running for worker in running):
            self.interruption.pause(LOOK_S)
            if self.interruption.times > told:
                for worker in running:
                    worker.signal(signal.SIGKILL)

    def _room(self, running: Sequence[Worker]) -> bool:
        """Whether another worker may start: one that stays for a look takes no place, nor does one that is through and
        waits for its platform to fall asleep; and one may come up while another has only seconds left to run."""
        at_work = [worker for worker in running if not worker.progress.kept]
        if not self.own_platforms:
            return len(at_work) < self.jobs
        now = time.time()
        left = [worker.left_s(now) for worker in at_work]
        return sum(one > BOOT_S for one in left) < self.jobs and sum(one > 0.0 for one in left) <= self.jobs

    def _start(self, unit: Unit, running: list[Worker]) -> None:
        worker = Worker(unit, self.folder / str(unit.number))
        worker.start(self.options, keep=self.keep)
        running.append(worker)
        self.screen.started(worker)

    def _look(self, worker: Worker) -> int:
        """See what has happened in a worker; how many scenarios have failed meanwhile."""
        failed, kept = 0, worker.progress.kept
        for ended in worker.look():
            self.screen.ended(ended, worker.unit.repetition)
            failed += ended.status not in FINE
        if worker.progress.kept and not kept:
            self.screen.kept(worker)
        return failed

    def _recall(self, running: Sequence[Worker]) -> None:
        """End the others, too: one worker's platform is out of sight, or enough has failed."""
        for worker in running:
            if not worker.recalled and not worker.progress.lost:
                worker.recall()

    def _tell_to_end(self, running: Sequence[Worker], *, finally_: bool) -> None:
        for worker in running:
            worker.signal(signal.SIGKILL if finally_ else signal.SIGINT)
        self.screen.say(
            "Ending at once."
            if finally_
            else "Ending: the workers put away what they began. Ctrl-C ends them at once."
        )
