"""Where a run writes, by which names, and whether what it made stays."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

PROJECT = Path(__file__).resolve().parents[2]

REPORTS = PROJECT / "reports"

# In the folder of all runs.
LATEST = "latest"
HISTORY = "history.jsonl"

# In the folder of a run.
RESULTS = "results.json"
MESSAGES = "messages.ndjson"
FACTS = "run.json"
MANIFEST = "gate.json"
JUNIT = "junit.xml"
CONFORMANCE = "conformance.yaml"
PAGE = "report.html"
PICTURES = "pictures"
TRACE_FILE = "trace.ndjson"
WORKERS = "workers"

# In the folder of a worker, beside its results and messages.
EVENTS = "live.ndjson"
LOG = "behave.log"
DEPLOYMENT_LOG = "deployment.log"

E = TypeVar("E", bound=StrEnum)


class Keep(StrEnum):
    """Whether what the run made stays when it ends, for a person to look at."""

    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


class Pause(StrEnum):
    """Whether each scenario stops before it puts away what it began, for a person to look at it."""

    NEVER = "never"
    ALWAYS = "always"


class Traced(StrEnum):
    """Of which scenarios the time line is kept."""

    FAILED = "failed"
    ALL = "all"


class Report(StrEnum):
    """What a run writes for people: the messages and the page made of them, the messages alone, or neither."""

    PAGE = "page"
    MESSAGES = "messages"
    NONE = "none"


@dataclass(frozen=True)
class RunFolder:
    """Where a run writes: its folder, its report; `own` means a folder below `reports` named by itself."""

    path: Path
    report: Report
    own: bool
    traced: Traced = Traced.FAILED

    @classmethod
    def of(cls, settings: Mapping[str, str], run_id: str) -> RunFolder:
        """As behave's `-D` values say; ValueError names a value that means nothing."""
        own = "reports" not in settings
        path = REPORTS / run_id if own else Path(settings["reports"]).resolve()
        report = choice(Report, settings, "report", Report.PAGE)
        return cls(path, report, own, choice(Traced, settings, "trace", Traced.FAILED))

    @property
    def results(self) -> Path:
        """The file that the results go to."""
        return self.path / RESULTS


def new_run_id() -> str:
    """A name for a run: the time, and a few random characters."""
    return f"{datetime.now(UTC):%m%d-%H%M%S}-{secrets.token_hex(2)}"


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


def evidence_folder(scenario: str, repetition: str = "") -> str:
    """The name of the folder of a scenario's evidence in a run's; `repetition` is which time it was, of several."""
    return f"{slug(scenario)}_{slug(repetition)}" if repetition else slug(scenario)
