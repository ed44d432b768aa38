"""Measures what suite and platform cost, and adds the figures to docs/performance.md: `python -m acceptance bench`, or
`make bench`.

Without --crowds: whole runs of the features; arguments of its own that `python -m acceptance run` takes are handed on
to it. A part of the features is measured, but not published. With --crowds: so many sessions at once, one number after
the other on one platform, until one does not come up.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from acceptance.bench import crowds, page, whole_runs
from acceptance.outlet import speak_safely
from acceptance.results.run_folder import REPORTS
from acceptance.run.standing import settings_of
from acceptance.waiting.errors import DriverError, NoData
from acceptance.waiting.waits import ClaimFailed


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if all was measured; 1 if a run was not accepted, or a crowd did not come up, stay apart and go; 2 if
    there is no platform to measure.
    """
    speak_safely()
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    settings = settings_of(options.settings)
    if options.crowds and rest:
        parser.error(f"--crowds takes no {' '.join(rest)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.crowds:
            return _crowds(options.crowds, settings)
        return _runs(
            options.runs, [*rest, *(word for setting in options.settings for word in ("-D", setting))]
        )
    except (NoData, ClaimFailed) as failure:
        _say(str(failure))
        return 1
    except DriverError as failure:
        _say(str(failure))
        return 2


def _runs(count: int, arguments: Sequence[str]) -> int:
    runs = whole_runs.measure(count, arguments, _say)
    row, parts = page.row_of_runs(runs, " ".join(arguments)), page.parts_of_runs(runs)
    _say("\n".join(["", *page.table(page.RUNS_HEAD, [row]), "", *parts]))
    if all(run.whole for run in runs):
        page.publish(page.RUNS, page.RUNS_HEAD, [row], parts)
    return 0


def _crowds(sizes: Sequence[int], settings: dict[str, str]) -> int:
    folder = REPORTS / "bench" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    costs = crowds.measure(sizes, settings, folder, _say)
    rows, parts = [page.row_of_crowd(cost) for cost in costs], page.parts_of_crowd(costs[-1])
    _say("\n".join(["", *page.table(page.CROWDS_HEAD, rows), "", *parts]))
    page.publish(page.CROWDS, page.CROWDS_HEAD, rows, parts)
    return 1 if costs[-1].problem or len(costs) < len(sizes) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m acceptance bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--runs", type=_number, default=3, metavar="N", help="whole runs; 3 if not told")
    parser.add_argument("--crowds", type=_numbers, metavar="N,...", help="sessions at once")
    parser.add_argument(
        "-D", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="as for behave"
    )
    return parser


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 1")
    return int(text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_number(word) for word in text.split(","))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
