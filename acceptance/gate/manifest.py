"""gate.json: what the gate itself knows of a run, for `--last-failed`, for shards, and for the report's head."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from acceptance.gate.selection import SelectedScenario
from acceptance.gate.verdict import Code, Finding, Verdict
from acceptance.results.atomic_write import write_whole

NOTE = "gate.json"


class NoManifest(ValueError):
    """A folder is not the gate's, or its note cannot be read; the text says which and what to do."""


@dataclass(frozen=True)
class RunManifest:
    """`asked` is the whole selection, `selected` this shard's part of it (all of it where there are no shards)."""

    asked: tuple[SelectedScenario, ...]
    selected: tuple[str, ...]
    whole: bool
    least: int
    shard: str | None
    about_workers: tuple[Finding, ...]
    kept: bool
    interrupted: bool
    seconds: float
    mishaps: tuple[str, ...] = ()
    """What failed in the gate itself."""

    def write(self, folder: Path, verdict: Verdict) -> None:
        """Write gate.json: the fields, and `verdict` (code, word, reasons)."""
        document = {
            "verdict": {
                "code": int(verdict.code),
                "word": verdict.word,
                "reasons": [finding.sentence for finding in verdict.findings],
            },
            **dataclasses.asdict(self),
        }
        write_whole(folder / NOTE, json.dumps(document, indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> RunManifest:
        """The note in a run's folder; NoManifest when there is none."""
        path = folder / NOTE
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                asked=tuple(
                    SelectedScenario(**{**entry, "tags": tuple(entry["tags"])}) for entry in document["asked"]
                ),
                selected=tuple(document["selected"]),
                whole=bool(document["whole"]),
                least=int(document["least"]),
                shard=document["shard"],
                about_workers=tuple(
                    Finding(Code(entry["code"]), entry["sentence"]) for entry in document["about_workers"]
                ),
                kept=bool(document["kept"]),
                interrupted=bool(document["interrupted"]),
                seconds=float(document["seconds"]),
                mishaps=tuple(document["mishaps"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoManifest(
                f"expected the gate's note in {path}, found {type(error).__name__}: {error}; "
                f"is {folder} the folder of a run of `make accept`?"
            ) from error
