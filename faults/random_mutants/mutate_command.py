"""The command line of `python -m faults mutate`."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from acceptance.gate.leaked_processes import clear_orphans
from acceptance.gate.selection import SelectionError, select
from acceptance.gate.worker_pool import Interruption
from acceptance.outlet import speak_safely
from acceptance.results.json_file import Unreadable, read_json, write_json
from acceptance.results.text import counted
from faults import record
from faults.attempt import NotBegun
from faults.page import PAGE, dated, put
from faults.random_mutants.mutants import Mutant, drawn, mutants_of, sources
from faults.random_mutants.mutation import FOLDER, Mutation, Trial
from faults.random_mutants.survivors import Score, entries, read_survivors
from faults.random_mutants.tree_copy import TreeCopy
from faults.run_command import INTERRUPTED, WRONG, positive, say

MUTANTS = "mutants.json"

EXIT_CODES = """\
exit codes:
  0    every mutant that lives is equivalent or outside the contract
  1    one is a hole, timed out, or is not classed in faults/random_mutants/survivors.toml
  2    the request means nothing
  130  interrupted; what had ended is kept, and --resume goes on from there
"""


def main(arguments: Sequence[str]) -> int:
    """Run a sample of mutants, tell each as it ends; `EXIT_CODES`."""
    speak_safely()
    asked = _parser().parse_args(list(arguments))
    project = Path.cwd()
    try:
        classes = read_survivors()
        everything = select(()).scenarios
        there = mutants_of(project, sources(project, asked.under))
        mutants = _chosen(asked, there)
    except (SelectionError, ValueError) as wrong:
        say(str(wrong))
        return WRONG
    clear_orphans()
    revision = record.state(project)
    known = {trial.id: trial for trial in read() if asked.resume and trial.revision == revision}
    trials = {mutant.id: known[mutant.id] for mutant in mutants if mutant.id in known}
    left = [mutant for mutant in mutants if mutant.id not in trials]
    resumed = f"; {len(trials)} are done" if trials else ""
    say(f"{counted(len(left), 'mutant')} of {len(there)}, {asked.jobs} at once, at {revision}{resumed}")

    def keep(trial: Trial) -> None:
        trials[trial.id] = trial
        score = Score.of(trials.values(), classes)
        write(Sample(len(there), asked.seed, str(score), tuple(trials.values())))

    interruption = Interruption()
    with interruption.heeded(), tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [TreeCopy(project, Path(folder, str(number))) for number in range(asked.jobs)]
        try:
            Mutation(project, everything, revision, say, keep).run(left, copies, interruption)
        except NotBegun as refused:
            say(str(refused))
            return WRONG
    score = Score.of(trials.values(), classes)
    for line in entries(score, classes):
        say(line)
    say(f"{score}; drawn from {len(there)} with seed {asked.seed}; {FOLDER / MUTANTS} has each")
    if asked.publish and not interruption.times:
        put("mutate", [dated(f"{score}; drawn from {len(there)} with seed {asked.seed}", revision)])
    if interruption.times:
        say(f"INTERRUPTED: {counted(len(mutants) - len(trials), 'mutant')} left; --resume goes on with them.")
        return INTERRUPTED
    return 1 if score.open else 0


@dataclass(frozen=True)
class Sample:
    """What is on record of a sample: how many mutants there were to draw from, with which seed it was drawn."""

    sites: int
    seed: int
    score: str
    mutants: tuple[Trial, ...]


def read(folder: Path = FOLDER) -> tuple[Trial, ...]:
    """How mutants ended in the last run; nothing where nothing can be read."""
    try:
        sample = read_json(folder / MUTANTS, Sample)
    except Unreadable:
        return ()
    return sample.mutants if sample else ()


def write(sample: Sample, folder: Path = FOLDER) -> None:
    """Put a sample on record."""
    write_json(folder / MUTANTS, dataclasses.asdict(sample))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m faults mutate",
        description="Change one place of the platform's sources at random, and run all features, the likeliest first, "
        "until a scenario is red; again and again.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--sample", type=positive, default=200, metavar="N", help="how many (200)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed draws others (1)")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these mutants, instead of a sample")
    parser.add_argument(
        "--under", nargs="+", default=["sandbox/services"], metavar="PATH",
        help="files and folders to draw from (sandbox/services)",
    )  # fmt: skip
    parser.add_argument("--publish", action="store_true", help=f"write the score into {PAGE}")
    parser.add_argument(
        "--resume", action="store_true", help="leave out what has ended at this very revision"
    )
    parser.add_argument("-j", "--jobs", type=positive, default=2, metavar="N", help="mutants at once (2)")
    return parser


def _chosen(asked: argparse.Namespace, there: Sequence[Mutant]) -> list[Mutant]:
    if not asked.only:
        return drawn(there, asked.sample, asked.seed)
    named = {mutant.id: mutant for mutant in there}
    unknown = [identity for identity in asked.only if identity not in named]
    if unknown:
        raise ValueError(f"there is no mutant {', '.join(unknown)} under {', '.join(asked.under)}")
    return [named[identity] for identity in asked.only]
