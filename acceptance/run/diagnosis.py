"""Tells what is wrong with a deployment: `python -m acceptance doctor [profile] [-D key=value]...`.

It reads and changes nothing. A sandbox must run already, and is named by `-D sandbox=URL`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from acceptance.doctor.beyond import unclaimed
from acceptance.doctor.checklist import checklist
from acceptance.doctor.examination import examine, from_problem
from acceptance.doctor.finding import Finding
from acceptance.results.masking import mask
from acceptance.results.text import counted
from acceptance.run.standing import DEFAULT_PROFILE, settings_of, standing
from acceptance.waiting.errors import ConfigurationError, DriverError


def diagnose(source: Path, settings: Mapping[str, str]) -> tuple[Finding, ...]:
    """All that is wrong with a profile, or else with its deployment; `settings` as in `standing`."""
    try:
        platform = standing(source, settings)
    except ConfigurationError as wrong:
        return tuple(map(from_problem, wrong.problems))
    except DriverError as failure:
        return (
            Finding(str(failure), "name what is there: a sandbox that runs, a profile of AWS's, a PEM file"),
        )
    return examine(checklist(platform))


def beyond(source: Path, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Which capabilities a deployment that nothing is wrong with has, too, though its profile does not claim them."""
    return unclaimed(standing(source, settings))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if nothing is wrong, 2 with findings."""
    parser = argparse.ArgumentParser(prog="python -m acceptance doctor", description=__doc__)
    parser.add_argument("profile", nargs="?", type=Path, default=DEFAULT_PROFILE)
    parser.add_argument("-D", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    found = diagnose(options.profile, settings_of(options.settings))
    told = counted(len(found), "finding") if found else "nothing is wrong"
    lines = [
        f"{options.profile}: {told} ({time.monotonic() - began:.1f} s)",
        *(f"  - {one}" for one in found),
    ]
    if not found and (more := beyond(options.profile, settings_of(options.settings))):
        lines.append(
            f"It also seems to offer {', '.join(more)}: what supports.extended does not list is not judged."
        )
    sys.stdout.write("".join(f"{mask(line)}\n" for line in lines))
    return 2 if found else 0
