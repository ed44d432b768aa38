"""Each mutant against the whole suite, the likeliest features first, until the first scenario is red."""

from __future__ import annotations

import queue
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from acceptance.gate.worker_pool import Interruption
from acceptance.results.run_results import Results
from acceptance.results.verdict import SelectedScenario
from faults.attempt import Attempt, Ending, Enough, Seen, troubles
from faults.matrix import UP
from faults.noticed import failures
from faults.pool import each
from faults.random_mutants.likelihood import likely_first
from faults.random_mutants.mutants import Mutant
from faults.random_mutants.tree_copy import TreeCopy

LIMIT_S = 1800.0
"""Seconds that all features may take against one mutant, on a busy machine."""

FOLDER = Path("reports", "mutants")


class Fate(StrEnum):
    """How a mutant ended. A platform that it keeps from starting needs no suite to be noticed."""

    KILLED = "killed"
    SURVIVED = "survived"
    REFUSED = "refused at the start"
    LATE = "timed out"


@dataclass(frozen=True)
class Trial:
    """How one mutant ended: `by` is the scenario that was red, empty where the run was red for another reason, or not
    at all; `message` says why. `doubts` are those that were red once and not again. `revision` is the project's.
    """

    id: str
    file: str
    line: int
    operator: str
    diff: str
    fate: Fate
    by: str
    message: str
    doubts: tuple[str, ...]
    seconds: float
    revision: str


@dataclass(frozen=True)
class Mutation:
    """How mutants are run: each job on a copy of its own, in which they are applied one after the other."""

    project: Path
    everything: Sequence[SelectedScenario]
    revision: str
    say: Callable[[str], None]
    keep: Callable[[Trial], None]
    folder: Path = FOLDER
    attempt: Callable[[Attempt, Enough, Ending], Seen] = Attempt.run

    def run(
        self, mutants: Iterable[Mutant], copies: Sequence[TreeCopy], interruption: Interruption
    ) -> list[Trial]:
        """Run the mutants, as many at once as there are copies; what has ended is kept when the run is told to end."""
        free = queue.SimpleQueue[TreeCopy]()
        for copy in copies:
            free.put(copy)
        wanted, done = list(mutants), 0

        def attempt(mutant: Mutant, ending: Ending) -> Trial | None:
            copy = free.get()
            try:
                with copy.changed(mutant.file, mutant.source):
                    return self._try(mutant, copy, ending)
            finally:
                free.put(copy)

        def ended(trial: Trial, left: Sequence[Mutant]) -> None:
            nonlocal done
            done += 1
            self.keep(trial)
            self.say(f"[{done}/{len(wanted)}, {len(left)} left] {told(trial)}")

        return each(wanted, attempt, jobs=len(copies), interruption=interruption, ended=ended)

    def _try(self, mutant: Mutant, copy: TreeCopy, ending: Ending) -> Trial | None:
        refusal = copy.refusal(mutant.file)
        if refusal is not None:
            return self._trial(mutant, _End(Fate.REFUSED, message=refusal), 0.0)
        folder = self.folder / re.sub(r"[^\w.]+", "_", mutant.id)
        command = ("python", "-m", "faults.random_mutants.elsewhere", str(copy.folder), *UP)

        def look(scenarios: Sequence[SelectedScenario], name: str) -> Seen:
            return self.attempt(Attempt(tuple(scenarios), command, folder / name, LIMIT_S), _is_red, ending)

        left, doubts, seconds = likely_first(mutant.file, self.everything), list[str](), 0.0
        while True:
            seen = look(left, "all")
            seconds += seen.seconds
            red = next(iter(failures(seen.results.scenarios)), None)
            if red is None:
                break
            # On a busy machine a scenario may be red of its own: whoever kills does so twice.
            again = look([wanted for wanted in left if wanted.location == red.location], "again")
            seconds += again.seconds
            if failures(again.results.scenarios):
                end = _End(Fate.KILLED, red.name.strip(), f"{red.failed_step}: {red.message}")
                return self._trial(mutant, end, seconds, doubts)
            if again.cut:
                return None
            doubts.append(red.name.strip())
            ended = {result.location for result in seen.results.scenarios}
            left = [wanted for wanted in left if wanted.location not in ended]
            if not left:
                break
        return None if seen.cut else self._trial(mutant, _end_of(seen), seconds, doubts)

    def _trial(self, mutant: Mutant, end: _End, seconds: float, doubts: Sequence[str] = ()) -> Trial:
        place = (mutant.id, mutant.file, mutant.line, mutant.operator, mutant.diff(self.project))
        return Trial(*place, *end, tuple(doubts), round(seconds, 1), self.revision)


class _End(NamedTuple):
    fate: Fate
    by: str = ""
    message: str = ""


def _end_of(seen: Seen) -> _End:
    """How a mutant ended under which no scenario was red."""
    outside = troubles(seen.results)
    if outside:
        return _End(Fate.KILLED, message=outside[0])
    if not seen.began:
        return _End(Fate.REFUSED, message=seen.tail)
    return _End(Fate.LATE if seen.late else Fate.SURVIVED)


def told(trial: Trial) -> str:
    """One mutant's end; of one that lives, what it changed."""
    line = f"{trial.fate}: {trial.id} ({trial.seconds:.0f} s)"
    line += "".join(f"\n    red once and not again: {name}" for name in trial.doubts)
    if trial.fate is Fate.KILLED:
        return f"{line}\n    by {trial.by or trial.message.splitlines()[0]}"
    if trial.fate is Fate.REFUSED:
        return f"{line}: {trial.message.strip().splitlines()[-1]}"
    return f"{line}\n    " + trial.diff.replace("\n", "\n    ")


def _is_red(results: Results) -> bool:
    return bool(troubles(results) or failures(results.scenarios))
