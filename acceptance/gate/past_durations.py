"""What earlier runs took, by scenario: the order in which features are started. And this run, for later ones."""

from __future__ import annotations

from pathlib import Path

from acceptance.gate.partition import Seconds
from acceptance.report.history import append, history_of, read
from acceptance.report.run import RESULTS, ReportError, read_facts, read_results


def known_seconds(history: Path) -> Seconds:
    """The seconds of every scenario that passed, by (feature, scenario), oldest first; nothing without a history."""
    known: dict[tuple[str, str], list[float]] = {}
    for entry in read(history):
        if entry.passed:
            known.setdefault(entry.key, []).append(entry.seconds)
    return known


def remember(folder: Path) -> list[str]:
    """Enter the run of a folder into the history beside it; what hindered that, as sentences."""
    try:
        results = read_results(folder / RESULTS)
        if results is not None:
            append(history_of(folder), results, read_facts(folder).get("Revision"), folder.name)
    except (ReportError, OSError) as error:
        return [f"the history could not be written: {error}"]
    return []
