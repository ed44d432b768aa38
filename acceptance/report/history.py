"""The history of all runs, `reports/history.jsonl`: one line per scenario and run, added to and never rewritten."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from acceptance.report.meta import CHANGED
from acceptance.report.run import Results
from acceptance.results.masking import masked

HISTORY = "history.jsonl"

_NOT_RUN = frozenset({"skipped", "untested", "not observed"})


@dataclass(frozen=True)
class Entry:
    """How one scenario ended in one run.

    `revision` is the commit, empty where git knew none; `dirty` says that files differed from it; `at` is when the
    scenario began, in seconds since the epoch.
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

    @property
    def key(self) -> tuple[str, str]:
        """What makes a scenario the same one in another run: the name of its feature and its own."""
        return self.feature, self.scenario

    @property
    def passed(self) -> bool:
        """Whether the scenario did what it says."""
        return self.status == "passed"


def history_of(folder: Path) -> Path:
    """Where the history of a run's folder is kept: beside it, in the folder of all runs."""
    return folder.resolve().parent / HISTORY


def append(history: Path, results: Results, revision: str | None, run_id: str) -> None:
    """Add a run's scenarios; several processes may do so at once. A run that is there already is not added again.

    Nor is one that did not come to its end: what it saw last may have failed for that reason alone.

    Args:
        revision: as `meta.revision` gives it.
    """
    if not results.ended:
        return
    commit, changed, _ = (revision or "").partition(CHANGED)
    entries = [
        Entry(
            run=run_id,
            revision=commit,
            dirty=bool(changed),
            at=scenario.started_at or 0.0,
            feature=scenario.feature,
            rule=scenario.rule,
            scenario=scenario.name,
            location=scenario.location,
            status=scenario.status,
            seconds=round(scenario.seconds, 3),
        )
        for scenario in results.scenarios
    ]
    lines = "".join(f"{json.dumps(masked(dataclasses.asdict(entry)))}\n" for entry in entries)
    history.parent.mkdir(parents=True, exist_ok=True)
    with history.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if run_id in {entry.run for entry in _entries(_whole(file.fileno()))}:
            return
        size = os.fstat(file.fileno()).st_size
        # A line that a killed process left unfinished must not swallow the next one.
        torn = size and os.pread(file.fileno(), 1, size - 1) != b"\n"
        file.write((b"\n" if torn else b"") + lines.encode())


def read(history: Path) -> tuple[Entry, ...]:
    """All that is known, oldest run first; nothing when there is no history yet.

    A line that cannot be read is passed over: a killed process may have left one, and the others are as good as before.
    """
    if not history.is_file():
        return ()
    with history.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        return tuple(_entries(_whole(file.fileno())))


def flaky(entries: Iterable[Entry]) -> frozenset[tuple[str, str]]:
    """The keys of scenarios that passed and did not pass on one revision: the same code, both results.

    Runs of changed files do not count, nor of no revision at all: there the code may have been another.
    """
    seen: dict[tuple[tuple[str, str], str], set[bool]] = {}
    for entry in entries:
        if entry.revision and not entry.dirty and entry.status not in _NOT_RUN:
            seen.setdefault((entry.key, entry.revision), set()).add(entry.passed)
    return frozenset(key for (key, _), results in seen.items() if len(results) == 2)


def last_runs(entries: Sequence[Entry], count: int) -> tuple[str, ...]:
    """The ids of the runs that were added last, oldest first."""
    return tuple(dict.fromkeys(entry.run for entry in entries))[-count:]


def _whole(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _entries(text: bytes) -> Iterable[Entry]:
    names = {field.name for field in dataclasses.fields(Entry)}
    for line in text.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and names <= told.keys():
            yield Entry(**{name: told[name] for name in names})
