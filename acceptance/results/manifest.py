"""gate.json: what the gate itself knows of a run, for `--last-failed`, for shards, and for the report's head."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from acceptance.results.json_file import Unreadable, read_json, write_json
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_folder import MANIFEST
from acceptance.results.run_results import ScenarioResult
from acceptance.results.verdict import Reason, SelectedScenario, Verdict

VERSION = 1
"""Of the form of gate.json. A field may come; one that goes, or means something else, makes it the next."""


@dataclass(frozen=True)
class RunManifest:
    """`asked` is the whole selection, `selected` this shard's part of it (all of it where there are no shards), each
    location as often as it was to run.

    `unsupported` was selected, too, and is in neither: it is not judged.
    """

    asked: tuple[SelectedScenario, ...]
    selected: tuple[str, ...]
    whole: bool
    least: int
    shard: str | None
    about_workers: tuple[Reason, ...]
    kept: bool
    interrupted: bool
    seconds: float
    mishaps: tuple[str, ...] = ()
    """What failed in the gate itself."""
    unsupported: tuple[ScenarioResult, ...] = ()
    supported: tuple[str, ...] = ()
    """The capabilities that the profile claims, in the contract's order."""

    @classmethod
    def read(cls, folder: Path) -> RunManifest | None:
        """What lies in a run's folder, None when no gate was there; Unreadable when it is something else."""
        return read_json(folder / MANIFEST, cls)

    def write(self, folder: Path, verdict: Verdict) -> None:
        """Write gate.json, as docs/reference.md has its schema: the verdict, where it holds, and the fields."""
        told = {"version": VERSION, "place": _place(folder), "verdict": dataclasses.asdict(verdict)}
        write_json(folder / MANIFEST, {**told, **dataclasses.asdict(self)})


def _place(folder: Path) -> str:
    try:
        return RunFacts.read(folder).place
    except Unreadable:
        return ""


@dataclass(frozen=True)
class _Judged:
    verdict: Verdict


def verdict_in(folder: Path) -> Verdict | None:
    """The gate's verdict in a run's folder, None where no gate has judged; Unreadable when it is something else."""
    found = read_json(folder / MANIFEST, _Judged)
    return found.verdict if found else None
