"""The command line of `python -m faults run`."""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from acceptance.gate.leaked_processes import clear_orphans
from acceptance.gate.selection import SelectionError, select
from acceptance.gate.worker_pool import Interruption
from acceptance.outlet import speak_safely
from acceptance.results.text import counted
from acceptance.results.verdict import SelectedScenario
from faults import record
from faults.affected import UnknownRevision, affected, changed_since
from faults.attempt import NotBegun
from faults.catalogue import FAULTS
from faults.matrix import Matrix, summary
from faults.noticed import Outcome
from faults.page import PAGE, put
from faults.record import Row
from faults.registry import Fault
from faults.table import table

WRONG = 2
INTERRUPTED = 130

EXIT_CODES = """\
exit codes:
  0    every fault was caught
  1    a fault was missed, caught elsewhere only, or did not take hold
  2    the request means nothing
  130  interrupted; what had ended is kept, and --resume goes on from there
"""


class WrongRequest(ValueError):
    """What was asked for cannot be run."""


def main(arguments: Sequence[str]) -> int:
    """Run the faults asked for, tell each as it ends; `EXIT_CODES`."""
    speak_safely()
    asked = _parser().parse_args(list(arguments))
    try:
        everything = select(()).scenarios
        chosen = _chosen(asked, everything)
    except (WrongRequest, UnknownRevision, SelectionError) as wrong:
        say(str(wrong))
        return WRONG
    clear_orphans()
    revision = record.state(Path.cwd())
    known = record.read()
    rows = {row.name: row for row in known.values() if row.name in FAULTS}
    done = [fault for fault in chosen if asked.resume and _is_done(rows.get(fault.name), revision)]
    left = [fault for fault in chosen if fault not in done]
    resumed = f"; {len(done)} are done" if done else ""
    say(f"{counted(len(left), 'fault')}, {asked.jobs} at once, at {revision}{resumed}")

    def keep(row: Row) -> None:
        rows[row.name] = row
        record.write(rows)

    interruption, began = Interruption(), time.monotonic()
    with interruption.heeded():
        matrix = Matrix(everything, known, revision, asked.feature, asked.jobs, say, keep)
        try:
            ended = [*(rows[fault.name] for fault in done), *matrix.run(left, interruption)]
        except NotBegun as refused:
            say(str(refused))
            return WRONG
    record.junit(chosen, {row.name: row for row in ended})
    say(summary(ended, time.monotonic() - began))
    _document(rows, revision, everything)
    if interruption.times:
        say(f"INTERRUPTED: {counted(len(chosen) - len(ended), 'fault')} left; --resume goes on with them.")
        return INTERRUPTED
    return 0 if all(row.outcome is Outcome.CAUGHT for row in ended) else 1


def listed(arguments: Sequence[str]) -> int:
    """Print every fault with the scenarios that must notice it; 0."""
    argparse.ArgumentParser(prog="python -m faults list").parse_args(list(arguments))
    for fault in FAULTS.values():
        say(f"{fault.name} ({fault.part}): {fault.sentence}")
        for name in fault.caught_by:
            say(f"    {name}")
    return 0


def say(line: str) -> None:
    """Tell the person."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m faults run",
        description="Run each fault against the scenarios that must notice it, until one of them fails in a Then.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these faults; all by default")
    parser.add_argument(
        "--changed-since", metavar="REV",
        help="only faults whose module, broken files or features differ from a revision",
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true", help="leave out what has ended at this very revision"
    )
    parser.add_argument("--feature", action="store_true", help="run all features against each, to the end")
    parser.add_argument("-j", "--jobs", type=positive, default=2, metavar="N", help="faults at once (2)")
    return parser


def _chosen(asked: argparse.Namespace, everything: Sequence[SelectedScenario]) -> list[Fault]:
    unknown = [name for name in asked.only or () if name not in FAULTS]
    if unknown:
        near = [*difflib.get_close_matches(unknown[0], FAULTS, 3)]
        raise WrongRequest(
            f"there is no fault {', '.join(unknown)}; `python -m faults list` names all"
            + (f"; did you mean {' or '.join(near)}?" if near else "")
        )
    chosen = [FAULTS[name] for name in dict.fromkeys(asked.only or FAULTS)]
    if asked.changed_since is None:
        return chosen
    return affected(chosen, everything, changed_since(asked.changed_since))


def _is_done(row: Row | None, revision: str) -> bool:
    return row is not None and row.revision == revision


def _document(rows: dict[str, Row], revision: str, everything: Sequence[SelectedScenario]) -> None:
    """The table is written of the whole matrix at one revision: of less it would tell what nobody has seen."""
    if all(_is_done(rows.get(name), revision) for name in FAULTS):
        put("run", table(list(FAULTS.values()), rows, everything))
        say(f"{PAGE} has the table.")


def positive(text: str) -> int:
    """A number from 1, given as a word of a command line."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 1")
    return int(text)
