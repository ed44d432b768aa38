"""From a folder of merged results to the verdict: JUnit, report, history, GitHub, and the summary.

Whatever fails of it is noted, and the rest is done all the same.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from acceptance.gate.github import annotate, append, step_summary
from acceptance.gate.junit import write_junit
from acceptance.gate.manifest import RunManifest
from acceptance.gate.mishaps import Mishaps
from acceptance.gate.past_durations import remember
from acceptance.gate.results_reader import JUNIT, RESULTS, BrokenRecord, Record
from acceptance.gate.summary import summary
from acceptance.gate.verdict import RunEvidence, Verdict, judge
from acceptance.report.html import report_of
from acceptance.report.run import ReportError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Finish:
    """What is done with a run at its end, and with what."""

    folder: Path
    note: RunManifest
    say: Say
    mishaps: Mishaps

    def judge(self, broken: tuple[str, ...]) -> Verdict:
        """Write what belongs beside the results, judge, and tell.

        Args:
            broken: what could not be read or merged, as sentences.
        """
        record, problems = _record(self.folder)
        mishaps, note = self.mishaps, self.note
        selected = [wanted for wanted in self.note.asked if wanted.location in set(self.note.selected)]
        case = RunEvidence(
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
        with mishaps.noted("junit.xml was written"):
            write_junit(self.folder / JUNIT, record, missing)
        # The report's head reads the verdict, so it must lie there before the report that completes it.
        self._write_note(note, case, report=False)
        more = list[str]()
        try:
            # The report shows the history with this run in it. A shard's scenarios enter it when the shards are merged;
            # what Ctrl-C cut off, or a mishap, is no result of the platform's.
            if note.shard is None and not note.interrupted and not mishaps.sentences:
                with mishaps.noted("the history was written"):
                    more += remember(self.folder)
            with mishaps.noted("the report was made"):
                more += _report(self.folder, self.say)
        except KeyboardInterrupt:
            note = dataclasses.replace(note, interrupted=True)
            more.append("the report could not be made: interrupted")
        case = dataclasses.replace(case, broken=(*case.broken, *more), interrupted=note.interrupted)
        verdict = self._write_note(note, case, report=True)
        with mishaps.noted("junit.xml was written"):
            # Once more, with the reasons: those that are no scenario's are known only now.
            write_junit(self.folder / JUNIT, record, missing, verdict.findings)
        with mishaps.noted("the summary was told"):
            self.say(summary(self._so_far(case), verdict, seconds=note.seconds))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            with mishaps.noted("GitHub was told"):
                for line in annotate(case, verdict, missing):
                    self.say(line)
                if "GITHUB_STEP_SUMMARY" in os.environ:
                    append(Path(os.environ["GITHUB_STEP_SUMMARY"]), step_summary(case, verdict))
        return judge(self._so_far(case))

    def _so_far(self, case: RunEvidence) -> RunEvidence:
        """The case with what has gone wrong in the gate until now."""
        return dataclasses.replace(case, mishaps=tuple(self.mishaps.sentences))

    def _write_note(self, note: RunManifest, case: RunEvidence, *, report: bool) -> Verdict:
        """Write gate.json; the verdict in it, or a worse one if that fails. `report` as `judge` has it."""
        verdict = judge(self._so_far(case), report=report)
        with self.mishaps.noted("gate.json was written"):
            dataclasses.replace(note, mishaps=tuple(self.mishaps.sentences)).write(self.folder, verdict)
        return judge(self._so_far(case), report=report)


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
