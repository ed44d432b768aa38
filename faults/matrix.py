"""`python -m faults run`: each fault against the scenarios it names, several at once, the longest first."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acceptance.gate.worker_pool import Interruption
from acceptance.results.run_results import Results
from acceptance.results.text import counted
from acceptance.results.verdict import SelectedScenario
from faults.attempt import Attempt, Ending, Enough, Seen
from faults.marks import is_marked
from faults.noticed import Outcome, catcher, judge, names, notices
from faults.pool import each
from faults.record import FOLDER, Row
from faults.registry import Fault

UNKNOWN_S = 20.0
"""Seconds that a fault is thought to take of which nobody knows better."""

LIMIT_S, WHOLE_LIMIT_S = 600.0, 2400.0
"""Seconds that a fault may take with the scenarios it names, and with all."""

SHOWN = 400
"""How many characters are shown of what a scenario said; `matrix.json` has all."""

UP = ("sandbox", "up", "--while-stdin-open", "--ready-file", "{ready}")
"""The module that starts a platform for a run, with its arguments (as in deployments/sandbox.toml)."""


@dataclass(frozen=True)
class Matrix:
    """How faults are run. `whole` runs all scenarios against each, and to the end."""

    everything: Sequence[SelectedScenario]
    known: Mapping[str, Row]
    revision: str
    whole: bool
    jobs: int
    say: Callable[[str], None]
    keep: Callable[[Row], None]
    """Called with each fault's end, so that nothing known is lost."""
    folder: Path = FOLDER
    attempt: Callable[[Attempt, Enough, Ending], Seen] = Attempt.run

    def run(self, faults: Iterable[Fault], interruption: Interruption) -> list[Row]:
        """Run the faults; what has come to its end when the run is told to end is kept and returned."""
        ordered = sorted(faults, key=lambda fault: (-self._seconds(fault), fault.name))
        done = 0

        def ended(row: Row, left: Sequence[Fault]) -> None:
            nonlocal done
            done += 1
            self.keep(row)
            self.say(f"[{done}/{len(ordered)}{self._left(left)}] {told(row)}")

        return each(ordered, self._try, jobs=self.jobs, interruption=interruption, ended=ended)

    def _try(self, fault: Fault, ending: Ending) -> Row | None:
        """Run one fault; None if the run was told to end before it had shown anything."""
        folder = self.folder / fault.name
        mark = (self.folder / f"{fault.name}.mark").resolve()
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.unlink(missing_ok=True)
        scenarios = [wanted for wanted in self.everything if self.whole or names(fault, wanted.name)]
        broken = ("python", "-m", "faults.broken", "--mark", str(mark), fault.name, *UP)
        attempt = Attempt(tuple(scenarios), broken, folder, WHOLE_LIMIT_S if self.whole else LIMIT_S)

        def enough(found: Results) -> bool:
            return not self.whole and catcher(fault, notices(found.scenarios)) is not None

        try:
            seen = self.attempt(attempt, enough, ending)
            held = seen.began and is_marked(mark)
        finally:
            mark.unlink(missing_ok=True)
        if seen.cut:
            return None
        verdict = judge(fault, seen.results.scenarios, held=held, why=_why(seen, attempt.limit_s))
        return Row.of(fault, verdict, seen.seconds, self.revision)

    def _seconds(self, fault: Fault) -> float:
        if fault.name in self.known:
            return self.known[fault.name].seconds
        usual = [row.seconds for row in self.known.values()]
        return statistics.median(usual) if usual else UNKNOWN_S

    def _left(self, faults: Iterable[Fault]) -> str:
        """How long what is left will take, as far as one can know."""
        seconds = sum(map(self._seconds, faults)) / self.jobs
        return f", about {seconds / 60:.0f} min left" if seconds >= 60 else ""


def told(row: Row) -> str:
    """One fault's end on one line, and below it whatever is to be looked into."""
    seconds = f"({row.seconds:.0f} s)"
    if row.outcome is Outcome.CAUGHT:
        words = textwrap.shorten(f"{row.step}: {row.message}", SHOWN, placeholder=" ...")
        return f"{row.outcome}: {row.name} {seconds} by {row.scenario}\n    {words}"
    more = [row.why, *(f"failed: {name}" for name in row.others), f"see {FOLDER / row.name}/"]
    return "\n    ".join([f"{row.outcome.upper()}: {row.name} {seconds}", *filter(None, more)])


def summary(rows: Sequence[Row], seconds: float) -> str:
    """The last line: how many ended how."""
    counts = [f"{sum(row.outcome is kind for row in rows)} {kind}" for kind in Outcome]
    return f"{counted(len(rows), 'fault')} in {seconds / 60:.1f} min: {', '.join(counts)}"


def _why(seen: Seen, limit_s: float) -> str:
    """What kept the run from its end."""
    if not seen.began:
        return f"the platform did not start:\n{seen.tail}"
    return f"ended after {limit_s:.0f} s" if seen.late else ""
