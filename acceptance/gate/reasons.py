"""The reasons against a run that its results cannot hold: how its workers ended, and which of its files are missing."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from acceptance.gate.worker import Outcome, ended_by
from acceptance.results.json_file import Unreadable
from acceptance.results.run_folder import MESSAGES
from acceptance.results.run_results import FINE, Results
from acceptance.results.verdict import Code, Reason


def about_workers(outcomes: Sequence[Outcome]) -> Iterator[Reason]:
    """Workers that died, behave's own verdict where nothing else explains it, and what workers left."""
    for outcome in outcomes:
        if not outcome.progress.kept and not outcome.recalled:
            yield from _end(outcome)
    for outcome in outcomes:
        for sentence in outcome.left:
            # The harness' own litter says nothing about the platform, whose own is in the results.
            told = f"{sentence}, by {outcome.name}"
            yield Reason(Code.NOT_JUDGED, "the run left on its own machine", told)


def about_files(folder: Path, names: Sequence[str]) -> Iterator[Reason]:
    """Messages that break off, and those files of a run that are not there."""
    for name in (MESSAGES, *names):
        if not (folder / name).is_file():
            yield Reason(Code.NOT_JUDGED, f"expected {name} in {folder}, found no such file")
        elif name == MESSAGES and (kind := _last_message(folder / name)) != "testRunFinished":
            told = f"expected {folder / name} to end with testRunFinished, found {kind}"
            yield Reason(Code.NOT_JUDGED, told)


def _end(outcome: Outcome) -> Iterator[Reason]:
    fine = all(ended.status in FINE for ended in outcome.progress.ended)
    log = f"its log {outcome.folder} ends:\n{outcome.tail()}"
    if outcome.died:
        during = outcome.progress.scenario or outcome.progress.step
        died = f'{outcome.name} {ended_by(outcome.code)} before it had finished, during "{during}"'
        yield Reason(Code.NOT_JUDGED, died, log)
    elif outcome.code != 0 and fine and outcome.progress.ended and not _told_why(outcome.folder):
        ended = f"{outcome.name} {ended_by(outcome.code)} although its scenarios passed"
        yield Reason(Code.NOT_ACCEPTED, ended, f"a hook or a cleanup failed; {log}")
    elif not outcome.progress.ended and not outcome.progress.lost:
        nothing = f"{outcome.name} ran none of its scenarios ({len(outcome.unit.scenarios)})"
        yield Reason(Code.NOT_JUDGED, nothing, log)


def _told_why(folder: Path) -> bool:
    """Whether a worker's own results say which cleanup failed, or what could not be seen."""
    with contextlib.suppress(Unreadable):
        results = Results.read(folder)
        return results is not None and bool(results.cleanup_errors or results.not_observed or results.lost)
    return False


def _last_message(path: Path) -> str:
    """The kind of the last message in a stream."""
    lines = path.read_bytes().splitlines()
    with contextlib.suppress(ValueError):
        last = json.loads(lines[-1]) if lines else {}
        return next(iter(last), "nothing") if isinstance(last, dict) else "nothing"
    return "nothing"
