"""The tests' own house rules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """The tests' folders lie in one that goes with the run; pytest's own would stay in the temporary folder."""
    if config.option.basetemp is not None:
        return (yield)
    # Short: sockets lie below it, and their paths have a limit of about 100 characters.
    with tempfile.TemporaryDirectory(prefix="t-", ignore_cleanup_errors=True) as folder:
        config.option.basetemp = Path(folder) / "p"
        return (yield)
