"""`python -m acceptance report FOLDER`: make the report of a run's folder once more, also of a run that was killed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from acceptance.report.html import ReportError, report_of
from acceptance.results.json_file import Unreadable


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main(arguments: Sequence[str]) -> int:
    """0 when the report lies there, 1 with the reason when it cannot be made."""
    parser = argparse.ArgumentParser(
        prog="python -m acceptance report", description="Make the report of a run."
    )
    parser.add_argument("folder", type=Path, help="the run's folder, such as reports/latest")
    folder: Path = parser.parse_args(arguments).folder
    try:
        target = report_of(folder, _say)
    except (ReportError, Unreadable) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{target}\n")
    return 0
