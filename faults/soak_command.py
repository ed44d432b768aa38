"""`python -m faults soak`: the sound platform again and again, alone or beside a busy neighbour."""

from __future__ import annotations

import argparse
import dataclasses
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from acceptance.gate.worker_pool import Interruption
from acceptance.outlet import speak_safely
from acceptance.results.json_file import Unreadable, read_json, write_json
from acceptance.results.manifest import verdict_in
from acceptance.results.run_folder import MANIFEST
from acceptance.results.text import counted
from acceptance.results.verdict import Code
from faults import record
from faults.intervals import at_most
from faults.page import PAGE, dated, put
from faults.run_command import INTERRUPTED, WRONG, positive, say

FOLDER = Path("reports", "soak")
RUNS = "soak.json"
LOOK_S = 0.5

NEIGHBOUR = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))\n"
"""Takes a core as long as its parent lives."""

EXIT_CODES = """\
exit codes:
  0    every run was green
  1    a run was red: a false alarm, or a defect of the platform; its folder is told
  2    the request means nothing
  130  interrupted; what had ended is kept
"""


@dataclass(frozen=True)
class Run:
    """One run of the sound platform: the gate's exit code, its reasons, and the run's folder (empty if it made none).

    `words` are what the gate was asked for; `at` is when it began (ISO 8601, UTC).
    """

    code: int
    reasons: tuple[str, ...]
    folder: str
    seconds: float
    busy: bool
    words: tuple[str, ...]
    at: str
    revision: str


def main(arguments: Sequence[str]) -> int:
    """Run the features so many times, and say how sure the count of red runs is; `EXIT_CODES`."""
    speak_safely()
    asked, words = _parser().parse_known_args(list(arguments))
    revision = record.state(Path.cwd())
    earlier = [run for run in read() if run.revision == revision and run.words == tuple(words)]
    runs, interruption = list[Run](), Interruption()
    beside = "beside a busy neighbour" if asked.busy else "alone"
    say(f"{counted(asked.runs, 'run')} {beside}, at {revision}")
    with interruption.heeded(), neighbour(asked.busy):
        while len(runs) < asked.runs and not interruption.times:
            run = _run(tuple(words), busy=asked.busy, revision=revision, interruption=interruption)
            if run.code == Code.INTERRUPTED or interruption.times:
                break
            if not run.folder:
                say(f"no run was begun; {FOLDER / 'run.log'} says why:\n{_log().strip()}")
                return WRONG
            runs.append(run)
            write([*earlier, *runs])
            say(f"[{len(runs)}/{asked.runs}] {told(run)}")
    say(summary(runs))
    if earlier:
        say(f"with those before at this revision: {summary([*earlier, *runs])}")
    if asked.publish and runs:
        put("soak", [dated(summary([*earlier, *runs]), revision)])
    if len(runs) < asked.runs:
        say("INTERRUPTED")
        return INTERRUPTED
    return 1 if any(run.code for run in runs) else 0


@contextmanager
def neighbour(busy: bool) -> Iterator[None]:
    """If wanted, a process that takes one core, for as long as this lasts."""
    if not busy:
        yield
        return
    child = subprocess.Popen([sys.executable, "-c", NEIGHBOUR], process_group=0)
    try:
        yield
    finally:
        child.kill()
        child.wait()


def told(run: Run) -> str:
    """One run's end; of a red one why, and where to look."""
    if run.code == Code.ACCEPTED:
        return f"green in {run.seconds:.0f} s"
    reasons = "\n    ".join(reason.splitlines()[0] for reason in run.reasons)
    return f"RED ({run.code}) in {run.seconds:.0f} s, see {run.folder}\n    {reasons}"


def summary(runs: Sequence[Run]) -> str:
    """How many were red, and how many may be: one-sided, at 95 %."""
    red = sum(bool(run.code) for run in runs)
    if not runs:
        return "no run has ended"
    busy = sum(run.busy for run in runs)
    return (
        f"{counted(len(runs), 'run')}, {busy} of them beside a busy neighbour: {red} red, "
        f"so at most {at_most(red, len(runs)):.1%} of all runs are (95 %)"
    )


@dataclass(frozen=True)
class _Memory:
    summary: str
    runs: tuple[Run, ...]


def read(folder: Path = FOLDER) -> tuple[Run, ...]:
    """The runs that are on record; none where nothing can be read."""
    try:
        memory = read_json(folder / RUNS, _Memory)
    except Unreadable:
        return ()
    return memory.runs if memory else ()


def write(runs: Sequence[Run], folder: Path = FOLDER) -> None:
    """Put the runs on record."""
    write_json(folder / RUNS, dataclasses.asdict(_Memory(summary(runs), tuple(runs))))


def _run(words: tuple[str, ...], *, busy: bool, revision: str, interruption: Interruption) -> Run:
    """One run of the gate; Ctrl-C is passed on to it, as often as it comes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    at, began, passed_on = datetime.now(UTC), time.monotonic(), 0
    with (FOLDER / "run.log").open("wb") as log:
        # A group of its own, so that the terminal's Ctrl-C comes once.
        gate = subprocess.Popen(
            [sys.executable, "-m", "acceptance", "run", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        while gate.poll() is None:
            interruption.pause(LOOK_S)
            if interruption.times > passed_on:
                passed_on = interruption.times
                gate.send_signal(signal.SIGINT)
    folder = re.search(r"; results in (\S+)$", _log(), re.MULTILINE)
    return Run(
        gate.returncode,
        _reasons(Path(folder[1])) if folder else (),
        folder[1] if folder else "",
        round(time.monotonic() - began, 1),
        busy,
        words,
        f"{at:%Y-%m-%dT%H:%M:%SZ}",
        revision,
    )


def _log() -> str:
    return (FOLDER / "run.log").read_text(encoding="utf-8", errors="replace")


def _reasons(folder: Path) -> tuple[str, ...]:
    try:
        verdict = verdict_in(folder)
    except Unreadable as error:
        return (str(error),)
    if verdict is None:
        return (f"expected the verdict in {folder / MANIFEST}, found none",)
    return tuple(reason.sentence for reason in verdict.reasons)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m faults soak",
        usage="python -m faults soak [--runs N] [--busy] [what `python -m acceptance run` takes ...]",
        description="Run the features over the sound platform again and again: nobody may be alarmed.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--runs", type=positive, default=20, metavar="N", help="how often (20)")
    parser.add_argument("--publish", action="store_true", help=f"write the figure into {PAGE}")
    parser.add_argument("--busy", action="store_true", help="take one core away meanwhile")
    return parser
