"""Removes what killed runs left: `python -m acceptance sweep [profile] [-D key=value]... [--run ID]`.

Sessions, tasks, records, workspaces with their threads at the sites' remotes, mail, and services that are awake for
nobody: all that carries a run's mark, and the client of the request's example. What is other people's stays.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from acceptance.config.mark import Mark
from acceptance.results.masking import mask
from acceptance.results.run_folder import new_run_id
from acceptance.run.clear_away import clear_away
from acceptance.run.standing import DEFAULT_PROFILE, settings_of, standing
from acceptance.run.tenancy import Tenancy, await_silence
from acceptance.waiting.errors import DriverError
from acceptance.waiting.waits import ClaimFailed

log = logging.getLogger("sweep")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if nothing is left, 1 if something is, 2 if profile or deployment cannot be used, or a run has it."""
    parser = argparse.ArgumentParser(prog="python -m acceptance sweep", description=__doc__)
    parser.add_argument("profile", nargs="?", type=Path, default=DEFAULT_PROFILE)
    parser.add_argument("-D", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--run", help="only this run's id, and the client of the request's example")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    run = new_run_id()
    try:
        platform = standing(options.profile, settings_of(options.settings), run)
        platform.check_account()
        await_silence(platform)
        tenancy = Tenancy(platform, f"{run} (sweep)").begin()
        try:
            found = clear_away(platform, Mark(platform.profile.suite.client_prefix, options.run), _say)
        finally:
            tenancy.end()
    except ClaimFailed as failure:
        log.error("%s", mask(str(failure)))  # noqa: TRY400 - the message tells it all
        return 1
    except DriverError as failure:
        log.error("%s", mask(str(failure)))  # noqa: TRY400 - the message tells it all
        return 2
    _say(str(found))
    return 0


def _say(line: str) -> None:
    log.info("%s", mask(line))
