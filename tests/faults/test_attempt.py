"""One behave against one platform: ended once it has shown enough, when its time is over, or when that is wanted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from acceptance.gate.selection import select
from acceptance.results.run_folder import PROJECT
from acceptance.results.run_results import Results
from faults.attempt import Attempt, Ending, NotBegun
from tests.acceptance.gate.small_project import SmallProject, feature

ENDLESS = "@criterion.routing It takes long: When it waits for ever"
FAILS = "@criterion.routing It fails: Given all is well; Then it fails"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project of one scenario that fails and one that takes a minute."""
    monkeypatch.chdir(SmallProject.of(tmp_path, {"one": feature("One", FAILS, ENDLESS)}).folder)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))


def attempt(limit_s: float = 50.0) -> Attempt:
    """Of all the scenarios there are."""
    return Attempt(select(()).scenarios, ("python", "-m", "none", "{ready}"), Path("reports", "it"), limit_s)


def statuses(results: Results) -> list[str]:
    return [result.status for result in results.scenarios]


def never(results: Results) -> bool:
    del results
    return False


def test_it_ends_with_what_is_enough() -> None:
    seen = attempt().run(lambda results: "failed" in statuses(results), Ending())
    assert (statuses(seen.results)[0], seen.began, seen.cut, seen.late) == ("failed", True, False, False)
    assert seen.seconds < 40


def test_it_ends_when_its_time_is_over() -> None:
    seen = attempt(limit_s=3.0).run(never, Ending())
    assert (seen.late, seen.cut) == (True, False)


def test_it_is_cut_when_its_end_is_wanted() -> None:
    ending = Ending()
    threading.Timer(3.0, ending.asked.set).start()
    seen = attempt().run(never, ending)
    assert (seen.late, seen.cut) == (False, True)


def test_one_that_comes_to_its_own_end_is_neither_late_nor_cut(tmp_path: Path) -> None:
    (tmp_path / "features" / "one.feature").write_text(feature("One", FAILS), encoding="utf-8")
    seen = attempt().run(never, Ending())
    assert (statuses(seen.results), seen.late, seen.cut) == (["failed"], False, False)


def test_a_platform_that_does_not_come_up_is_told(tmp_path: Path) -> None:
    log = "from pathlib import Path\nPath('reports/it/deployment.log').touch()\n"
    (tmp_path / "environment.py").write_text(
        f"{log}raise RuntimeError('no platform today')", encoding="utf-8"
    )
    seen = attempt().run(never, Ending())
    assert not seen.began
    assert "no platform today" in seen.tail


def test_where_behave_refuses_nothing_is_said_of_a_platform(tmp_path: Path) -> None:
    begun = attempt()
    (tmp_path / "environment.py").write_text("raise RuntimeError('not so')", encoding="utf-8")
    with pytest.raises(NotBegun, match="not so"):
        begun.run(never, Ending())
