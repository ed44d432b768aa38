"""What the bench prints and writes down."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from acceptance.bench.cold_start import ColdStarts
from acceptance.bench.command_line import PARTS, main, parser, plan_of
from acceptance.bench.crowds import Crowds, CrowdSize
from acceptance.bench.document import plain, write
from acceptance.bench.hmr import EditToFrame
from acceptance.bench.latency import Latency
from acceptance.bench.notice import Notices
from acceptance.bench.observed import Attention
from acceptance.bench.processes import Usage
from acceptance.bench.spread import Spread, spread
from acceptance.bench.stand import QUICK, BenchPlan
from acceptance.bench.table import Table
from acceptance.bench.tables import tables_of, targets
from acceptance.bench.waiter import Change, SideBySide
from acceptance.bench.whole_run import PlatformTime, WholeRun

PROJECT = Path(__file__).resolve().parents[3]
SERIES = spread([0.1, 0.2, 0.3])


def run(*, cpu_s: float = 1.0) -> WholeRun:
    """A run of ten seconds."""
    return WholeRun(
        scenarios=3,
        passed=2,
        wall_s=10.0,
        start_up_s=0.5,
        steps_s=6.0,
        attention=Attention(9.5, 0.8, cpu_s, {"pauses": 5.0, "answers": 2.0}),
        platform=PlatformTime(4.0, 2.0, 3.0, 1.0),
    )


def told(result: object) -> str:
    """All tables of a result."""
    return "\n".join(str(table) for table in tables_of(result))


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_to_the_right() -> None:
    table = Table(
        "Sizes", ("name", "MB"), (("small", 1.5), ("enormous", 1234.25), ("none", None)), ("a note",)
    )
    assert str(table).splitlines() == [
        "Sizes",
        "  name           MB",
        "  small        1.50",
        "  enormous  1234.25",
        "  none            -",
        "  a note",
    ]


def test_whole_numbers_have_no_decimals() -> None:
    assert str(Table("t", ("n",), ((7,), (12,)))).splitlines()[2:] == ["   7", "  12"]


def test_a_row_with_a_cell_too_many_is_no_table() -> None:
    with pytest.raises(ValueError, match="1 columns, found 2 cells"):
        str(Table("t", ("n",), ((1, 2),)))


def test_a_run_tells_its_shares_and_whether_its_cpu_is_within_the_target() -> None:
    lines = told(run())
    assert "A run of 3 scenarios (2 passed), 10.0 s" in lines
    assert "pauses between looks, and windows watched  5.0    50%" in lines
    assert "a session waking                              4.0    40%" in lines
    assert "1.0 s, 10.0% of the run; target below 15%: met" in lines


def test_a_run_that_computes_too_much_misses_the_target() -> None:
    assert run(cpu_s=1.5).met is False
    assert "15.0% of the run; target below 15%: NOT MET" in told(run(cpu_s=1.5))


def test_notices_are_judged_by_the_95th_percentile_of_all() -> None:
    good = Notices({"task runs": SERIES}, Spread(100, 0.0, 0.1, 0.25, 0.9), None)
    late = Notices({"task runs": SERIES}, Spread(100, 0.0, 0.1, 0.251, 0.3), None)
    assert "within 0.25 s: met" in told(good)
    assert "within 0.25 s: NOT MET" in told(late)
    assert "task runs         3   0.200  0.290  0.100  0.300" in told(good)


def test_the_waiter_stands_beside_the_suites_wait() -> None:
    beside = SideBySide((Change(1.25, 0.05, 13.75),), spread([0.05]), spread([13.75]))
    lines = told(Notices({"task runs": SERIES}, SERIES, beside))
    assert "boto3's services_stable      1  13.750  13.750  13.750  13.750" in lines
    assert "took 1.25 s; noticed by the suite 0.050 s later, by services_stable 13.750 s later" in lines


def test_cold_starts_tell_each_stage_and_the_platforms_own_stamps() -> None:
    asked = Spread(2, 0.0, 0.0, 0.0, 0.0)
    stages = {"asked": asked, "first 200": SERIES}
    lines = told(ColdStarts(stages, {"task started": SERIES}, ()))
    assert "first 200                3    0.20  0.29   0.10  0.30" in lines
    assert "stamp: task started      3    0.20  0.29   0.10  0.30" in lines
    assert "asked" not in lines.partition("\n")[2]


def test_a_crowd_tells_its_cost_per_session() -> None:
    size = CrowdSize(
        sessions=4, all_active_s=5.0, all_live_s=6.0, suite_cpu_s=2.0,
        asleep=Usage(5, 28.0, 600.0, 400.0), awake=Usage(9, 40.0, 3000.0, 2000.0),
    )  # fmt: skip
    assert (size.suite_cpu_per_session_s, size.memory_per_session_mb) == (0.5, 400.0)
    line = told(Crowds((size,))).splitlines()[2]
    assert line.split() == ["4", "5.0", "6.0", "0.5", "12.0", "9", "2000.0", "400.0"]


def test_a_crowd_that_did_not_become_live_says_why() -> None:
    lines = told(Crowds((CrowdSize(sessions=30, problem="session s-1 not within 90 s"),)))
    assert "30 sessions: session s-1 not within 90 s" in lines
    assert lines.splitlines()[2].split() == ["30", *["-"] * 7]


def test_a_crowd_that_did_not_become_live_is_a_problem_of_the_bench(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for problem, code in (("session s-1 not within 90 s", 1), (None, 0)):
        result = Crowds((CrowdSize(sessions=1), CrowdSize(sessions=3, problem=problem)))
        monkeypatch.setattr(
            "acceptance.bench.command_line.PARTS", {"crowds": lambda _stand, result=result: result}
        )
        monkeypatch.setattr("acceptance.bench.command_line.PROJECT", tmp_path)
        run = SimpleNamespace(platform=SimpleNamespace(profile=SimpleNamespace(name="x")), close=lambda: None)
        monkeypatch.setattr("acceptance.bench.command_line.Run.start", lambda _settings, _say, run=run: run)
        assert main(["--only", "crowds"]) == code
        (written,) = (tmp_path / "reports" / "bench").glob("*.json")
        expected = {"crowds": f"3 sessions: {problem}"} if problem else {}
        assert json.loads(written.read_text(encoding="utf-8"))["problems"] == expected
        written.unlink()


def test_memory_that_the_system_does_not_tell_is_no_zero() -> None:
    asleep, awake = Usage(5, 28.0, 600.0, 400.0), Usage(9, 40.0, 3000.0, None)
    assert CrowdSize(sessions=4, asleep=asleep, awake=awake).memory_per_session_mb is None
    assert CrowdSize(sessions=4, asleep=None, awake=None).deployment_cpu_s is None


def test_the_load_balancers_part_is_the_difference_of_the_medians() -> None:
    latency = Latency(Spread(9, 1, 1.5, 4.0, 9), Spread(9, 0.5, 0.75, 1.0, 2), Spread(9, 4, 6, 8, 9))
    assert (latency.added_ms, latency.added_p95_ms) == (0.75, 3.0)
    assert "adds 0.75 ms (median), 3.00 ms (p95)" in told(latency)


def test_where_the_target_cannot_be_reached_nothing_is_said_about_the_load_balancers_part() -> None:
    latency = Latency(SERIES, None, SERIES)
    assert latency.added_ms is None
    assert "cannot be reached" in told(latency)


def test_edits_tell_how_they_were_saved() -> None:
    assert "saved by ECS Exec" in told(EditToFrame("ECS Exec", {"src/pages/index.astro": SERIES}))


def test_targets_are_told_together_each_met_or_not() -> None:
    late = Notices({"task runs": SERIES}, Spread(100, 0.0, 0.1, 0.3, 0.4), None)
    table = targets(["2026-11-23", run(), Latency(SERIES, None, SERIES), late])
    assert [line.split()[-1] for line in str(table).splitlines()[2:]] == ["met", "MET"]
    assert "noticed late, 95 of 100" in str(table)
    assert str(table).splitlines()[3].endswith("0.300 s     0.25 s  NOT MET")
    assert "15.0%  below 15%  NOT MET" in str(targets([run(cpu_s=1.5)]))
    assert targets([Latency(SERIES, None, SERIES)]) is None


def test_without_a_deployment_the_bench_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "-D", "profile=deployments/nowhere.toml"]) == 2
    assert "nowhere.toml cannot be used" in capsys.readouterr().err


def test_what_is_no_result_has_no_tables() -> None:
    with pytest.raises(TypeError, match="dict is no result"):
        tables_of({})


def test_the_document_has_the_fields_and_the_computed_figures(tmp_path: Path) -> None:
    write(tmp_path / "new" / "bench.json", {"run": run(), "notice": Notices({"a": SERIES}, SERIES, None)})
    found = json.loads((tmp_path / "new" / "bench.json").read_text(encoding="utf-8"))
    assert found["run"]["cpu_share"] == 0.1
    assert found["run"]["met"] is True
    assert found["run"]["attention"]["other_s"] == pytest.approx(1.7)
    assert found["notice"]["kinds"]["a"]["p95"] == pytest.approx(0.29)
    assert found["notice"]["met"] is False
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["bench.json"]


def test_figures_are_rounded_to_what_a_clock_can_tell() -> None:
    assert plain({"a": (0.12345678, None, 3)}) == {"a": [0.123457, None, 3]}


def options(*arguments: str) -> argparse.Namespace:
    """Arguments as the command line gives them."""
    return parser().parse_args(arguments)


def test_without_options_all_is_measured_in_full() -> None:
    assert options().only == tuple(PARTS)
    assert plan_of(options()) == BenchPlan()


def test_counts_that_are_given_stand_in_the_quick_plan_too() -> None:
    plan = plan_of(
        options("--quick", "--wakes", "5", "--crowds", "1,2", "--features", "features/x.feature:3")
    )
    assert (plan.wakes, plan.crowds, plan.features) == (5, (1, 2), ("features/x.feature:3",))
    assert plan.requests == QUICK.requests


def test_parts_are_measured_in_their_order_whatever_the_order_asked_for() -> None:
    assert options("--only", "crowds,cold").only == ("cold", "crowds")


def test_a_part_that_does_not_exist_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options("--only", "cold,speed")
    assert "no part speed: name some of run, cold" in capsys.readouterr().err
