"""Starts one part of the platform with a fault in it: `python -m faults.broken FAULT MODULE [ARGUMENT ...]`.

`python -m faults.broken FAULT sandbox up ...` starts a whole sandbox in which the part that the fault names is
started through this module again, so that the fault is applied where the part runs.
"""

from __future__ import annotations

import dataclasses
import runpy
import sys

from faults.catalogue import FAULTS, Fault


def break_images(fault: Fault) -> None:
    """Make the sandbox of this process start the broken part in place of the sound one."""
    from sandbox import settings

    part = fault.part
    python, _, module, *rest = getattr(settings.Images(), part)
    broken = (python, "-m", "faults.broken", fault.name, module, *rest)
    sound = settings.IMAGES
    settings.IMAGES = dataclasses.replace(sound, **{part: broken})


def main() -> None:
    """Apply the fault named first, then run the module named second as `python -m` would."""
    fault, module = FAULTS[sys.argv[1]], sys.argv[2]
    sys.argv = sys.argv[2:]
    if module == "sandbox" and fault.part != "sandbox":
        break_images(fault)
    else:
        fault.apply()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
