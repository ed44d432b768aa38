"""Runs that are killed, on a sandbox that stays: what they leave, the sweep clears away, and that is counted.

`python -m tests.killed_runs --kills 20 --seed 1` kills so many runs at random moments; the tests in
tests/acceptance/run/test_killed_runs.py kill one at each kind of moment.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from acceptance.config.mark import Mark
from acceptance.drivers.load_balancer import Routing
from acceptance.drivers.platform import Platform
from acceptance.run.standing import standing
from acceptance.waiting.errors import PlatformError
from tests.faulty_aws import ROOT, sandbox

PROFILE = ROOT / "deployments" / "sandbox.toml"

TERM_S = 5
"""A killed run holds the sandbox for so long."""

FEATURES = (
    "features/1_cold_start.feature",
    "features/2_session_persistence.feature",
    "features/3_concurrent_sessions.feature",
    "features/4_alb_routing.feature",
)


@dataclass(frozen=True)
class Stage:
    """A sandbox that stays, its drivers, and what its load balancer had before any run."""

    info_url: str
    platform: Platform
    before: Routing

    @property
    def settings(self) -> list[str]:
        """behave's and the sweep's options for it."""
        return ["-D", f"sandbox={self.info_url}", "-D", f"patience.request_s={TERM_S}"]

    @property
    def mark(self) -> Mark:
        """The mark of every run."""
        return Mark(self.platform.profile.suite.client_prefix)

    def run(self, *options: str) -> subprocess.Popen[bytes]:
        """Begin a run, in a session of its own."""
        argv = [sys.executable, "-m", "behave", *self.settings, "-D", "report=none", *options]
        out = subprocess.DEVNULL
        return subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)

    def sweep(self) -> str:
        """Sweep, and what that said; AssertionError if it could not."""
        argv = [sys.executable, "-m", "acceptance", "sweep", *self.settings]
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def left(self) -> dict[str, int]:
        """How much of what runs make is there, by what it is; only what there is."""
        platform, mark = self.platform, self.mark
        routing, state = platform.balancer.routing(), platform.fleet.state()
        records = platform.records.marked(mark)
        counts = {
            "tasks": len(platform.fleet.marked(mark)),
            "tasks of services": len((*state.hermes_tasks, *state.edit_tasks)),
            "wanted tasks": state.hermes.desired + state.edit.desired,
            "open sessions": sum(not record.ended for record in records),
            "planted records": sum(record.planted for record in records),
            "rules": len(set(routing.rules) - set(self.before.rules)),
            "target groups": len(set(routing.target_groups) - set(self.before.target_groups)),
            "workspaces": sum(map(mark.owns_client, platform.workspaces.clients())),
            "mails": platform.mailbox.count(mark),
            "leases": int(platform.lease.holder() is not None),
        }
        platform.workspaces.close()
        return {what: count for what, count in counts.items() if count}


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """A sandbox that nobody has used."""
    with sandbox() as info:
        settings: Mapping[str, str] = {"sandbox": info["info_url"]}
        platform = standing(PROFILE, settings, "0101-000000-0000")
        yield Stage(info["info_url"], platform, platform.balancer.routing())


def kill(run: subprocess.Popen[bytes]) -> bool:
    """Kill all of a run at once, as a job that is cut off is killed; whether it still ran."""
    running = run.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return running


def kill_when(run: subprocess.Popen[bytes], moment: Callable[[], bool], *, within_s: float) -> None:
    """Kill a run as soon as a moment has come; AssertionError if it ends before, or the moment never comes."""
    until = time.monotonic() + within_s
    try:
        while run.poll() is None and time.monotonic() < until:
            with contextlib.suppress(PlatformError):
                if moment():
                    return
            threading.Event().wait(0.05)
        raise AssertionError(f"the moment never came; the run's exit code is {run.poll()}")
    finally:
        kill(run)


def main(arguments: list[str]) -> int:
    """1 if a sweep left anything, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.killed_runs", description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    chance, wrong = random.Random(options.seed), 0
    with stage() as made:
        for number in range(1, options.kills + 1):
            feature, after_s = chance.choice(FEATURES), chance.uniform(3, 45)
            run = made.run(feature)
            threading.Event().wait(after_s)
            killed = "killed" if kill(run) else f"ended with {run.returncode} before"
            said = made.sweep().strip().splitlines()[-1]
            left = made.left()
            wrong += bool(left)
            sys.stdout.write(
                f"{number}: {Path(feature).stem} {killed} after {after_s:.0f} s; {said}; left: {left or 'nothing'}\n"
            )
            sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
