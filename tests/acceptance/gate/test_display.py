"""What is shown while a run goes on: from what the worker tells to the lines a person sees."""

from __future__ import annotations

import io
import json
import math
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from acceptance.gate.display import LiveScreen, Plain, doing, screen, time_left
from acceptance.gate.partition import BOOT_S, Unit
from acceptance.gate.progress import Ended, EventFile, Progress
from acceptance.gate.worker import LEAST_S, Worker
from acceptance.results.run_folder import LOG, PROJECT
from acceptance.results.verdict import SelectedScenario
from tests.acceptance.gate.small_project import MakeProject, feature


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that a test sets, of both kinds of clock."""
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


class StillWorker(Worker):
    """A worker without a process; it has been at work for a minute."""

    seconds = 60.0


def worker(folder: Path, *events: dict[str, object]) -> Worker:
    """A worker that has told this."""
    unit = Unit(1, (SelectedScenario("One", None, "first", "one.feature", 3, ()),), (7.0,), whole=True)
    (folder / LOG).write_text("sandbox: installing what the site pins\n")
    found = StillWorker(unit, folder)
    for event in events:
        found.progress.see(event)
    return found


FAILS = "it fails: Then it fails; Given all is well"

FEATURE = {"event": "feature", "at": 985.0}
SCENARIO = {"event": "scenario", "at": 990.0, "name": "it wakes", "location": "one.feature:3"}
STEP = {"event": "step", "at": 990.0, "text": "Then it is live"}
OVER = {"event": "steps_over", "at": 990.0}
WAIT = {"event": "waiting", "at": 995.0, "what": "the preview", "since": 994.0}


NEXT = {"event": "scenario", "at": 999.0, "name": "it sleeps", "location": "one.feature:9"}
ENDED = {
    "event": "ended",
    "name": "it wakes",
    "location": "one.feature:3",
    "status": "passed",
    "seconds": 9.0,
}


@pytest.mark.parametrize(
    ("events", "left_s"),
    [
        ([], BOOT_S + 12.0),
        ([FEATURE], 12.0),
        ([FEATURE, {**SCENARIO, "at": 998.0}], 5.0 + 5.0),
        ([FEATURE, {**SCENARIO, "at": 900.0}], LEAST_S + 5.0),
        ([FEATURE, SCENARIO, OVER], 5.0),
        ([FEATURE, SCENARIO, ENDED], 5.0),
        ([FEATURE, SCENARIO, ENDED, NEXT], 4.0),
        ([FEATURE, SCENARIO, ENDED, NEXT, OVER], 0.0),
    ],
)
@pytest.mark.usefixtures("now")
def test_how_long_a_worker_will_take_follows_from_how_long_its_scenarios_took(
    tmp_path: Path, events: list[dict[str, object]], left_s: float
) -> None:
    wanted = tuple(
        SelectedScenario("One", None, name, "one.feature", line, ()) for name, line in (("a", 3), ("b", 9))
    )
    found = StillWorker(Unit(1, wanted, (7.0, 5.0), whole=True), tmp_path)
    for event in events:
        found.progress.see(event)
    assert found.left_s(time.time()) == left_s


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        ([], "sandbox: installing what the site pins"),
        ([FEATURE, SCENARIO, STEP], "Then it is live, in: it wakes (10 s)"),
        ([FEATURE, SCENARIO, STEP, WAIT], "waiting for the preview (6 s), in: it wakes (10 s)"),
        (
            [FEATURE, SCENARIO, STEP, WAIT, {**WAIT, "what": None, "since": None}],
            "Then it is live, in: it wakes (10 s)",
        ),
        ([FEATURE, SCENARIO, STEP, WAIT, {**STEP, "text": "And more"}], "And more, in: it wakes (10 s)"),
        (
            [FEATURE, SCENARIO, STEP, {"event": "never heard of", "at": 1}],
            "Then it is live, in: it wakes (10 s)",
        ),
    ],
)
@pytest.mark.usefixtures("now")
def test_a_workers_line_says_what_it_is_at(
    tmp_path: Path, events: list[dict[str, object]], shown: str
) -> None:
    assert doing(worker(tmp_path, *events)) == shown


def test_a_worker_that_is_kept_says_so(tmp_path: Path) -> None:
    kept = worker(tmp_path, FEATURE, {"event": "kept", "at": 999.0, "what": "{'preview_url': 'https://x'}"})
    assert doing(kept) == "kept for a look; Ctrl-C ends it"


def test_without_a_terminal_silence_is_broken_by_what_is_waited_for(tmp_path: Path, now: list[float]) -> None:
    out = io.StringIO()
    plain = Plain(out, 2)
    busy = [worker(tmp_path, FEATURE, SCENARIO, STEP, WAIT)]
    for _ in range(100):
        now[0] += 1
        plain.show(busy, waiting=[busy[0].unit])
    lines = out.getvalue().splitlines()
    assert len(lines) == 3, "one each 30 s"
    assert (
        lines[0] == "... One: waiting for the preview (36 s), in: it wakes (40 s); 1 feature not yet started"
    )


def test_on_a_terminal_each_worker_has_a_line_that_is_drawn_anew(tmp_path: Path, now: list[float]) -> None:
    out = io.StringIO()
    live = LiveScreen(Console(file=out, force_terminal=True, width=40, highlight=False), 2)
    busy = worker(tmp_path, FEATURE, SCENARIO, STEP, WAIT)
    for _ in range(4):
        now[0] += 0.2
        live.show([busy], waiting=())
    drawn = out.getvalue()
    assert drawn.count("waiting for") == 2, "twice a second at most"
    assert "it wakes" not in drawn, "a line never wraps"
    assert "    60 s \x1b[1mOne" in drawn, "nor is how long it takes cut off"
    assert "\x1b[1A" in drawn
    busy.progress.see(
        {"event": "ended", "name": "it wakes", "location": "x:3", "status": "failed", "seconds": 9}
    )
    live.ended(busy.progress.ended[0])
    live.show([], waiting=())
    assert "failed" in out.getvalue()
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l"), "the cursor is back"


@pytest.mark.parametrize("width", [60, 80])
def test_a_line_that_is_finished_is_cut_and_does_not_wrap(tmp_path: Path, width: int) -> None:
    out = io.StringIO()
    live = LiveScreen(Console(file=out, force_terminal=True, width=width, highlight=False), 179)
    name = "A scenario whose name is much longer than what is left of a line of eighty columns"
    live.ended(Ended(name, "x:3", "passed", 2.6))
    live.started(named(tmp_path, name))
    assert len(out.getvalue().splitlines()) == 2


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.usefixtures("now")
def test_nothing_wraps_and_the_wait_and_the_time_left_are_to_be_seen(tmp_path: Path, width: int) -> None:
    out = io.StringIO()
    live = LiveScreen(Console(file=out, force_terminal=True, width=width, highlight=False), 235)
    long = {**WAIT, "what": "the preview to be live, with its change"}
    busy = worker(tmp_path, FEATURE, SCENARIO, STEP, long)
    live.show([busy, busy], waiting=[busy.unit] * 3)
    drawn = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", out.getvalue()).replace("\r", "").splitlines()
    shown = [line.rstrip() for line in drawn if line.strip()]
    assert (len(shown), max(map(len, shown)) <= width) == (3, True), "a line for each worker, one for the run"
    assert all("waiting for the preview" in line for line in shown[:2])
    assert f"0 of 235 ended, {time_left([busy, busy], [busy.unit] * 3)}" in " ".join(shown[2].split())
    live.show([], waiting=())


def test_the_time_left_counts_what_waits_for_its_turn(tmp_path: Path, now: list[float]) -> None:
    busy = worker(tmp_path, FEATURE)
    one, left = busy.unit.total_s, busy.left_s(now[0])
    for running, waiting, seconds in ((0, 0, 0.0), (1, 0, left), (2, 2, left + one), (1, 4, left + 4 * one)):
        told = f"about {math.ceil(seconds / 10) * 10} s left"
        assert time_left([busy] * running, [busy.unit] * waiting) == told
    assert time_left([busy], [busy.unit] * 10).startswith("about 1 min ")


def named(folder: Path, name: str) -> Worker:
    """A worker over a feature of this name."""
    return StillWorker(
        Unit(1, (SelectedScenario(name, None, "first", "one.feature", 3, ()),), (7.0,), whole=True), folder
    )


def test_the_screen_is_live_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(screen(Terminal(), 1), LiveScreen)
    assert isinstance(screen(io.StringIO(), 1), Plain)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(screen(Terminal(), 1), Plain)


def test_events_are_read_once_and_never_by_halves(tmp_path: Path) -> None:
    path = tmp_path / "live.ndjson"
    events = EventFile(path)
    assert list(events.new()) == []
    path.write_text('{"event": "a"}\n{"ev')
    assert list(events.new()) == [{"event": "a"}]
    with path.open("a") as file:
        file.write('ent": "b"}\n')
    assert list(events.new()) == [{"event": "b"}]
    assert list(events.new()) == []


def test_a_scenario_counts_as_over_once_its_steps_are() -> None:
    progress = Progress()
    progress.see(SCENARIO)
    assert progress.over == 0
    progress.see(OVER)
    assert progress.over == 1
    progress.see({"event": "ended", "name": "x", "location": "x:3", "status": "passed", "seconds": 1})
    assert progress.over == 1


def test_behave_tells_what_goes_on_as_it_happens(project: MakeProject) -> None:
    made = project(
        one=feature(
            "One",
            "it waits: Given all is well; When it waits a moment",
            "it fails: Then it fails; Given all is well",
        ),
    )
    ran = made.run()
    text = (ran.folder / "workers" / "1" / "live.ndjson").read_text(encoding="utf-8")
    told = [{k: v for k, v in json.loads(line).items() if k != "at"} for line in text.splitlines()]
    waits = [event for event in told if event["event"] == "waiting"]
    assert [event["what"] for event in waits][:1] == ["a moment"]
    assert [event for event in told if event["event"] != "waiting"] == [
        {"event": "begun"},
        {"event": "feature", "name": "One", "file": "features/one.feature"},
        {
            "event": "scenario",
            "name": "it waits",
            "location": "features/one.feature:5",
            "rule": "the rule of One",
        },
        {"event": "step", "text": "Given all is well"},
        {"event": "step", "text": "When it waits a moment"},
        {"event": "steps_over"},
        ended("it waits", 5, "passed", told),
        {
            "event": "scenario",
            "name": "it fails",
            "location": "features/one.feature:9",
            "rule": "the rule of One",
        },
        {"event": "step", "text": "Then it fails"},
        {"event": "steps_over"},
        ended("it fails", 9, "failed", told),
        {"event": "feature_ended"},
        {"event": "closed"},
    ]


def ended(name: str, line: int, status: str, told: list[dict[str, object]]) -> dict[str, object]:
    """The event of a scenario that ended, its seconds as they were told."""
    found = next(event for event in told if event["event"] == "ended" and event["name"] == name)
    location = f"features/one.feature:{line}"
    return {
        "event": "ended",
        "name": name,
        "location": location,
        "status": status,
        "seconds": found["seconds"],
    }


def test_behave_lists_the_projects_formatters() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "behave", "--format", "help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    usable, _, broken = said.partition("UNAVAILABLE")
    assert broken == ""
    for name in ("live", "messages", "html"):
        assert f"\n  {name} " in usable
