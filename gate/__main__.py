"""`python -m gate`: run the features and judge; `python -m gate merge`: judge the runs of all shards as one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from drivers.errors import ConfigurationError
from gate.note import NoNote
from gate.options import MergeOptions, parse
from gate.run import merge, run
from gate.selection import SelectionError
from gate.verdict import Code


def main(arguments: Sequence[str]) -> int:
    """The exit code (`--help` lists them)."""
    options = parse(arguments)
    try:
        return merge(options) if isinstance(options, MergeOptions) else run(options)
    except KeyboardInterrupt:
        return Code.INTERRUPTED
    except (SelectionError, ConfigurationError, NoNote) as error:
        sys.stderr.write(f"{error}\n")
        return Code.NOT_JUDGED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
