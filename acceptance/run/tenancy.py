"""A deployment that others know, too, is one run's alone as long as that lasts, and gives a sign of life."""

from __future__ import annotations

import getpass
import os
import platform as machine
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from acceptance.config.mark import Mark
from acceptance.drivers.aws import AwsRefusal
from acceptance.drivers.lease import Holder, LeaseTable, held_by
from acceptance.drivers.platform import Platform
from acceptance.results.masking import mask
from acceptance.results.run_folder import Keep, new_run_id
from acceptance.run.clear_away import clear_away
from acceptance.run.standing import standing
from acceptance.waiting.errors import DeploymentHeld, DriverError, LeaseLost, NotObserved
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.view import VIEW
from acceptance.waiting.waits import ClaimFailed, wait_until

SIGNS_OF_LIFE = 4
"""How often within its term a lease is renewed: one or two that AWS does not answer cost nothing."""

PAUSE, SPARE = timedelta(seconds=0.5), timedelta(seconds=3)
"""Between two looks at a lease that should lapse; and how much later it may, by the whole second and another clock."""


class Tenancy:
    """Holds the lease from `begin` to `end`, and renews it from a thread. A run that is killed lapses by itself.

    Its term is the profile's patience for one request: a run that was not heard of for longer is not there.

    Args:
        run: the run, on record; several processes that are told the same one share the lease.
        part: whether another process took it for this one, and gives it back.
    """

    def __init__(self, platform: Platform, run: str, *, part: bool = False) -> None:
        self.run = run
        self._lease: LeaseTable = platform.lease
        self._term: timedelta = platform.profile.patience.request
        self._part = part
        self._since = datetime.now(UTC)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def begin(self) -> Self:
        """Raises DeploymentHeld if another run has the deployment."""
        self._take()
        self._thread.start()
        return self

    def end(self) -> None:
        """Give the deployment back; if that cannot be said, it is free when the term is over. May be called again."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
            if not self._part:
                with suppress(NotObserved):
                    self._lease.release(self.run)

    def _take(self) -> None:
        self._lease.take(self.run, owner(), since=self._since, term_s=self._term.total_seconds())

    def _renew(self) -> None:
        while not self._ended.wait(self._term.total_seconds() / SIGNS_OF_LIFE):
            try:
                self._take()
            except DeploymentHeld as taken:
                VIEW.lose(LeaseLost(f"this run gave no sign of life for too long, and {taken}"))
                return
            except NotObserved:
                # AWS's own trouble: the next sign of life may get through.
                continue


def owner() -> str:
    """Whose run this is: the person and the machine, or the job."""
    told = os.environ
    if "GITHUB_RUN_ID" in told:
        server = told.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{told.get('GITHUB_REPOSITORY', '')}/actions/runs/{told['GITHUB_RUN_ID']}"
    try:
        person = getpass.getuser()
    except (KeyError, OSError):
        person = f"user {os.getuid()}"
    return f"{person} at {machine.node() or 'a machine without a name'} (process {os.getpid()})"


@contextmanager
def had_alone(source: Path, settings: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Have a deployment that others know, too, to itself while the block runs; yields what behave is told of that.

    At its end all that runs have made there is cleared away, unless `-D keep` asks for it to stay.

    Raises:
        DeploymentHeld: another run has it.
    """
    try:
        run = new_run_id()
        platform = standing(source, settings, run)
        platform.check_account()
        tenancy = Tenancy(platform, run).begin()
    except DeploymentHeld:
        raise
    except (DriverError, AwsRefusal):
        # What keeps the gate from it keeps behave from it, too, which tells it to those who judge the run.
        yield ()
        return
    try:
        yield ("-D", f"lease={tenancy.run}")
        if settings.get("keep", Keep.NEVER) == Keep.NEVER:
            _leave_clean(platform)
    finally:
        tenancy.end()


def _leave_clean(platform: Platform) -> None:
    """What cannot be cleared away changes no verdict: it is told, and the sweep's to do."""
    _say("Clearing away what the run made ...")
    try:
        found = clear_away(platform, Mark(platform.profile.suite.client_prefix), lambda _line: None)
    except (KeyboardInterrupt, DriverError, ClaimFailed, AwsRefusal) as failure:
        why = "interrupted" if isinstance(failure, KeyboardInterrupt) else mask(str(failure))
        _say(f"Not all that the run made is cleared away ({why}): `python -m acceptance sweep` does it.")
    else:
        _say(f"{str(found).capitalize()}.")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def await_silence(platform: Platform) -> None:
    """Wait until nobody has the deployment: at once if there is no lease, else until a killed run's lapses.

    Raises:
        DeploymentHeld: who has it gives signs of life.
    """
    lease = platform.lease
    first = lease.holder()
    if first is None:
        return
    free = DescribedMatcher[Holder | None]("free", lambda seen: seen is None or seen.lapsed, str)
    alive = DescribedMatcher[Holder | None](
        "held by a run that lives", lambda seen: seen not in (None, first), str
    )
    left = max(timedelta(), first.until - datetime.now(UTC))
    try:
        wait_until(lease.holder, free, what="the deployment", within=left + SPARE, every=PAUSE, fatal=alive)
    except ClaimFailed as held:
        raise DeploymentHeld(held_by(lease.holder())) from held
