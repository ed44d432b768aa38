"""What a failed scenario leaves in its folder and shows in the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from acceptance.drivers.aws import Clients
from acceptance.drivers.browser.chromium import NoBrowser
from acceptance.drivers.browser.page import BrowserPage
from acceptance.drivers.logs import ServiceLogs
from acceptance.journeys.timeline import Stage, Timeline
from acceptance.results.run_folder import slug
from acceptance.run.evidence import LEAST, ROOM, SHOWN, Evidence, Exhibit
from acceptance.waiting.errors import Unreachable
from tests.acceptance.run.test_clear_away import record


class Source:
    """Stands for every driver that evidence reads; what it is not given cannot be read."""

    def __init__(self, **known: Any) -> None:
        self._known = known

    def __getattr__(self, name: str) -> Any:
        def read_it(*_args: Any, **_kwargs: Any) -> Any:
            if name not in self._known:
                raise Unreachable(f"{name} does not answer")
            return self._known[name]

        return read_it


@pytest.fixture
def exhibits(tmp_path: Path) -> Mapping[str, Exhibit]:
    """What is collected where records and rules can be read and nothing else, by file name."""
    platform: Any = SimpleNamespace(
        records=Source(get=record("s-1", "failed")),
        fleet=Source(),
        balancer=Source(routing={"note": '{"password": "abcdefgh"}', "Cookie": 'a="b c"; d=e'}),
        logs=ServiceLogs(cast(Clients, Source()), ("/ecs/edit",)),
    )
    timeline = Timeline()
    timeline.mark(Stage.ASKED)
    evidence = Evidence(tmp_path / "run2", platform)
    found = evidence.collect(
        "Cold start: it's live!",
        since=datetime.now(UTC),
        message="not live; token=abcdefgh",
        sessions={"s-1": timeline},
    )
    return {exhibit.file.name: exhibit for exhibit in found}


def test_each_piece_lies_in_the_scenarios_folder_as_it_is_shown(
    exhibits: Mapping[str, Exhibit], tmp_path: Path
) -> None:
    folder = tmp_path / "run2" / "cold_start_it_s_live"
    assert {file.name for file in folder.iterdir()} == {"failure.txt", *exhibits}
    for exhibit in exhibits.values():
        assert exhibit.file.read_text(encoding="utf-8") == exhibit.text
    assert (folder / "failure.txt").read_text(encoding="utf-8") == "not live; token=***\n"
    assert json.loads(exhibits["records.txt"].text)["s-1"]["status"] == "failed"
    assert "asked 0.0 s; never: on record" in exhibits["timelines.txt"].text


def test_a_source_that_cannot_be_read_says_so_and_hides_no_other(exhibits: Mapping[str, Exhibit]) -> None:
    assert exhibits["fleet.txt"].text == "could not be read: Unreachable: state does not answer\n"
    assert json.loads(exhibits["targets.txt"].text) == {
        "s-1": "could not be read: Unreachable: targets_of does not answer"
    }
    assert exhibits["log-ecs_edit.txt"].text.startswith("could not be read")


def test_what_is_secret_stays_so_inside_json(exhibits: Mapping[str, Exhibit]) -> None:
    assert json.loads(exhibits["routing.txt"].text) == {"note": '{"password": "***"}', "Cookie": "***"}


def test_the_titles_say_what_there_is_to_see(exhibits: Mapping[str, Exhibit]) -> None:
    assert exhibits["edit-tasks.txt"].title == "Tasks of Edit, with stopped reasons"
    assert exhibits["log-ecs_edit.txt"].title == "Last lines of the log /ecs/edit"
    assert len({exhibit.title for exhibit in exhibits.values()}) == len(exhibits)


def test_of_a_long_piece_the_end_is_shown_and_where_the_rest_lies(tmp_path: Path) -> None:
    file = tmp_path / "scenario" / "log.txt"
    assert Exhibit("Log", file, "x" * SHOWN).shown() == "x" * SHOWN
    shown = Exhibit("Log", file, "first" + "x" * SHOWN).shown()
    assert shown == "... 5 characters before this are in scenario/log.txt\n" + "x" * SHOWN


def test_a_report_of_many_failures_shows_less_of_each(tmp_path: Path) -> None:
    nothing: Any = None
    evidence = Evidence(tmp_path / "run", nothing)
    long = Exhibit("Log", tmp_path / "scenario" / "log.txt", "x" * SHOWN)
    lengths = [len(evidence.shown(long)) for _ in range(ROOM // SHOWN + 50)]
    assert lengths[0] == SHOWN
    assert lengths[-1] < 2 * LEAST
    assert sum(lengths) < ROOM + 200_000


def test_a_page_in_a_real_browser_is_pictured_and_one_that_cannot_be_says_why(
    tmp_path: Path, exhibits: Mapping[str, Exhibit]
) -> None:
    nothing: Any = None
    evidence = Evidence(tmp_path / "run2", nothing)
    folder = next(iter(exhibits.values())).file.parent

    def gone() -> bytes:
        raise NoBrowser("no picture by Chromium")

    pages = [
        BrowserPage("https://x/session/s-1/", lambda: None, lambda: b"a picture"),
        BrowserPage("https://x/session/s-2/", lambda: None, gone),
    ]
    found = list(evidence.screenshots("Cold start: it's live!", pages))
    assert found == [("The page https://x/session/s-1/", b"a picture")]
    assert (folder / "page-1.png").read_bytes() == b"a picture"
    assert (folder / "page-2.txt").read_text() == "could not be read: NoBrowser: no picture by Chromium\n"


def test_slugs_are_file_names() -> None:
    assert slug("Überall / 3 sessions -- at once") == "berall_3_sessions_at_once"
    assert slug("???") == "unnamed"
