"""Imported first: Ctrl-C while the rest is still loaded ends the process with a sentence and 130, not with a traceback.

Whoever has loaded everything gives SIGINT another handler.
"""

from __future__ import annotations

import os
import signal


def _end_at_once(_number: int, _frame: object) -> None:
    os.write(2, b"INTERRUPTED: nothing had begun.\n")
    os._exit(130)


# What is ignored was started in the background, and is to stay so.
if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
    signal.signal(signal.SIGINT, _end_at_once)
