"""A real run with one failure, for a report that is worth looking at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from acceptance.results.run_folder import PROJECT
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

_RUN_LIMIT_S = 300.0


def real_run(folder: Path, *, passing: Sequence[str]) -> Path:
    """Run the failing scenario and these against a sandbox with the fault in it; returns the report.

    Raises AssertionError, with what behave said, if it did not end as the fault has it: one failed, the others passed.
    """
    command = f"python,-m,faults.broken,{FAULT.name},sandbox,up,--while-stdin-open,--ready-file,{{ready}}"
    argv = [sys.executable, "-m", "behave", "--format", "progress3", "-D", f"sandbox.command={command}"]
    argv += ["-D", f"reports={folder}", "-D", "patience=2", FEATURE]
    argv += [part for name in (FAILING, *passing) for part in ("--name", name_pattern(name))]
    result = subprocess.run(
        argv, cwd=PROJECT, capture_output=True, text=True, timeout=_RUN_LIMIT_S, check=False
    )
    said = result.stdout + result.stderr
    assert result.returncode == 1, said[-5000:]
    assert f"\n{len(passing)} scenarios passed, 1 failed" in said, said[-5000:]
    return folder / "report.html"
