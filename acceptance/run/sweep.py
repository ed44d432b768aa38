"""Removes what a killed run left: `python -m acceptance sweep [profile] [-D key=value]... [--run ID]`.

A run marks its sessions by client ids that begin with the profile's `client_prefix`; nothing else is touched.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from acceptance.config.profile import Profile
from acceptance.drivers.protocols import SessionsApi, SessionTableView
from acceptance.drivers.session_table import SessionRecord
from acceptance.results.run_folder import new_run_id
from acceptance.run.standing import DEFAULT_PROFILE, settings_of, standing
from acceptance.run.tenancy import Tenancy, await_silence
from acceptance.waiting.errors import DriverError, UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import ClaimFailed, wait_until

log = logging.getLogger("sweep")


def open_sessions(records: SessionTableView, client_prefix: str) -> tuple[SessionRecord, ...]:
    """Sessions under the prefix that have not ended, oldest first."""
    found = [record for record in records.of_prefix(client_prefix) if not record.ended]
    return tuple(sorted(found, key=lambda record: str(record.raw.get("createdAt", ""))))


def sweep(
    records: SessionTableView, sessions: SessionsApi, profile: Profile, *, run_id: str | None = None
) -> int:
    """Deactivate all open sessions of the suite, or of one run, and wait until they have ended; how many there were.

    Raises:
        NotInTime: sessions are still open after the profile's patience.
    """
    prefix = f"{profile.suite.client_prefix}-{run_id}" if run_id else profile.suite.client_prefix
    left = open_sessions(records, prefix)
    for record in left:
        log.info("deactivating session %s of %s (%s)", record.session_id, record.client_id, record.status)
        try:
            sessions.deactivate(record.session_id)
        except UnexpectedAnswer as refusal:
            # It may have ended by itself meanwhile; the wait below decides.
            log.info("  %s", refusal)
    if left:
        wait_until(
            lambda: open_sessions(records, prefix),
            DescribedMatcher[tuple[SessionRecord, ...]](
                "no open session",
                lambda found: not found,
                lambda found: ", ".join(f"{record.session_id} {record.status}" for record in found),
            ),
            what=f"sessions of clients {prefix}*",
            within=profile.patience.wake + profile.patience.session_end,
            every=profile.patience.poll,
            transient=(Unreachable,),
        )
    return len(left)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if nothing is left, 1 if something is, 2 if profile or deployment cannot be used, or a run has it."""
    parser = argparse.ArgumentParser(prog="python -m acceptance sweep", description=__doc__)
    parser.add_argument("profile", nargs="?", type=Path, default=DEFAULT_PROFILE)
    parser.add_argument("-D", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--run", help="only this run's id")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        platform = standing(options.profile, settings_of(options.settings))
        platform.check_account()
        await_silence(platform)
        tenancy = Tenancy(platform, f"sweep {new_run_id()}").begin()
        try:
            count = sweep(platform.records, platform.sessions, platform.profile, run_id=options.run)
        finally:
            tenancy.end()
    except DriverError as failure:
        log.error("%s", failure)  # noqa: TRY400 - the message tells it all
        return 2
    except ClaimFailed as failure:
        log.error("%s", failure)  # noqa: TRY400 - the message tells it all
        return 1
    log.info("%d sessions were left and have ended", count)
    return 0
