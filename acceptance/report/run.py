"""What a run's folder tells about the run: its messages, its results, and the facts noted when it began.

Files: `messages.ndjson`, `results.json` (acceptance/results/ledger.py writes it), `run.json` (the facts: name to text),
`gate.json` (the gate's note, if it has judged), `pictures/*.svg`, and `report.html`, which is made of them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from acceptance.results.ledger import ScenarioResult, SessionTrace, StepTime, TaskTrace
from acceptance.results.masking import masked

MESSAGES = "messages.ndjson"
RESULTS = "results.json"
GATE = "gate.json"
FACTS = "run.json"
PICTURES = "pictures"
REPORT = "report.html"

T = TypeVar("T")


class ReportError(RuntimeError):
    """A report cannot be made; the text says what was expected, what was found and where to look."""


@dataclass(frozen=True)
class Results:
    """What results.json holds; see acceptance/results/ledger.py. A figure is (value, limit or total that it is judged
    against).

    Results of before a field was written count as ended, with nothing left behind.
    """

    scenarios: Sequence[ScenarioResult]
    figures: Mapping[str, Sequence[tuple[float, float]]]
    steps: Sequence[StepTime] = ()
    sessions: Sequence[SessionTrace] = ()
    tasks: Sequence[TaskTrace] = ()
    left_behind: Sequence[str] = ()
    cleanup_errors: Sequence[str] = ()
    not_observed: Sequence[str] = ()
    lost: Sequence[str] = ()
    ended: bool = True


def read_results(path: Path) -> Results | None:
    """The run's results, None when it left none; ReportError when they cannot be read. Unknown fields are ignored."""
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Results(
            [
                _entry(ScenarioResult, {**entry, "tags": tuple(entry["tags"])})
                for entry in document["scenarios"]
            ],
            {
                name: [(float(value), float(limit)) for value, limit in values]
                for name, values in document["figures"].items()
            },
            tuple(_entry(StepTime, entry) for entry in document.get("steps", ())),
            tuple(_entry(SessionTrace, entry) for entry in document.get("sessions", ())),
            tuple(_entry(TaskTrace, entry) for entry in document.get("tasks", ())),
            tuple(str(sentence) for sentence in document.get("left_behind", ())),
            tuple(str(sentence) for sentence in document.get("cleanup_errors", ())),
            tuple(str(sentence) for sentence in document.get("not_observed", ())),
            tuple(str(sentence) for sentence in document.get("lost", ())),
            bool(document.get("ended", True)),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"expected a run's results in {path}, found {type(error).__name__}: {error}"
        ) from error


def _entry(kind: type[T], entry: Mapping[str, Any]) -> T:
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in entry.items() if name in known})


def read_messages(path: Path) -> Iterator[dict[str, Any]]:
    """The messages of a run in order. A last line cut short by a killed run is left out; ReportError for any other."""
    if not path.is_file():
        raise ReportError(
            f"expected a run's messages at {path}, found no such file; was the run given a report?"
        )
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            if number == len(lines) and not line.endswith("\n"):
                return
            raise ReportError(f"expected JSON in line {number} of {path}: {error}") from error


def read_facts(folder: Path) -> dict[str, str]:
    """The facts noted when the run began, in their order; none when none were."""
    path = folder / FACTS
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReportError(f"expected the run's facts as JSON in {path}: {error}") from error
    return {str(name): str(value) for name, value in document.items()}


def read_gate(folder: Path) -> dict[str, Any] | None:
    """The gate's verdict (code, word, reasons); None when no gate has judged; ReportError when unreadable."""
    path = folder / GATE
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["verdict"]
        return {
            "code": int(told["code"]),
            "word": str(told["word"]),
            "reasons": [str(r) for r in told["reasons"]],
        }
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"expected the gate's verdict in {path}, found {type(error).__name__}: {error}"
        ) from error


def write_facts(folder: Path, facts: Mapping[str, str]) -> None:
    """Note the run's facts: deployment, revision and whatever else its report is to say."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(masked(dict(facts)), indent=1)
    (folder / FACTS).write_text(f"{text}\n", encoding="utf-8")
