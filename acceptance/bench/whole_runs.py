"""Whole runs of the features, one after the other: how long each takes, and how much CPU which part uses."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

from acceptance.bench.processes import Meter
from acceptance.results.manifest import RunManifest
from acceptance.results.run_folder import LATEST, PROJECT, REPORTS
from acceptance.results.run_results import Results
from acceptance.waiting.errors import NoData

EVERY_S = 0.5
"""Between two looks at the processes; one takes about 10 ms."""


@dataclass(frozen=True)
class WholeRun:
    """One run of `python -m acceptance run`; seconds from its start to its end, CPU seconds by part.

    `whole` says that nothing was left out of it.
    """

    scenarios: int
    whole: bool
    wall_s: float
    cpu_s: dict[str, float]

    @property
    def all_cpu_s(self) -> float:
        """CPU seconds of all parts."""
        return sum(self.cpu_s.values())


def measure(count: int, arguments: Sequence[str], say: Callable[[str], None]) -> list[WholeRun]:
    """Run so often what `python -m acceptance run` is told to.

    Raises:
        NoData: a run was not accepted: what it did is not what the others did.
    """
    runs = []
    for number in range(1, count + 1):
        say(f"run {number} of {count}")
        runs.append(_run([sys.executable, "-m", "acceptance", "run", *arguments]))
        say(f"{runs[-1].wall_s:.0f} s, {runs[-1].all_cpu_s:.0f} s of CPU")
    return runs


def _run(command: Sequence[str]) -> WholeRun:
    began = time.monotonic()
    # In a session of its own: Ctrl-C reaches it once, from here.
    gate = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, start_new_session=True)
    meter = Meter(gate.pid)
    try:
        while gate.poll() is None:
            meter.look()
            with suppress(subprocess.TimeoutExpired):
                gate.wait(EVERY_S)
    except KeyboardInterrupt:
        gate.send_signal(signal.SIGINT)
        raise
    finally:
        gate.wait()
    wall_s = time.monotonic() - began
    if gate.returncode != 0:
        raise NoData(f"the run was not accepted (exit code {gate.returncode}): it is not comparable")
    folder = REPORTS / LATEST
    results, manifest = Results.read(folder), RunManifest.read(folder)
    if results is None or manifest is None:
        raise NoData(f"expected the run's results in {folder}, found none")
    return WholeRun(len(results.scenarios), manifest.whole, wall_s, meter.cpu_s())


def spread(values: Sequence[float]) -> str:
    """The median of what was measured, with the least and the most of several."""
    told = f"{median(values):.0f}"
    return told if len(values) == 1 else f"{told} ({min(values):.0f} to {max(values):.0f})"


def by_part(runs: Sequence[WholeRun]) -> list[tuple[str, str]]:
    """CPU seconds of each part over the runs, the most first."""
    parts = {part for run in runs for part in run.cpu_s}
    series = {part: [run.cpu_s.get(part, 0.0) for run in runs] for part in parts}
    return [(part, spread(of)) for part, of in sorted(series.items(), key=lambda each: -median(each[1]))]
