"""`python -m sandbox`: see `sandbox.command_line`."""

import gc
import os
import sys

from sandbox.surroundings import leave_outside

# What is loaded and provisioned first stays for good, and is much: looking through it for garbage would take a third of
# the start. `up` turns the collector on once everything stands.
gc.disable()

leave_outside(os.environ)

from sandbox.command_line import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
