"""The rows and tables of docs/performance.md, and where they go."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.bench import page
from acceptance.bench.crowds import RULES, CrowdCost
from acceptance.bench.whole_runs import WholeRun
from acceptance.results.written_part import begin, end, lines

RUN = [
    WholeRun(240, True, 210.4, {"the suite": 50.0, "Envoy": 15.0}),
    WholeRun(240, True, 200.0, {"the suite": 48.0, "Envoy": 17.0, "all else": 1.0}),
    WholeRun(240, True, 260.0, {"the suite": 49.0, "Envoy": 16.0}),
]

CROWD = CrowdCost(
    4, 6.0, 2.5, {"Edit": 4.0, "Hermes": 2.0}, {"Edit": 240.0, "Hermes": 0.0}, rules=7, free_mb=9000.0, problem=None
)  # fmt: skip


@pytest.fixture(autouse=True)
def at_one_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "revision", lambda _folder, but: ("abc", but != page.PAGE))
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def test_of_several_runs_the_median_is_told_with_the_least_and_the_most() -> None:
    assert page.row_of_runs(RUN, "--jobs 3")[1:] == (
        "`abc`", "2", "--jobs 3", "3", "240", "210 (200 to 260)", "65 (65 to 66)",
    )  # fmt: skip
    assert page.row_of_runs(RUN[:1], "")[-2:] == ("210", "65")


def test_parts_are_told_the_dearest_first_and_one_that_a_run_lacks_as_nothing() -> None:
    assert page.parts_of_runs(RUN)[2:] == [
        "| the suite | 49 (48 to 50) |",
        "| Envoy | 16 (15 to 17) |",
        "| all else | 0 (0 to 1) |",
    ]


def test_a_crowd_is_told_by_what_each_session_costs() -> None:
    assert page.row_of_crowd(CROWD)[3:] == ("4", "6.0", "2.5", "1.50", "60", "7", "9000", "")
    assert page.parts_of_crowd(CROWD)[2:] == ["| Edit | 4.0 | 240 |", "| Hermes | 2.0 | 0 |"]


@pytest.mark.parametrize(
    ("rules", "free_mb", "told"),
    [
        (RULES, 9000.0, "the load balancer has 100 rules, 100 are its quota"),
        (40, 100.0, "100 MB of memory are free"),
        (40, 9000.0, "session s-1 not live"),
    ],
)
def test_a_crowd_that_failed_tells_the_limit_and_no_cost(rules: int, free_mb: float, told: str) -> None:
    failed = CrowdCost(
        98, None, 2.5, CROWD.cpu_s, CROWD.memory_mb, rules, free_mb, "session s-1 not live\n  but: no"
    )
    assert page.row_of_crowd(failed)[4:] == ("-", "2.5", "-", "-", str(rules), f"{free_mb:.0f}", told)


def test_a_row_joins_the_earlier_ones_and_what_stands_beneath_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"{begin(page.RUNS)}\n{end(page.RUNS)}\n", encoding="utf-8")
    for at in ("one", "two"):
        page.publish(page.RUNS, ("on", "at"), [("2026-01-02", at)], [f"parts of {at}"], file)
    assert lines(file, page.RUNS) == [
        "| on | at |", "| --- | --: |", "| 2026-01-02 | one |", "| 2026-01-02 | two |", "", "parts of two",
    ]  # fmt: skip


@pytest.mark.parametrize(("command", "head"), [(page.RUNS, page.RUNS_HEAD), (page.CROWDS, page.CROWDS_HEAD)])
def test_the_page_has_a_place_for_both_under_their_heads(command: str, head: tuple[str, ...]) -> None:
    assert lines(page.PAGE, command)[:2] == page.table(head, ())
