"""The matrix: the order of the faults, how each ends, and that what has ended is kept when the run is told to end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from acceptance.gate.worker_pool import Interruption
from acceptance.results.run_results import Results, ScenarioResult
from acceptance.results.verdict import SelectedScenario
from faults.attempt import Attempt, Ending, Enough, Seen
from faults.matrix import Matrix, summary
from faults.noticed import Outcome
from faults.record import Row
from faults.registry import Fault

WORKS, STARTS = (
    SelectedScenario("It", None, name, "features/it.feature", line, ())
    for line, name in enumerate(("It works", "It starts"), 1)
)


def fault(name: str, caught_by: str = "It works") -> Fault:
    return Fault(name, "It is broken.", "hermes", (caught_by,), lambda: None)


def entry(name: str, status: str) -> ScenarioResult:
    return ScenarioResult("It", name, "it.feature:1", (), status, 1.0, "Then", "then", "no")


def known(name: str, seconds: float) -> Row:
    return Row(name, Outcome.CAUGHT, "It works", "Then", "no", (), "", seconds, "2026-01-01T00:00:00Z", "r0")


class Platform:
    """In place of behave: each attempt finds what `shows` says of the fault; those in `dead` never run their code."""

    def __init__(self, shows: Callable[[str], list[ScenarioResult]], dead: tuple[str, ...] = ()) -> None:
        self.shows, self.dead = shows, dead
        self.attempts: list[Attempt] = []
        self.cut = False
        self.late = False
        self.began = True

    def __call__(self, attempt: Attempt, enough: Enough, ending: Ending) -> Seen:
        self.attempts.append(attempt)
        at = attempt.command.index("--mark")
        mark, name = Path(attempt.command[at + 1]), attempt.command[at + 2]
        if name not in self.dead:
            mark.write_text("ran\n", encoding="utf-8")
        found = self.shows(name)
        results = Results(tuple(found))
        self.enough = enough(results)
        cut = self.cut or ending.asked.is_set()
        return Seen(results, 12.0, self.began, self.late, cut, "the log's end")


@pytest.fixture
def kept() -> list[Row]:
    return []


def matrix(
    tmp_path: Path,
    platform: Platform,
    kept: list[Row],
    *,
    whole: bool = False,
    before: Mapping[str, Row] = MappingProxyType({}),
) -> Matrix:
    """One that runs a fault at a time, and tells nobody."""
    return Matrix((WORKS, STARTS), before, "r1", whole, 1, lambda _: None, kept.append, tmp_path, platform)


def test_a_fault_runs_with_the_scenarios_it_names_until_one_notices(tmp_path: Path, kept: list[Row]) -> None:
    platform = Platform(lambda _: [entry("It works", "failed")])
    [row] = matrix(tmp_path, platform, kept).run([fault("one")], Interruption())
    assert (row.outcome, row.scenario, row.revision, row.seconds) == (Outcome.CAUGHT, "It works", "r1", 12.0)
    assert platform.attempts[0].scenarios == (WORKS,)
    assert platform.enough
    assert kept == [row]


def test_with_all_features_nothing_is_enough_and_others_are_told(tmp_path: Path, kept: list[Row]) -> None:
    platform = Platform(lambda _: [entry("It works", "passed"), entry("It starts", "failed")])
    [row] = matrix(tmp_path, platform, kept, whole=True).run([fault("one")], Interruption())
    assert (row.outcome, row.others) == (Outcome.ELSEWHERE, ("It starts",))
    assert platform.attempts[0].scenarios == (WORKS, STARTS)
    assert not platform.enough


def test_a_fault_that_patches_what_nobody_calls_did_not_take_hold(tmp_path: Path, kept: list[Row]) -> None:
    platform = Platform(lambda _: [entry("It works", "failed")], dead=("rotten",))
    rows = matrix(tmp_path, platform, kept).run([fault("rotten"), fault("alive")], Interruption())
    assert {row.name: row.outcome for row in rows} == {"rotten": Outcome.NOT_HELD, "alive": Outcome.CAUGHT}
    assert list(tmp_path.iterdir()) == []


def test_a_platform_that_does_not_start_shows_nothing(tmp_path: Path, kept: list[Row]) -> None:
    platform = Platform(lambda _: [])
    platform.began = False
    [row] = matrix(tmp_path, platform, kept).run([fault("one")], Interruption())
    assert row.outcome is Outcome.NOT_HELD
    assert "did not start:\nthe log's end" in row.why


def test_a_fault_that_takes_too_long_is_missed_and_says_so(tmp_path: Path, kept: list[Row]) -> None:
    platform = Platform(lambda _: [])
    platform.late = True
    [row] = matrix(tmp_path, platform, kept).run([fault("one")], Interruption())
    assert (row.outcome, row.why) == (Outcome.MISSED, "ended after 600 s")


def test_the_longest_comes_first(tmp_path: Path, kept: list[Row]) -> None:
    """One of which nothing is known is thought to take as long as most."""
    platform = Platform(lambda _: [entry("It works", "failed")])
    seconds = {"short": 5.0, "usual": 20.0, "long": 60.0}
    before = {name: known(name, s) for name, s in seconds.items()}
    faults = [fault(name) for name in ("short", "new", "usual", "long")]
    matrix(tmp_path, platform, kept, before=before).run(faults, Interruption())
    assert [attempt.folder.name for attempt in platform.attempts] == ["long", "new", "usual", "short"]


def test_what_has_ended_is_kept_when_the_run_is_told_to_end(tmp_path: Path, kept: list[Row]) -> None:
    """What runs then is cut, and nothing more begins."""
    interruption = Interruption(orphaned=lambda: False)
    sound = Platform(lambda _: [entry("It works", "failed")])

    def interrupted(attempt: Attempt, enough: Enough, ending: Ending) -> Seen:
        if attempt.folder.name == "b":
            interruption.times = 1
            ending.asked.wait(20)
        return sound(attempt, enough, ending)

    faults = [fault(name) for name in "abcdef"]
    rows = dataclasses.replace(matrix(tmp_path, sound, kept), attempt=interrupted).run(faults, interruption)
    assert [row.name for row in rows] == [row.name for row in kept] == ["a"]
    assert [attempt.folder.name for attempt in sound.attempts] == ["a", "b"]


def test_an_attempt_that_was_cut_says_nothing(tmp_path: Path, kept: list[Row]) -> None:
    platform = Platform(lambda _: [entry("It works", "failed")])
    platform.cut = True
    assert matrix(tmp_path, platform, kept).run([fault("one")], Interruption()) == kept == []


def test_the_last_line_counts_every_end() -> None:
    told = summary([known("a", 1.0), known("b", 1.0)], 90.0)
    assert told == ("2 faults in 1.5 min: 2 caught, 0 caught elsewhere only, 0 missed, 0 did not take hold")
