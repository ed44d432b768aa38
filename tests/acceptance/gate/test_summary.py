"""The last words of a run: what no failure has told already, and the verdict in the last line but one."""

from __future__ import annotations

from pathlib import Path

import pytest

from acceptance.gate.summary import RULER, summary
from acceptance.results.run_facts import ACCOUNT, RunFacts
from acceptance.results.run_results import NOT_OBSERVED, Results, ScenarioResult
from acceptance.results.verdict import RunEvidence, judge


def result(line: int, status: str, message: str = "") -> ScenarioResult:
    """A scenario of the run."""
    place = f"features/one.feature:{line}"
    return ScenarioResult("One", f"scenario {line}", place, (), status, 1.0, message=message)


def told(folder: Path, results: Results) -> list[str]:
    """The lines of a run's end."""
    case = RunEvidence(results, (), whole=False, least=1)
    return summary(folder, case, judge(case), seconds=3.0).splitlines()


def test_a_scenarios_failure_is_told_once_and_any_other_reason_below(tmp_path: Path) -> None:
    results = Results(
        (result(3, "failed", "it was dark"), result(9, "skipped")), left_behind=("s-1",), ended=True
    )
    lines = told(tmp_path, results)
    start = lines.index("Failures")
    assert lines[start:] == [
        "Failures",
        "  failed: scenario 3 (features/one.feature:3)",
        "    it was dark",
        "Why not",
        "  skipped without a reason: scenario 9 (features/one.feature:9); add @skip.<reason>",
        "  left behind: s-1",
        RULER,
        "NOT ACCEPTED: 2 scenarios in 3 s: 1 failed, 1 skipped",
        f"Results: {tmp_path}",
    ]


@pytest.mark.parametrize(
    ("results", "cause"),
    [
        (
            Results((result(9, NOT_OBSERVED, "too often"),), ended=True),
            "not observed: scenario 9 (features/one.feature:9): too often",
        ),
        (Results((), lost=("the load balancer ended",)), "the load balancer ended"),
    ],
)
def test_why_a_run_could_not_be_judged_stands_where_one_line_is_read(
    tmp_path: Path, results: Results, cause: str
) -> None:
    lines = told(tmp_path, results)
    assert lines[lines.index(RULER) + 1 :][-3] == f"COULD NOT BE JUDGED: {cause}"


def test_the_verdict_says_where_it_holds(tmp_path: Path) -> None:
    RunFacts({"Deployment": "staging", ACCOUNT: "...1234"}).write(tmp_path)
    lines = told(tmp_path, Results((result(3, "failed"),), ended=True))
    assert "NOT ACCEPTED on staging, AWS account ...1234: 1 scenario in 3 s: 1 failed" in lines
    (tmp_path / "run.json").write_text("[]", encoding="utf-8")
    assert "NOT ACCEPTED: 1 scenario in 3 s: 1 failed" in told(
        tmp_path, Results((result(3, "failed"),), ended=True)
    )
