"""Gives the run that is going on its report: what the suite's first hook calls once the run's folder is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from behave.exception import ConfigError
from behave.formatter.base import StreamOpener

from acceptance.report.html import PACKAGE, HtmlReport
from acceptance.report.messages import Messages
from acceptance.report.meta import revision
from acceptance.report.runner import ReportingRunner
from acceptance.results.run_facts import RunFacts
from acceptance.results.run_folder import MESSAGES, PAGE, Report, RunFolder


def begin_report(
    runner: ReportingRunner, folder: RunFolder, facts: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Have the run write its messages live and, if it is to, its page at the end.

    A page that cannot be had is no reason not to run: the messages are written all the same, and `python -m
    acceptance report FOLDER` makes the page of them later.

    Args:
        runner: the one that is running; hooks find it as `context.runner`.
        facts: what the head says of the run, in this order (`Deployment`, ...).
    """
    if folder.report is Report.NONE:
        return
    commit, changed = revision(PACKAGE)
    RunFacts(facts, commit, changed).write(folder.path)
    if folder.report is Report.PAGE:
        try:
            page = HtmlReport(_file(folder.path / PAGE), runner.config, remembered=folder.own)
        except ConfigError as error:
            say(
                f"No page this time, messages only; "
                f"`python -m acceptance report {folder.path}` makes it later: {error}"
            )
        else:
            runner.add_formatter(page)
            return
    runner.add_formatter(Messages(_file(folder.path / MESSAGES), runner.config))


def _file(path: Path) -> StreamOpener:
    return StreamOpener(filename=str(path))
