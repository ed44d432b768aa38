"""Runs a module of another copy of the project: `python -m faults.random_mutants.elsewhere FOLDER MODULE [ARG ...]`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Become `python -m MODULE` in that folder, which is then the first place where modules are looked for."""
    folder, *rest = sys.argv[1:]
    os.chdir(folder)
    os.execv(sys.executable, [sys.executable, "-m", *rest])


if __name__ == "__main__":
    main()
