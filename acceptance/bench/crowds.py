"""Many sessions at once: whether they come up, stay isolated and go, what one costs, and which limit ends it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from acceptance.bench.processes import MB, Meter
from acceptance.config.profile import PROFILE, read
from acceptance.journeys.customer_group import Crowd, until_all_live
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.results.run_folder import PROJECT
from acceptance.run.run import Run
from acceptance.strangers.session_probe import look, shows_own_work_only
from acceptance.waiting.errors import DriverError
from acceptance.waiting.expect import expect
from acceptance.waiting.waits import ClaimFailed

PATIENCE = "4"
"""Many sessions on few cores take longer than a customer should wait, and are to be measured all the same."""

IDLE_S = 60
"""A sandbox's idle time meanwhile: within that of a run, to keep so many awake would be what is measured."""

RULES = 100
"""A load balancer's rules, the default ones not counted (AWS, "Quotas for your Application Load Balancers")."""

SCARCE_MB = 500
"""With less memory free, the machine ends processes."""


@dataclass(frozen=True)
class CrowdCost:
    """So many sessions started at the same moment on a platform asleep.

    `live_s` is the time until the last had its page and a browser connected, `gone_s` from there, all told to end,
    until no task runs; `cpu_s` and `memory_mb` what each part used until all were live, and holds more than before.
    `rules` and `free_mb` are how many rules the load balancer had and how much memory was free, with all of them or
    when they failed. `problem` tells why they did.
    """

    sessions: int
    live_s: float | None
    gone_s: float
    cpu_s: Mapping[str, float]
    memory_mb: Mapping[str, float]
    rules: int
    free_mb: float
    problem: str | None

    @property
    def limit(self) -> str:
        """What kept more from coming up; empty if all did."""
        if self.problem is None:
            return ""
        if self.rules >= RULES:
            return f"the load balancer has {self.rules} rules, {RULES} are its quota"
        if self.free_mb < SCARCE_MB:
            return f"{self.free_mb:.0f} MB of memory are free"
        return self.problem.partition("\n")[0]


def measure(
    sizes: Sequence[int], settings: Mapping[str, str], folder: Path, say: Callable[[str], None]
) -> list[CrowdCost]:
    """Start a crowd of each size on one platform, see it live, end it. The first that fails is the last; one that does
    not even go has no figures.

    Args:
        settings: behave's `-D` values. A platform that is there already is used as it is, and costs nothing here.
        folder: for the platform's log.

    Raises:
        DriverError: there is no platform. ClaimFailed: the first crowd did not go.
    """
    given = {"patience": PATIENCE, "reports": str(folder), "report": "none", **settings}
    command = read(PROJECT / given.get("profile", PROFILE), given).command
    if command is not None and "sandbox" not in given:
        given["sandbox.command"] = ",".join((*command.command, "--idle", str(IDLE_S)))
    costs: list[CrowdCost] = []
    run = Run.start(given, say)
    try:
        for size in sizes:
            say(f"{size} sessions at once")
            costs.append(_cost(run, size))
            if problem := costs[-1].problem:
                say(problem)
                break
    except (ClaimFailed, DriverError) as failure:
        if not costs:
            raise
        say(str(failure))
    finally:
        run.close()
    return costs


def _cost(run: Run, size: int) -> CrowdCost:
    platform, sessions = run.platform, CustomerSessions(run.platform)
    sessions.put_to_sleep()
    before, meter = platform.balancer.routing(), Meter(os.getpid())
    meter.look()
    cpu_s, memory_mb = meter.cpu_s(), meter.memory_mb()
    client_id, began = run.new_client(), time.monotonic()
    crowd: Sequence[CustomerSession] = ()
    live_s = problem = None
    try:
        try:
            crowd = Crowd(platform, client_id).start(size)
            for session in crowd:
                platform.attendance.attend(session.session_id)
            until_all_live(platform, crowd)
            live_s = time.monotonic() - began
        except (AssertionError, DriverError) as failure:
            problem = str(failure)
        meter.look()
        cpu_s, memory_mb = _more(meter.cpu_s(), cpu_s), _more(meter.memory_mb(), memory_mb)
        rules = sum(rule.priority is not None for rule in platform.balancer.rules())
        free_mb = psutil.virtual_memory().available / MB
        if problem is None and size > 1:
            problem = _mixed_up(crowd)
    finally:
        ending = time.monotonic()
        for session in crowd:
            for browser in session.browsers:
                browser.close()
        sessions.end_all_of(client_id)
    sessions.put_to_sleep()
    gone_s = time.monotonic() - ending
    left = len(platform.balancer.routing().rules) - len(before.rules)
    if problem is None and left:
        problem = f"{left} rules are left of sessions that have ended"
    return CrowdCost(size, live_s, gone_s, cpu_s, memory_mb, rules, free_mb, problem)


def _mixed_up(crowd: Sequence[CustomerSession]) -> str | None:
    """Which session shows what is not its own; None if none does."""
    try:
        expect(look(crowd), shows_own_work_only(), "the previews")
    except (AssertionError, DriverError) as failure:
        return str(failure)
    return None


def _more(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {part: value - before.get(part, 0.0) for part, value in now.items()}
