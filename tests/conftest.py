"""The tests' own house rules."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """The tests' folders lie in one that goes with the run; pytest's own would stay in the temporary folder.

    What tests start heeds the signals that they send, even where `nohup` or a `&` in a script has them ignored here:
    an ignored signal is inherited, one with a handler is not.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
    if config.option.basetemp is not None:
        return (yield)
    # Short: sockets lie below it, and their paths have a limit of about 100 characters.
    with tempfile.TemporaryDirectory(prefix="t-", ignore_cleanup_errors=True) as folder:
        config.option.basetemp = Path(folder) / "p"
        return (yield)
