"""The pictures show what the results say, as text that can be read, and the same results draw the same picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from acceptance.report.history import Entry
from acceptance.report.picture import Picture
from acceptance.report.pictures import draw
from acceptance.report.pictures.canvas import shortened
from acceptance.report.pictures.strip import strips
from acceptance.report.pictures.tasks import task_counts
from acceptance.report.pictures.waterfall import waterfall
from acceptance.results.peaks import steps
from acceptance.results.run_results import Results, ScenarioResult, SessionTrace, TaskTrace

NOTHING = Results(())


def scenario(name: str, *, feature: str = "Cold start", at: float = 0.0, worker: str = "") -> ScenarioResult:
    return ScenarioResult(
        feature, name, "f:1", (), "passed", 5.0, rule="A <rule>", started_at=at, worker=worker
    )


def session(number: int, stages: dict[str, float], *, of: str = "wakes", worker: str = "") -> SessionTrace:
    return SessionTrace(f"s-{number}", "c", of, float(number), stages, number + 8.0, worker)


def task(role: str, started: float, stopped: float | None, worker: str = "") -> TaskTrace:
    return TaskTrace(role, f"{role}-{started}", started, stopped, worker)


def entry(run: str, name: str, status: str = "passed", seconds: float = 1.0) -> Entry:
    return Entry(run, "0a1b", False, 1.0, "Cold start", "A <rule>", name, "f:1", status, seconds)


def texts(picture: Picture) -> list[str]:
    """What can be read in a picture; ParseError when it is no XML."""
    return [
        "".join(node.itertext()) for node in ET.fromstring(picture.svg).iter() if node.tag.endswith("}text")
    ]


FULL = {"on record": 0.1, "task started": 0.9, "first 200": 3.2, "target healthy": 3.4, "HMR connected": 4.6}


def test_the_waterfall_shows_each_watched_session_and_how_long_it_took() -> None:
    results = Results(
        (scenario("wakes"), scenario("a crowd", feature="Together")),
        figures={"cold_start": [(4.6, 60.0)]},
        sessions=(
            session(1, FULL),
            session(2, {"HMR connected": 61.5}, of="a crowd"),
            session(3, {"first 200": 2.0}, of="a crowd"),
            session(4, {}),
        ),
    )
    picture = waterfall(results)
    assert picture is not None
    read = texts(picture)
    assert {
        "Cold start",
        "Together",
        "4.6 s",
        "61.5 s",
        "2.0 s",
        "of the 60 s budget",
        "task started",
    } <= set(read)
    assert (read.count("wakes"), read.count("a crowd")) == (1, 1)
    assert "3 sessions" in picture.caption
    assert "1 of them over the budget of 60 s; the longest took 61.5 s" in picture.caption
    assert picture.numbers is not None
    assert (picture.numbers.rows[0][0], picture.numbers.rows[0][-1]) == ("wakes", "4.6 s")
    assert max(picture.numbers.shares) == 1.0


def test_nothing_seen_is_no_picture(tmp_path: Path) -> None:
    assert waterfall(Results((), sessions=(session(1, {}),))) is None
    assert task_counts(NOTHING) is None
    assert list(strips(Results((scenario("x"),)), [])) == []
    assert draw(tmp_path, NOTHING, []) == []


def test_task_counts_are_steps_up_and_down() -> None:
    ran = [task("edit", 1.0, 5.0), task("edit", 2.0, 4.0), task("edit", 2.0, None)]
    assert steps(ran, 9.0) == ([1.0, 2.0, 4.0, 5.0, 9.0], [1, 3, 2, 1, 0])
    assert steps([], 9.0) == ([], [])


def test_tasks_of_platforms_side_by_side_are_never_added_up() -> None:
    ran = [task("edit", 1.0, 5.0, worker) for worker in ("1", "1", "2")]
    results = Results(
        (scenario("x", worker="1"), scenario("y", feature="Together", worker="2")),
        sessions=(session(1, {}, worker="1"), session(2, {}, worker="2")),
        tasks=(*ran, task("hermes", 0.0, None, "2")),
    )
    picture = task_counts(results)
    assert picture is not None
    assert "at most 2 Edit tasks of the 3 allowed" in picture.caption
    assert "on each of 2 platforms side by side" in picture.caption
    assert "2 sessions" in picture.caption
    read = texts(picture)
    assert {"Cold start", "Together", "at most 3"} <= set(read)
    assert read.count("at most 3") == 2


def test_a_strip_marks_what_is_flaky_and_tells_the_last_time() -> None:
    history = [
        entry("r1", "steady", seconds=2.0),
        entry("r1", "shaky"),
        entry("r2", "steady", seconds=3.25),
        entry("r2", "shaky", "failed"),
    ]
    (picture,) = strips(Results((scenario("steady"), scenario("shaky"), scenario("new"))), history)
    read = [text.strip() for text in texts(picture)]
    assert {"A <rule>", "steady", "shaky", "new", "3.2 s"} <= set(read)
    assert read.count("01 Jan 00:00  0a1b") == 2, "a run is called by its date and revision"
    assert [text for text in read if "flaky" in text] == ["1.0 s   flaky"]
    assert picture.title == "Cold start: 1 flaky"
    assert "The last 2 runs" in picture.caption
    assert "both passed and failed on one revision: shaky." in picture.caption
    assert picture.numbers is not None
    assert picture.numbers.rows == [
        ("steady", "2 of 2", "passed", "3.2 s"),
        ("shaky", "1 of 2", "failed", "1.0 s"),
    ]


def test_a_hundred_sessions_and_two_hundred_scenarios_stay_readable_and_light(tmp_path: Path) -> None:
    names = [f"Scenario {number} of those there are -- @1.{number}" for number in range(180)]
    results = Results(
        tuple(scenario(name, at=number * 5.0) for number, name in enumerate(names)),
        sessions=tuple(session(number, FULL, of=names[number]) for number in range(100)),
        tasks=tuple(task("edit", number * 5.0, number * 5.0 + 4) for number in range(180)),
    )
    drawn = draw(tmp_path, results, [entry(f"r{run}", name) for run in range(20) for name in names])
    files = sorted(tmp_path.glob("*.svg"))
    assert [path.name for path in files] == [
        "01-cold-start-waterfall.svg", "02-tasks.svg", "03-last-runs-cold-start.svg",
    ]  # fmt: skip
    assert [picture.of_history for picture in drawn] == [False, False, True]
    for path in files:
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        assert path.stat().st_size < 500_000
        heights = [float(n.get("y", 0)) for n in root.iter() if n.tag.endswith("}text") and n.get("y")]
        assert all(0 <= y <= float(root.get("viewBox", "").split()[3]) for y in heights)
    rows = [node for node in ET.fromstring(drawn[0].svg).iter() if "@1." in (node.text or "")]
    assert len(rows) == 100


def _drawn(folder: Path, results: Results) -> str:
    """The one picture of them, as it lies in the folder."""
    draw(folder, results, [])
    (path,) = folder.glob("*.svg")
    return path.read_text(encoding="utf-8")


def test_pictures_are_the_same_for_the_same_results_hide_secrets_and_need_nothing_else(
    tmp_path: Path,
) -> None:
    results = Results(
        (scenario("wakes"),), sessions=(session(1, FULL), session(2, FULL, of="of 210987654321 alone"))
    )
    first, second = (_drawn(tmp_path / name, results) for name in "ab")
    assert first == second
    assert "210987654321" not in first
    assert "of *** alone" in first
    assert re.findall(r"(?:href|src)=\"(?!#)[^\"]+\"|url\((?!#)|@import", first) == []
    assert "prefers-color-scheme: dark" in first


def test_old_pictures_are_gone_when_new_ones_are_drawn(tmp_path: Path) -> None:
    draw(tmp_path, Results((scenario("wakes"),), sessions=(session(1, FULL),)), [])
    told = (tmp_path / "01-cold-start-waterfall.txt").read_text(encoding="utf-8").splitlines()
    assert told[0] == "Cold start: waking up, stage by stage"
    assert draw(tmp_path, NOTHING, []) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "length"), [("short", 5), ("a rather long sentence -- @1.12", 20)])
def test_a_cut_text_keeps_its_end(text: str, length: int) -> None:
    cut = shortened(text, length)
    assert len(cut) <= length
    assert cut.endswith(text[-4:])
