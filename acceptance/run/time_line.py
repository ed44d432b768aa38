"""Keeps the time line of a scenario that did not pass, or of each where that was asked for."""

from __future__ import annotations

from pathlib import Path

from acceptance.results.ledger import Ledger
from acceptance.results.run_folder import Traced
from acceptance.results.scenario_trace import TraceHead, write_trace
from acceptance.waiting.trace import TRACE


def keep_time_line(folder: Path, location: str, ledger: Ledger, traced: Traced) -> None:
    """Write it if it is to be kept: the last thing of a scenario, whose cleanups belong to it, too.

    Args:
        folder: of its evidence.
        location: `file:line`; a scenario without a result, as one that was left out, has no time line.
        ledger: says how it ended.
    """
    events = TRACE.end()
    result = next((one for one in ledger.scenarios[-1:] if one.location == location), None)
    if result is None or not events:
        return
    if result.broken or result.unseen or traced is Traced.ALL:
        head = TraceHead(result.feature, result.name, location, result.status, TRACE.left_out)
        write_trace(folder, head, events)
