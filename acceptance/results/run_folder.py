"""Where a run writes, what it writes for people, and whether what it made stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

PROJECT = Path(__file__).resolve().parents[2]

REPORTS = PROJECT / "reports"
LATEST = "latest"
RESULTS = "results.json"

E = TypeVar("E", bound=StrEnum)


class Keep(StrEnum):
    """Whether what the run made stays when it ends, for a person to look at."""

    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


class Report(StrEnum):
    """What a run writes for people: the messages and the page made of them, the messages alone, or neither."""

    PAGE = "page"
    MESSAGES = "messages"
    NONE = "none"


@dataclass(frozen=True)
class Output:
    """Where a run writes: its folder, its ledger, its report; `own` means a folder below `reports` named by itself."""

    folder: Path
    results: Path
    report: Report
    own: bool

    @classmethod
    def of(cls, settings: Mapping[str, str], run_id: str) -> Output:
        """As behave's `-D` values say; ValueError names a value that means nothing.

        A run whose ledger goes elsewhere is somebody's measurement, and makes no report unless it is told to.
        """
        own = "reports" not in settings and "results" not in settings
        folder = Path(settings["reports"]).resolve() if "reports" in settings else REPORTS / run_id
        results = Path(settings["results"]).resolve() if "results" in settings else folder / RESULTS
        usual = Report.NONE if "results" in settings else Report.PAGE
        return cls(folder, results, choice(Report, settings, "report", usual), own)


def point_latest(run: Path) -> None:
    """Make the link `latest` beside a run's folder lead to it, at no moment to nothing."""
    run.mkdir(parents=True, exist_ok=True)
    incoming = run.parent / f".{LATEST}-{run.name}"
    incoming.unlink(missing_ok=True)
    incoming.symlink_to(run.name)
    incoming.replace(run.parent / LATEST)


def choice(kind: type[E], settings: Mapping[str, str], name: str, usual: E) -> E:
    """A setting that is one of a few words; ValueError lists them."""
    word = settings.get(name, usual)
    if word not in list(kind):
        raise ValueError(f"-D {name}={word} means nothing: say one of {', '.join(kind)}")
    return kind(word)


def slug(name: str) -> str:
    """A file name for a scenario: lower case, words joined by `_`, at most 80 characters."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:80] or "unnamed"
