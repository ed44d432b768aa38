"""Real runs that end badly, for reports that are worth looking at."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import psutil
from hamcrest import greater_than_or_equal_to

from acceptance.results.run_folder import HISTORY, MESSAGES, PROJECT, REPORTS
from acceptance.waiting.waits import wait_until
from faults.catalogue import FAULTS
from faults.noticed import name_pattern

FAULT = FAULTS["second_edit_task"]
"""What is wrong with the platform of the real run: cheap to run, and noticed by a sentence that anybody understands."""

FEATURE = "features/1_cold_start.feature"
FAILING = "One session wakes one Hermes task and one Edit task, never more"
PASSING = (
    "The first request wakes the platform and brings up a preview with the change",
    "A visitor who comes too early sees the waiting page",
)
"""A session of its own, and one more look at the session of the failing scenario."""
FURTHER = (
    "A fresh preview shows the next edit without being reloaded by hand",
    "An email does what a request does, and is answered in its thread",
    "After the idle time the session expires, Edit goes to zero, then Hermes",
)
"""More sessions, for pictures that are worth showing."""

STRANGERS = "workspaces_by_name_only", "features/9_ownership.feature"
"""A fault that gives one customer's files to another, and where that is noticed."""

_RUN_LIMIT_S = 300.0


def real_run(folder: Path, *, passing: Sequence[str]) -> Path:
    """Run the failing scenario and these against a sandbox with the fault in it; returns the report.

    Raises AssertionError, with what behave said, if it did not end as the fault has it: one failed, the others passed.
    """
    names = [part for name in (FAILING, *passing) for part in ("--name", name_pattern(name))]
    result = subprocess.run(
        [*_behave(folder, FAULT.name), FEATURE, *names],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=_RUN_LIMIT_S,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 1, said[-5000:]
    assert f"\n{len(passing)} scenarios passed, 1 failed" in said, said[-5000:]
    return folder / "report.html"


def strangers_run(folder: Path) -> Path:
    """Run a feature where one customer is given another's files, told as the history in `reports/` has it.

    Returns the report.
    """
    fault, feature = STRANGERS
    history = REPORTS / HISTORY
    if history.is_file():
        shutil.copyfile(history, folder.with_name(HISTORY))
    argv = [*_behave(folder, fault), feature]
    subprocess.run(argv, cwd=PROJECT, capture_output=True, timeout=_RUN_LIMIT_S, check=False)
    return folder / "report.html"


def vanished_run(folder: Path) -> Path:
    """Run a feature, and kill its platform's load balancer once the second scenario has begun; returns the report."""
    with subprocess.Popen([*_behave(folder), FEATURE], cwd=PROJECT, stdout=subprocess.DEVNULL) as running:
        stream = folder / MESSAGES
        wait_until(
            lambda: stream.read_text(encoding="utf-8").count('"testCaseStarted"') if stream.is_file() else 0,
            greater_than_or_equal_to(2), what="scenarios that have begun", within=timedelta(seconds=_RUN_LIMIT_S),
        )  # fmt: skip
        envoy = [
            each
            for each in psutil.Process(running.pid).children(recursive=True)
            if "envoy" in each.name().lower()
        ]
        assert envoy, "expected the load balancer among the processes of the run, found none"
        for each in envoy:
            each.kill()
        running.wait(_RUN_LIMIT_S)
    return folder / "report.html"


def _behave(folder: Path, fault: str | None = None) -> list[str]:
    """behave, on a sandbox of its own that may be broken."""
    argv = [sys.executable, "-m", "behave", "--format", "progress3"]
    argv += ["-D", f"reports={folder}", "-D", "patience=2"]
    if fault:
        command = f"python,-m,faults.broken,{fault},sandbox,up,--while-stdin-open,--ready-file,{{ready}}"
        argv += ["-D", f"sandbox.command={command}"]
    return argv
