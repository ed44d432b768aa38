"""From a folder of merged results to the verdict: JUnit, report, history, GitHub, and the summary.

Whatever fails of it is noted, and the rest is done all the same.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acceptance.gate.conformance import write_conformance
from acceptance.gate.github import annotate, append, step_summary
from acceptance.gate.junit import write_junit
from acceptance.gate.mishaps import Mishaps
from acceptance.gate.reasons import about_files
from acceptance.gate.summary import summary
from acceptance.report.history import remember
from acceptance.report.html import ReportError, report_of
from acceptance.results.json_file import Unreadable
from acceptance.results.manifest import RunManifest
from acceptance.results.run_folder import CONFORMANCE, JUNIT, PAGE, RESULTS
from acceptance.results.run_results import Results
from acceptance.results.verdict import Code, Reason, RunEvidence, Verdict, judge


@dataclass(frozen=True)
class Finish:
    """What is done with a run at its end, and with what. `broken` says what could not be read, merged or made."""

    folder: Path
    manifest: RunManifest
    say: Callable[[str], None]
    mishaps: Mishaps
    broken: list[str]

    def judge(self) -> Verdict:
        """Write what belongs beside the results, judge, and tell."""
        told, mishaps = self.manifest, self.mishaps
        asked = {wanted.location: wanted for wanted in told.asked}
        case = RunEvidence(
            self._results(),
            [asked[location] for location in told.selected],
            whole=told.whole,
            least=told.least,
            about_workers=told.about_workers,
            kept=told.kept,
            interrupted=told.interrupted,
        )
        with mishaps.noted("junit.xml was written"):
            write_junit(self.folder / JUNIT, case.results, case.missing)
        # The report's head reads the verdict, so it must lie there before the report that completes it.
        self._write_verdict(case, JUNIT)
        try:
            # The report shows the history with this run in it. A shard's scenarios enter it when the shards are merged;
            # what Ctrl-C cut off, or a mishap, is no result of the platform's.
            if told.shard is None and not told.interrupted and not mishaps.sentences:
                with self._tried("the history", "written", Unreadable, OSError):
                    remember(self.folder)
            with self._tried("the report", "made", ReportError, Unreadable):
                report_of(self.folder, self.say)
        except KeyboardInterrupt:
            case = dataclasses.replace(case, interrupted=True)
            self.broken.append("the report could not be made: interrupted")
        verdict = self._write_verdict(case, PAGE, JUNIT)
        with mishaps.noted("junit.xml was written"):
            # Once more, with the reasons: those that are no scenario's are known only now.
            write_junit(self.folder / JUNIT, case.results, case.missing, verdict.reasons)
        with mishaps.noted(f"{CONFORMANCE} was written"):
            write_conformance(self.folder, case, verdict, told)
        with mishaps.noted("the summary was told"):
            self.say(summary(self.folder, case, verdict, seconds=told.seconds))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            with mishaps.noted("GitHub was told"):
                for line in annotate(case, verdict):
                    self.say(line)
                if "GITHUB_STEP_SUMMARY" in os.environ:
                    append(Path(os.environ["GITHUB_STEP_SUMMARY"]), step_summary(case, verdict))
        return self._judged(case, PAGE, JUNIT)

    def _results(self) -> Results:
        """The run's; none where they cannot be read."""
        with self._tried("the results", "read", Unreadable):
            found = Results.read(self.folder)
            if found is None:
                raise Unreadable(f"expected {RESULTS} in {self.folder}, found no such file")
            return found
        return Results(())

    @contextmanager
    def _tried(self, what: str, done: str, *foreseen: type[Exception]) -> Iterator[None]:
        """One of these exceptions is a reason against the run; any other is a mishap of the gate's."""
        with self.mishaps.noted(f"{what} was {done}"):
            try:
                yield
            except foreseen as error:
                self.broken.append(f"{what} could not be {done}: {error}")

    def _judged(self, case: RunEvidence, *files: str) -> Verdict:
        """The verdict as things stand; these files must be there."""
        broken = (Reason(Code.NOT_JUDGED, sentence) for sentence in self.broken)
        found = (*broken, *about_files(self.folder, files))
        return judge(dataclasses.replace(case, about_files=found, mishaps=tuple(self.mishaps.sentences)))

    def _write_verdict(self, case: RunEvidence, *files: str) -> Verdict:
        """Write gate.json; the verdict in it, or a worse one if that fails."""
        written = dataclasses.replace(
            self.manifest, interrupted=case.interrupted, mishaps=tuple(self.mishaps.sentences)
        )
        with self.mishaps.noted("gate.json was written"):
            written.write(self.folder, self._judged(case, *files))
        return self._judged(case, *files)
