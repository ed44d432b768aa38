"""behave as a worker runs it: by this project's settings alone, whatever the person's own `~/.behaverc` says.

A formatter, tags or paths in it would change what is run and written, and the verdict would be about something else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from behave import configuration
from behave.__main__ import main

_FILES = configuration.config_filenames


def use_own_settings_only() -> None:
    """In this process behave reads the working folder's configuration and no other."""
    configuration.config_filenames = _of_the_project


def _of_the_project() -> Iterator[str]:
    """behave names the files that there are, those of the home folder first."""
    return (name for name in _FILES() if Path(name).parent == Path())


def argv(arguments: Sequence[str]) -> list[str]:
    """The command line of such a behave."""
    return [sys.executable, "-m", "acceptance.gate.alone", *arguments]


def become(arguments: Sequence[str]) -> NoReturn:
    """Such a behave takes this process's place, and with it the terminal."""
    sys.stdout.flush()
    os.execv(sys.executable, argv(arguments))


if __name__ == "__main__":
    use_own_settings_only()
    sys.exit(main(sys.argv[1:]))
