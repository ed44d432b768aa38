"""What is known of each fault: `reports/faults/matrix.json`, and the run as JUnit beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from acceptance.gate.junit import write_junit
from acceptance.report.meta import revision
from acceptance.results.json_file import Unreadable, read_json, write_json
from acceptance.results.run_folder import JUNIT
from acceptance.results.run_results import Results, ScenarioResult
from faults.noticed import Outcome, Verdict
from faults.page import PAGE
from faults.registry import Fault

FOLDER = Path("reports", "faults")
MATRIX = "matrix.json"


@dataclass(frozen=True)
class Row:
    """How one fault ended, when (ISO 8601, UTC) and at which revision of the project. `seconds` as the run took.

    `scenario`, `step` and `message` are of the scenario that noticed, empty without one; `others` are the names of all
    else that failed.
    """

    name: str
    outcome: Outcome
    scenario: str
    step: str
    message: str
    others: tuple[str, ...]
    why: str
    seconds: float
    at: str
    revision: str

    @classmethod
    def of(cls, fault: Fault, verdict: Verdict, seconds: float, at_revision: str) -> Row:
        """A verdict that was given now."""
        by = verdict.by
        return cls(
            fault.name,
            verdict.outcome,
            by.scenario if by else "",
            by.step if by else "",
            by.message if by else "",
            tuple(other.scenario for other in verdict.others),
            verdict.why,
            seconds,
            f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            at_revision,
        )


@dataclass(frozen=True)
class _Memory:
    faults: tuple[Row, ...] = ()


def read(folder: Path = FOLDER) -> dict[str, Row]:
    """What earlier runs found, by the fault's name; nothing where nothing can be read."""
    try:
        memory = read_json(folder / MATRIX, _Memory) or _Memory()
    except Unreadable:
        return {}
    return {row.name: row for row in memory.faults}


def write(rows: Mapping[str, Row], folder: Path = FOLDER) -> None:
    """Write all that is known; whoever reads it meanwhile finds it whole."""
    write_json(folder / MATRIX, dataclasses.asdict(_Memory(tuple(rows.values()))))


def junit(faults: Iterable[Fault], rows: Mapping[str, Row], folder: Path = FOLDER) -> None:
    """Write `junit.xml`: a suite for each module of faults, a case for each fault; what is not caught has failed."""
    found = [_result(fault, rows[fault.name]) for fault in faults if fault.name in rows]
    write_junit(folder / JUNIT, Results(tuple(found)))


def state(folder: Path) -> str:
    """The revision of the project; behind it, where files differ from the commit, a hash of how they do."""
    commit, changed = revision(folder)
    if not changed:
        return commit or "no revision"
    but = ["--", ".", f":!{PAGE}"]
    told = [
        subprocess.run(["git", *words, *but], cwd=folder, capture_output=True, check=False).stdout
        for words in (["status", "--porcelain"], ["diff", "HEAD"])
    ]
    if not any(told):
        return commit
    return f"{commit} {hashlib.sha256(b''.join(told)).hexdigest()[:8]}"


def _result(fault: Fault, row: Row) -> ScenarioResult:
    caught = row.outcome is Outcome.CAUGHT
    others = [f"failed, too: {name}" for name in row.others]
    return ScenarioResult(
        feature=fault.apply.__module__,
        name=fault.name,
        location=f"{fault.apply.__module__.replace('.', '/')}.py:{fault.apply.__code__.co_firstlineno}",
        tags=(),
        status="passed" if caught else "failed",
        seconds=row.seconds,
        failed_step=None if caught else fault.sentence,
        message=None if caught else "\n".join([f"{row.outcome}: {row.why}".rstrip(": "), *others]),
    )
