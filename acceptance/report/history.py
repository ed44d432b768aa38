"""The history of all runs, `reports/history.jsonl`: a line per scenario and run, and one for a run's figures.

It is added to and never rewritten.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from acceptance.results.criteria import rows
from acceptance.results.masking import masked
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_folder import HISTORY
from acceptance.results.run_results import NOT_OBSERVED, NOT_RUN, Results


@dataclass(frozen=True)
class Entry:
    """How one scenario ended in one run.

    `deployment` names what was judged, as its profile does; lines from before it was noted have none. `revision` is the
    commit, empty where git knew none; `dirty` says that files differed from it; `at` is when the scenario began, in
    seconds since the epoch.
    """

    run: str
    revision: str
    dirty: bool
    at: float
    feature: str
    rule: str | None
    scenario: str
    location: str
    status: str
    seconds: float
    deployment: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes a scenario the same one in another run: the name of its feature and its own."""
        return self.feature, self.scenario

    @property
    def passed(self) -> bool:
        """Whether the scenario did what it says."""
        return self.status == "passed"


@dataclass(frozen=True)
class RunFigures:
    """What one run measured, in words by the criterion's name: `Cold start` is `longest 12.9 s of 60 s`."""

    run: str
    revision: str
    dirty: bool
    at: float
    deployment: str
    figures: Mapping[str, str]


Noted = TypeVar("Noted", Entry, RunFigures)


def history_of(folder: Path) -> Path:
    """Where the history of a run's folder is kept: beside it, in the folder of all runs."""
    return folder.resolve().parent / HISTORY


def remember(folder: Path) -> None:
    """Enter the run of a folder into the history beside it; Unreadable when the folder's files are not a run's."""
    append(history_of(folder), Results.read(folder) or Results(()), RunFacts.read(folder), folder.name)


def append(history: Path, results: Results, facts: RunFacts, run_id: str) -> None:
    """Add a run's scenarios; several processes may do so at once. A run that is there already is not added again.

    Nor is one that did not come to its end: what it saw last may have failed for that reason alone.
    """
    if not results.ended:
        return
    entries = [
        Entry(
            run=run_id,
            revision=facts.commit,
            dirty=facts.changed,
            at=scenario.started_at or 0.0,
            feature=scenario.feature,
            rule=scenario.rule,
            scenario=scenario.name,
            location=scenario.location,
            status=scenario.status,
            seconds=round(scenario.seconds, 3),
            deployment=facts.deployment,
        )
        for scenario in results.scenarios
    ]
    began = min((entry.at for entry in entries if entry.at), default=0.0)
    measured = {
        row.criterion.name: row.figure for row in rows(results) if row.criterion.figure in results.figures
    }
    told = RunFigures(run_id, facts.commit, facts.changed, began, facts.deployment, measured)
    noted: list[Entry | RunFigures] = [*entries, *([told] if measured else [])]
    lines = "".join(f"{json.dumps(masked(dataclasses.asdict(each)))}\n" for each in noted)
    history.parent.mkdir(parents=True, exist_ok=True)
    with history.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if run_id in {entry.run for entry in _noted(_whole(file.fileno()), Entry)}:
            return
        size = os.fstat(file.fileno()).st_size
        # A line that a killed process left unfinished must not swallow the next one.
        torn = size and os.pread(file.fileno(), 1, size - 1) != b"\n"
        file.write((b"\n" if torn else b"") + lines.encode())


def read(history: Path) -> tuple[Entry, ...]:
    """All that is known of scenarios, oldest run first; nothing when there is no history yet.

    A line that cannot be read is passed over: a killed process may have left one, and the others are as good as before.
    """
    return _read(history, Entry)


def read_figures(history: Path) -> tuple[RunFigures, ...]:
    """What each run measured, oldest first; nothing of runs from before that was noted."""
    return _read(history, RunFigures)


def _read(history: Path, kind: type[Noted]) -> tuple[Noted, ...]:
    if not history.is_file():
        return ()
    with history.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        return tuple(_noted(_whole(file.fileno()), kind))


def so_far(entries: Sequence[Noted], run_id: str, deployment: str) -> list[Noted]:
    """What is known of a deployment up to a run, it included: nothing of later runs, nor of other deployments."""
    here = [entry for entry in entries if entry.deployment in ("", deployment)]
    last = max((number for number, entry in enumerate(here) if entry.run == run_id), default=len(here) - 1)
    return here[: last + 1]


def known_seconds(history: Path) -> Mapping[tuple[str, str], Sequence[float]]:
    """The seconds of every scenario that passed, by (feature, scenario), oldest first; nothing without a history."""
    known: dict[tuple[str, str], list[float]] = {}
    for entry in read(history):
        if entry.passed:
            known.setdefault(entry.key, []).append(entry.seconds)
    return known


def flaky(entries: Iterable[Entry]) -> frozenset[tuple[str, str]]:
    """The keys of scenarios that passed and did not pass on one revision: the same code, both results.

    Runs of changed files do not count, nor of no revision at all: there the code may have been another.
    """
    seen: dict[tuple[tuple[str, str], str], set[bool]] = {}
    for entry in entries:
        if entry.revision and not entry.dirty and entry.status not in (*NOT_RUN, NOT_OBSERVED):
            seen.setdefault((entry.key, entry.revision), set()).add(entry.passed)
    return frozenset(key for (key, _), results in seen.items() if len(results) == 2)


def last_runs(entries: Sequence[Entry], count: int) -> tuple[str, ...]:
    """The ids of the runs that were added last, oldest first."""
    return tuple(dict.fromkeys(entry.run for entry in entries))[-count:]


def _whole(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _noted(text: bytes, kind: type[Noted]) -> Iterable[Noted]:
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            yield msgspec.json.decode(line, type=kind)
