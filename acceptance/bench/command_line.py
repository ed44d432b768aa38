"""Measures what the suite and the platform cost: `python -m acceptance bench [--only PART,...] [--quick] [-D
key=value]...`.

Parts: run (a run of the features, watched), cold (cold starts), notice (how late a true state is noticed), latency
(what the load balancer adds), hmr (from a saved file to the browser), crowds (many sessions at once). Each is printed
as a table; all go as JSON into reports/bench/. `-D` takes what behave takes, so that AWS can be measured as well.
Exit code 1 if a part could not be measured, 2 if there is no deployment to measure.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from acceptance.bench import cold_start, crowds, hmr, latency, notice, whole_run
from acceptance.bench.document import write
from acceptance.bench.stand import QUICK, BenchPlan, Stand
from acceptance.bench.tables import tables_of, targets
from acceptance.report.meta import revision
from acceptance.results.run_folder import PROJECT
from acceptance.run.run import Run
from acceptance.waiting.errors import DriverError
from acceptance.waiting.waits import ClaimFailed

PARTS: Mapping[str, Callable[[Stand], object]] = {
    "run": whole_run.measure,
    "cold": cold_start.measure,
    "notice": notice.measure,
    "latency": latency.measure,
    "hmr": hmr.measure,
    "crowds": crowds.measure,
}

PATIENCE = "4"
"""Thirty sessions on two cores take longer than a customer should wait, and are to be measured all the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if every part that was asked for was measured, whether its target is met or not."""
    options = parser().parse_args(arguments)
    plan = plan_of(options)
    began = datetime.now(UTC)
    name = f"{began:%Y%m%d-%H%M%S}"
    folder = PROJECT / "reports" / "bench" / name
    given = dict(setting.partition("=")[::2] for setting in options.settings)
    own = {"patience": PATIENCE, "reports": str(folder), "report": "none"}
    document: dict[str, object] = {
        "at": began.isoformat(timespec="seconds"),
        "revision": revision(PROJECT),
        "machine": _machine(),
        "plan": dataclasses.asdict(plan),
    }
    problems: dict[str, str] = {}
    try:
        run = Run.start({**own, **given}, _say)
    except DriverError as failure:
        _say(str(failure))
        return 2
    try:
        document["deployment"] = run.platform.profile.name
        stand = Stand(run, given, plan, folder, _say)
        for part in options.only:
            try:
                result = PARTS[part](stand)
            except (ClaimFailed, DriverError) as failure:
                problems[part] = str(failure)
                _tell(f"{part} could not be measured: {failure}\n")
                continue
            document[part] = result
            if problem := getattr(result, "problem", None):
                problems[part] = str(problem)
            for table in tables_of(result):
                _tell(f"{table}\n")
        if (judged := targets(document.values())) is not None:
            _tell(f"{judged}\n")
    finally:
        write(folder.with_suffix(".json"), {**document, "problems": problems})
        _tell(f"JSON: {folder.with_suffix('.json').relative_to(PROJECT)}")
        run.close()
    return 1 if problems else 0


def plan_of(options: argparse.Namespace) -> BenchPlan:
    """The plan that the options ask for: the whole or the quick one, with the counts that are given."""
    plan = QUICK if options.quick else BenchPlan()
    named = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(BenchPlan)}
    return dataclasses.replace(plan, **{name: value for name, value in named.items() if value is not None})


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m acceptance bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", type=_parts, default=tuple(PARTS), metavar="PART,...", help="measure these parts"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a handful of each: shows that it works, no more"
    )
    parser.add_argument("--wakes", type=int, help="cold starts")
    parser.add_argument("--rounds", type=int, help="rounds of noticing; each is seven notices")
    parser.add_argument(
        "--against-waiter", type=int, help="rounds beside boto3's waiter; each takes 15 s or more"
    )
    parser.add_argument("--crowds", type=_numbers, metavar="N,...", help="sessions at once")
    parser.add_argument("--requests", type=int, help="requests on each way")
    parser.add_argument("--edits", type=int, help="edits of each file")
    parser.add_argument("--features", type=_words, metavar="PATH,...", help="what behave runs")
    parser.add_argument(
        "-D", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="as for behave"
    )
    return parser


def _parts(text: str) -> tuple[str, ...]:
    parts = _words(text)
    wrong = [part for part in parts if part not in PARTS]
    if wrong:
        raise argparse.ArgumentTypeError(f"no part {', '.join(wrong)}: name some of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in parts)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in _words(text))


def _machine() -> dict[str, object]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "cores": os.cpu_count(),
        "load": load,
        "system": platform.system(),
        "python": platform.python_version(),
    }


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
