"""Gives the run that is going on its report: what the suite's first hook calls once the run's folder is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from behave.exception import ConfigError
from behave.formatter.base import StreamOpener

from acceptance.report.history import append, history_of
from acceptance.report.html import PACKAGE, HtmlReport
from acceptance.report.messages import Messages
from acceptance.report.meta import revision
from acceptance.report.run import MESSAGES, REPORT, RESULTS, read_facts, read_results, write_facts
from acceptance.report.runner import calling_runner
from acceptance.results.run_folder import Output, Report


def begin_report(output: Output, facts: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Have the run write its messages live and, if it is to, its page at the end.

    A page that cannot be had is no reason not to run: the messages are written all the same, and `python -m
    acceptance report FOLDER` makes the page of them later.

    Args:
        facts: what the head says of the run, in this order (`Deployment`, ...); the revision is added.
    """
    if output.report is Report.NONE:
        return
    write_facts(output.folder, {**facts, "Revision": revision(PACKAGE) or "unknown"})
    if output.report is Report.PAGE:
        try:
            report_into(output.folder, remember=output.own)
        except ConfigError as error:
            say(
                f"No page this time, messages only; "
                f"`python -m acceptance report {output.folder}` makes it later: {error}"
            )
        else:
            return
    runner = calling_runner()
    runner.formatters.append(Messages(_file(output.folder / MESSAGES), runner.config))


def report_into(folder: Path, *, remember: bool) -> None:
    """Have the run write its messages and, at its end, its page into `folder`.

    Args:
        remember: whether the run enters itself into the history beside its folder.

    Raises:
        ConfigError: the page cannot be had; nothing has begun.
    """
    runner = calling_runner()
    kind = RememberedReport if remember else HtmlReport
    runner.formatters.append(kind(_file(folder / REPORT), runner.config))


class RememberedReport(HtmlReport):
    """The report of a run that enters itself into the history first."""

    def before_page(self, folder: Path) -> None:
        """The history knows the run when its page is made."""
        results = read_results(folder / RESULTS)
        if results is not None:
            append(history_of(folder), results, read_facts(folder).get("Revision"), folder.name)


def _file(path: Path) -> StreamOpener:
    return StreamOpener(filename=str(path))
