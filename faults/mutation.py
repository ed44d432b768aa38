"""Each mutant against the whole suite, the likeliest features first, until the first scenario is red."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from acceptance.gate.worker_pool import Interruption
from acceptance.results.verdict import SelectedScenario
from faults.attempt import Attempt, Ending, Enough, Results, Seen
from faults.likelihood import likely_first
from faults.matrix import UP
from faults.mutants import Mutant
from faults.noticed import notices
from faults.pool import each
from faults.tree_copy import TreeCopy

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
    at all; `message` says why. `revision` is the project's.
    """

    id: str
    file: str
    line: int
    operator: str
    diff: str
    fate: Fate
    by: str
    message: str
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
            return self._trial(mutant, Fate.REFUSED, "", refusal, 0.0)
        scenarios = likely_first(mutant.file, self.everything)
        command = ("python", "-m", "faults.elsewhere", str(copy.folder), *UP)
        folder = self.folder / mutant.id.replace("/", ".").replace(":", "_").replace("<module>", "module")
        seen = self.attempt(Attempt(tuple(scenarios), command, folder, LIMIT_S), _is_red, ending)
        red = notices(seen.results.scenarios)
        if red:
            return self._trial(
                mutant, Fate.KILLED, red[0].scenario, f"{red[0].step}: {red[0].message}", seen.seconds
            )
        if seen.results.troubles:
            return self._trial(mutant, Fate.KILLED, "", seen.results.troubles[0], seen.seconds)
        if seen.cut:
            return None
        if not seen.began:
            return self._trial(mutant, Fate.REFUSED, "", seen.tail, seen.seconds)
        return self._trial(mutant, Fate.LATE if seen.late else Fate.SURVIVED, "", "", seen.seconds)

    def _trial(self, mutant: Mutant, fate: Fate, by: str, message: str, seconds: float) -> Trial:
        diff = mutant.diff(self.project)
        return Trial(
            mutant.id,
            mutant.file,
            mutant.line,
            mutant.operator,
            diff,
            fate,
            by,
            message,
            seconds,
            self.revision,
        )


def told(trial: Trial) -> str:
    """One mutant's end; of one that lives, what it changed."""
    line = f"{trial.fate}: {trial.id} ({trial.seconds:.0f} s)"
    if trial.fate is Fate.KILLED:
        return f"{line} by {trial.by or trial.message.splitlines()[0]}"
    if trial.fate is Fate.REFUSED:
        return f"{line}: {trial.message.strip().splitlines()[-1]}"
    return f"{line}\n    " + trial.diff.replace("\n", "\n    ")


def _is_red(results: Results) -> bool:
    return bool(results.troubles or notices(results.scenarios))
