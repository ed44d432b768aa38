"""A run of the features, observed: the platform's own time on its critical path against what the suite adds."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from acceptance.bench.intervals import Span, length, minus, union, within
from acceptance.bench.observed import Attention
from acceptance.bench.stand import Stand
from acceptance.drivers.ecs import Task
from acceptance.drivers.session_table import SessionRecord
from acceptance.results.run_folder import LOG, PROJECT, RESULTS
from acceptance.results.run_results import Results
from acceptance.waiting.errors import NoData

TARGET_CPU_SHARE = 0.15
"""The most of a run's wall time that the suite's own process may spend on a processor."""


@dataclass(frozen=True)
class PlatformTime:
    """The run's wall time by what the platform's own stamps say it was doing, in seconds; each moment counts once.

    `waking`: a session was on its way from its record to active. `serving`: none was, and one was live or ending.
    `winding_down`: all had ended, and a task was left (idle times, stopping). `asleep`: nothing ran.
    """

    waking_s: float
    serving_s: float
    winding_down_s: float
    asleep_s: float


@dataclass(frozen=True)
class WholeRun:
    """One run of behave against a deployment that was up already. `steps_s` is the time of all steps together.

    `start_up_s` is the interpreter's and the imports' time before behave's own begins.
    """

    scenarios: int
    passed: int
    wall_s: float
    start_up_s: float
    steps_s: float
    attention: Attention
    platform: PlatformTime

    @property
    def cpu_share(self) -> float:
        """The suite's own CPU time, all threads, as a share of the wall time."""
        return self.attention.process_cpu_s / self.wall_s

    @property
    def met(self) -> bool:
        """Whether that share is below the target."""
        return self.cpu_share < TARGET_CPU_SHARE


def measure(stand: Stand) -> WholeRun:
    """Run the plan's features.

    Raises:
        NoData: behave ran no scenario, or died; the log is named.
    """
    stand.say(f"a run of {', '.join(stand.plan.features)}")
    stand.sessions.until_asleep()
    folder = stand.folder / "run"
    folder.mkdir(parents=True, exist_ok=True)
    figures, results, log = folder / "attention.json", folder / RESULTS, folder / LOG
    began_at, began = datetime.now(UTC), time.monotonic()
    with log.open("wb") as output:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "acceptance.bench.observed",
                str(figures),
                *behave_arguments(stand, folder, results),
            ],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    wall_s = time.monotonic() - began
    if not figures.exists():
        raise NoData(f"behave left no results; its words are in {log}")
    attention = Attention(**json.loads(figures.read_text(encoding="utf-8")))
    ran = Results.read(folder)
    if ran is None or not ran.scenarios:
        raise NoData(f"behave ran no scenario of {', '.join(stand.plan.features)}; its words are in {log}")
    return WholeRun(
        scenarios=len(ran.scenarios),
        passed=sum(scenario.passed for scenario in ran.scenarios),
        wall_s=wall_s,
        start_up_s=wall_s - attention.wall_s,
        steps_s=sum(scenario.seconds for scenario in ran.scenarios),
        attention=attention,
        platform=platform_time(
            stand.platform.records.made_since(began_at),
            [task for role in ("hermes", "edit") for task in stand.platform.fleet.history(role)],
            (began_at, began_at + timedelta(seconds=wall_s)),
        ),
    )


def behave_arguments(stand: Stand, folder: Path, results: Path) -> list[str]:
    """What behave is given: the deployment that is up, results into the bench's folder, no report."""
    settings = {**stand.settings, "results": str(results), "reports": str(folder), "report": "none"}
    if "info_url" in stand.run.deployment.info:
        settings["sandbox"] = str(stand.run.deployment.info["info_url"])
    defines = [word for key, value in settings.items() for word in ("-D", f"{key}={value}")]
    return [*stand.plan.features, *defines]


def platform_time(
    records: Iterable[SessionRecord], tasks: Iterable[Task], window: tuple[datetime, datetime]
) -> PlatformTime:
    """Divide a window of time by the platform's stamps; what has no end yet lasts to the window's."""
    whole = (window[0].timestamp(), window[1].timestamp())

    def span(start: datetime | None, *ends: datetime | None) -> list[Span]:
        """From a start, if it is known, to the first of the ends that is."""
        known = [end.timestamp() for end in ends if end is not None]
        return [] if start is None else [(start.timestamp(), known[0] if known else whole[1])]

    waking: list[Span] = []
    existing: list[Span] = []
    for record in records:
        waking += span(record.created_at, record.started_at, record.ended_at)
        existing += span(record.created_at, record.ended_at)
    running = [piece for task in tasks for piece in span(task.created_at, task.stopped_at)]
    busy, open_, up = within(waking, whole), within(existing, whole), within(running, whole)
    return PlatformTime(
        waking_s=length(busy),
        serving_s=length(minus(open_, busy)),
        winding_down_s=length(minus(up, open_)),
        asleep_s=length(minus([whole], union([*open_, *up]))),
    )
