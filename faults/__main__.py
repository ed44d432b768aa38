"""Breaks the platform and sees who notices: `python -m faults COMMAND ...`; each command has a `--help` of its own."""

from __future__ import annotations

if __name__ == "__main__":
    import acceptance.early  # noqa: F401 - see there

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

USAGE = """\
usage: python -m faults COMMAND ...

  run      run each fault against the scenarios that must notice it (`make faults`)
  mutate   change the platform's sources at random, and see who notices
  soak     run the features over the sound platform again and again
  list     the faults, and the scenarios that they name
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every fault was caught; 1 if one was missed, caught elsewhere only or did not take hold; 2 if the request
    means nothing; 130 if it was interrupted.
    """
    os.chdir(Path(__file__).resolve().parents[1])
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ("",)
    if command in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0
    if command not in COMMANDS:
        sys.stderr.write(USAGE)
        return 2
    return COMMANDS[command](rest)


# What a command stands on is loaded for it alone.


def _run(arguments: Sequence[str]) -> int:
    from faults.run_command import main as run

    return run(arguments)


def _mutate(arguments: Sequence[str]) -> int:
    from faults.random_mutants.mutate_command import main as mutate

    return mutate(arguments)


def _soak(arguments: Sequence[str]) -> int:
    from faults.soak_command import main as soak

    return soak(arguments)


def _list(arguments: Sequence[str]) -> int:
    from faults.run_command import listed

    return listed(arguments)


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "run": _run,
    "mutate": _mutate,
    "soak": _soak,
    "list": _list,
}


if __name__ == "__main__":
    sys.exit(main())
