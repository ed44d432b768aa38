"""`python -m acceptance run`: run the features and judge; `python -m acceptance merge`: judge the runs of all shards
as one.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from acceptance.outlet import speak_safely

NOT_JUDGED = 2
INTERRUPTED = 130


Unfit = Callable[[Mapping[str, str], str], Iterable[str]]
"""What to say of the platform that behave's `-D` values and the profile's path name, if no run can begin on it: the
gate cannot look for itself."""

Alone = Callable[[Mapping[str, str], str], AbstractContextManager[Sequence[str]]]
"""Has that platform to itself for the run while the block runs, and yields what each behave is told of that. Raises
DeploymentHeld if another run has it."""


def main(arguments: Sequence[str], *, unfit: Unfit, alone: Alone) -> int:
    """The exit code (`--help` lists them); never Python's own 1 for what fails in the gate itself."""
    speak_safely()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        return _command(arguments, unfit, alone)
    except KeyboardInterrupt:
        sys.stderr.write("INTERRUPTED: nothing was judged.\n")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - told here, with its traceback
        traceback.print_exception(error)
        sys.stderr.write(f"COULD NOT BE JUDGED: the gate itself failed: {type(error).__name__}: {error}\n")
        return NOT_JUDGED


def _command(arguments: Sequence[str], unfit: Unfit, alone: Alone) -> int:
    """Run or merge; what was asked for and cannot be done is told in a sentence."""
    # Imported late: Ctrl-C in the first second is to find somebody who heeds it.
    from acceptance.gate.alone import use_own_settings_only
    from acceptance.gate.mishaps import foreseen, told
    from acceptance.gate.options import MergeOptions, parse
    from acceptance.gate.run import merge, run
    from acceptance.gate.selection import SelectionError
    from acceptance.results.json_file import Unreadable
    from acceptance.waiting.errors import ConfigurationError, DeploymentHeld

    use_own_settings_only()
    options = parse(arguments)
    try:
        return merge(options) if isinstance(options, MergeOptions) else run(options, unfit, alone)
    except (SelectionError, ConfigurationError, DeploymentHeld, Unreadable) as error:
        sys.stderr.write(f"{error}\n")
    except Exception as error:
        if not foreseen(error):
            raise
        sys.stderr.write(f"COULD NOT BE JUDGED: {told(error)}\n")
    return NOT_JUDGED
