"""A time line is read as it was written, without what is secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.results.json_file import Unreadable
from acceptance.results.run_folder import TRACE_FILE
from acceptance.results.scenario_trace import TOLD, TraceHead, read_traces, write_trace
from acceptance.waiting.trace import LONGEST, Lane, TraceEvent

HEAD = TraceHead("Cold start", "It wakes", "features/1.feature:3", "failed", 2)
KEY = "AKIAIOSFODNN7EXAMPLE"


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    events = (
        TraceEvent(0.12345, 1.5, Lane.REQUESTS, "GET /", "", "503", False, 7),
        TraceEvent(1.0, 0.0, Lane.TASKS, "edit", "", "desired 1"),
    )
    write_trace(tmp_path / "it_wakes", HEAD, events)
    (found,) = read_traces(tmp_path)
    assert (found.folder, found.head) == ("it_wakes", HEAD)
    assert found.events == (TraceEvent(0.123, 1.5, Lane.REQUESTS, "GET /", "", "503", False, 7), events[1])


def test_nothing_secret_is_written_nor_half_of_it(tmp_path: Path) -> None:
    cut = ("x" * (LONGEST - 10) + KEY)[:LONGEST]
    write_trace(
        tmp_path / "a", HEAD, [TraceEvent(0.0, 0.0, Lane.AWS, f"GET /?token={KEY}", f"key {KEY}", cut)]
    )
    written = (tmp_path / "a" / TRACE_FILE).read_text(encoding="utf-8")
    assert KEY[:10] not in written, "of an id the first eight letters stay"
    (found,) = read_traces(tmp_path)
    assert len(found.events[0].outcome) == TOLD


def test_what_is_no_time_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / TRACE_FILE).write_text("{}\n", encoding="utf-8")
    with pytest.raises(Unreadable, match=f"a/{TRACE_FILE} cannot be read: .*feature"):
        list(read_traces(tmp_path))
