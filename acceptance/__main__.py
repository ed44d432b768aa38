"""`python -m acceptance COMMAND ...`: the one command line of the suite; each command has a `--help` of its own."""

from __future__ import annotations

if __name__ == "__main__":
    import acceptance.early  # noqa: F401 - see there

import sys
from collections.abc import Callable, Mapping, Sequence

USAGE = """\
usage: python -m acceptance COMMAND ...

  run      run the features, each in a process with a platform of its own, and judge (`make accept`)
  merge    merge the runs of all shards and give the one verdict (`make report`)
  report   make the page of a run's folder once more
  bench    measure what suite and platform cost (`make bench`)
  sweep    clear away what a killed run left in a deployment
  doctor   tell what is wrong with a deployment before anything is begun on it
"""


def main(arguments: Sequence[str]) -> int:
    """The exit code of the command; 2, with the usage told, if there is no such command."""
    command, *rest = arguments or ("",)
    if command in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0
    if command not in COMMANDS:
        sys.stderr.write(USAGE)
        return 2
    return COMMANDS[command](rest)


# What a command stands on is loaded for it alone: the gate needs no drivers, the report no boto3.


def _run(arguments: Sequence[str]) -> int:
    from acceptance.gate.command_line import main as gate
    from acceptance.run.fitness import alone, unfit

    return gate(arguments, unfit=unfit, alone=alone)


def _merge(arguments: Sequence[str]) -> int:
    return _run(["merge", *arguments])


def _report(arguments: Sequence[str]) -> int:
    from acceptance.report.command_line import main as report

    return report(arguments)


def _bench(arguments: Sequence[str]) -> int:
    from acceptance.bench.command_line import main as bench

    return bench(arguments)


def _sweep(arguments: Sequence[str]) -> int:
    from acceptance.run.sweep import main as sweep

    return sweep(arguments)


def _doctor(arguments: Sequence[str]) -> int:
    from acceptance.run.diagnosis import main as doctor

    return doctor(arguments)


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "run": _run,
    "merge": _merge,
    "report": _report,
    "bench": _bench,
    "sweep": _sweep,
    "doctor": _doctor,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
