"""Starts one part of the platform with a fault in it.

`python -m faults.broken [--mark FILE] FAULT MODULE [ARGUMENT ...]` runs a module as `python -m` would, broken.

`python -m faults.broken FAULT sandbox up ...` starts a whole sandbox in which the part that the fault names is
started through this module again, so that the fault is applied where the part runs. FILE is written once the fault has
taken hold: its own code has run, or the values that it changes are in place.
"""

from __future__ import annotations

import dataclasses
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from faults.marks import Mark, Marking
from faults.registry import Fault


def break_images(fault: Fault, options: Sequence[str] = ()) -> None:
    """Make the sandbox of this process start the broken part in place of the sound one."""
    from sandbox import settings

    part = fault.part
    python, _, module, *rest = getattr(settings.Images(), part)
    broken = (python, "-m", "faults.broken", *options, fault.name, module, *rest)
    sound = settings.IMAGES
    settings.IMAGES = dataclasses.replace(sound, **{part: broken})


def main() -> None:
    """Apply the fault, then run the module as `python -m` would."""
    arguments = sys.argv[1:]
    options = arguments[:2] if arguments[0] == "--mark" else []
    name, module, *_ = rest = arguments[len(options) :]
    mark = Mark(Path(options[1])) if options else None
    if mark is not None:
        Marking(mark).install()
    from faults.catalogue import FAULTS

    fault = FAULTS[name]
    sys.argv = rest[1:]
    if module == "sandbox" and fault.part != "sandbox":
        break_images(fault, options)
    else:
        _apply(fault, mark)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _apply(fault: Fault, mark: Mark | None) -> None:
    fault.apply()
    if mark is not None:
        mark.arm()
        if fault.values:
            mark.ran()


if __name__ == "__main__":
    main()
