"""From a folder of merged results to the verdict: JUnit, report, history, GitHub, and the summary."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gate.github import annotate, append, step_summary
from gate.history import remember
from gate.junit import write_junit
from gate.note import Note
from gate.record import JUNIT, RESULTS, BrokenRecord, Record
from gate.summary import summary
from gate.verdict import Case, Verdict, judge
from reporting.html import report_of
from reporting.run import ReportError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Closing:
    """What is done with a run at its end, and with what."""

    folder: Path
    note: Note
    say: Say

    def judge(self, broken: tuple[str, ...]) -> Verdict:
        """Write what belongs beside the results, judge, and tell.

        Args:
            broken: what could not be read or merged, as sentences.
        """
        record, problems = _record(self.folder)
        selected = [wanted for wanted in self.note.asked if wanted.location in set(self.note.selected)]
        case = Case(
            self.folder,
            selected,
            whole=self.note.whole,
            least=self.note.least,
            record=record,
            about_workers=self.note.about_workers,
            kept=self.note.kept,
            interrupted=self.note.interrupted,
            broken=(*broken, *problems),
        )
        ended = {result.location for result in record.scenarios}
        missing = [wanted for wanted in selected if wanted.location not in ended]
        write_junit(self.folder / JUNIT, record, missing)
        # The report's head reads the verdict, so it must lie there before the report that completes it.
        self.note.write(self.folder, judge(case, report=False))
        # The report shows the history with this run in it. A shard's scenarios enter it when the shards are merged;
        # what Ctrl-C cut off is no result of the platform's.
        entered = self.note.shard is None and not self.note.interrupted
        more = [*(remember(self.folder) if entered else ()), *_report(self.folder, self.say)]
        case = dataclasses.replace(case, broken=(*case.broken, *more))
        verdict = judge(case)
        self.note.write(self.folder, verdict)
        self.say(summary(case, verdict, seconds=self.note.seconds))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for line in annotate(case, verdict, missing):
                self.say(line)
            if "GITHUB_STEP_SUMMARY" in os.environ:
                append(Path(os.environ["GITHUB_STEP_SUMMARY"]), step_summary(case, verdict))
        return verdict


def _record(folder: Path) -> tuple[Record, tuple[str, ...]]:
    try:
        found = Record.read(folder)
    except BrokenRecord as error:
        return Record(), (str(error),)
    return (
        (found, ())
        if found is not None
        else (Record(), (f"expected {RESULTS} in {folder}, found no such file",))
    )


def _report(folder: Path, say: Say) -> list[str]:
    try:
        report_of(folder, say)
    except ReportError as error:
        return [f"the report could not be made: {error}"]
    return []
