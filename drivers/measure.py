"""Measures cold starts: `python -m drivers.measure [--wakes 10] [-D key=value]...` prints timelines and medians.

Each wake begins with the platform asleep and ends with it asleep; times are seconds since the request.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence

from drivers.suite import Suite
from drivers.timeline import Stage
from drivers.visits import Customer, Visits

STAGES = (
    Stage.ON_RECORD,
    Stage.TASK_STARTED,
    Stage.TARGET_HEALTHY,
    Stage.FIRST_200,
    Stage.HMR_CONNECTED,
)


def wake(suite: Suite, visits: Visits) -> dict[str, float]:
    """One cold start from nothing to a connected browser: seconds since the request, by stage."""
    visits.until_asleep()
    customer = Customer(suite.new_client(), suite.platform.mailbox.customer("anna"))
    visit = visits.start(customer, 'Add a new page called "Test Page"')
    visits.until_live(visit)
    visits.end([visit])
    return visit.timeline.seconds()


def row(name: str, seconds: Sequence[float | None]) -> str:
    """One line of the table; a stage that was not seen is a dash."""
    return f"{name:>8}" + "".join(f"{'-' if s is None else f'{s:.2f}':>16}" for s in seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, if every wake came to its end."""
    parser = argparse.ArgumentParser(prog="python -m drivers.measure", description=__doc__)
    parser.add_argument("--wakes", type=int, default=10)
    parser.add_argument("-D", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args(arguments)
    out = sys.stdout.write
    suite = Suite.start(dict(s.partition("=")[::2] for s in options.settings), lambda _line: None)
    try:
        visits = Visits(suite.platform)
        out(f"{'wake':>8}" + "".join(f"{stage.value:>16}" for stage in STAGES) + "\n")
        runs = []
        for number in range(1, options.wakes + 1):
            runs.append(wake(suite, visits))
            out(row(str(number), [runs[-1].get(stage.value) for stage in STAGES]) + "\n")
        medians = [statistics.median(run[s.value] for run in runs if s.value in run) for s in STAGES]
        out(row("median", medians) + "\n")
    finally:
        suite.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
