"""A run of the suite that could not look: what it says of its scenarios, and when it ends for it."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import acceptance.run.keep_policy
import acceptance.run.run
from acceptance.results.run_folder import Keep, Report, RunFolder
from acceptance.run.deployment import Deployment
from acceptance.run.keep_policy import KeepPolicy
from acceptance.run.run import Run
from acceptance.waiting.errors import DeploymentDied, DiskFull, NotObserved
from acceptance.waiting.view import View
from tests.acceptance.run.run_stand import RUN, run_suite

THROTTLED = "ECS DescribeTasks: ThrottlingException (400): the suite asks too often"


def test_a_scenario_that_nobody_could_see_is_neither_kept_nor_broken(tmp_path: Path) -> None:
    run = run_suite(tmp_path, ("It cannot be seen", "It passes"))
    told = [(scenario["name"], scenario["status"]) for scenario in run.results["scenarios"]]
    assert sorted(told) == [("It cannot be seen", "not observed"), ("It passes", "passed")]
    unseen = next(s for s in run.results["scenarios"] if s["status"] == "not observed")
    assert unseen["message"] == THROTTLED
    assert run.results["ended"] is True
    assert run.results["lost"] == []


def test_a_cleanup_that_nobody_could_see_has_not_failed(tmp_path: Path) -> None:
    run = run_suite(tmp_path, ("Its cleanup cannot be seen",))
    assert [scenario["status"] for scenario in run.results["scenarios"]] == ["not observed"]
    assert run.results["cleanup_errors"] == []
    assert run.results["not_observed"] == [f"after Its cleanup cannot be seen: {THROTTLED}"]


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("The credentials end", "AWS does not take the credentials: ECS DescribeTasks: ExpiredTokenException (400)"),
        ("The load balancer dies", "the load balancer's process ended (signal 9) at 2026-11-24T20:00:00Z"),
    ],
)  # fmt: skip
def test_once_nothing_can_be_seen_any_more_the_run_ends(tmp_path: Path, scenario: str, cause: str) -> None:
    run = run_suite(tmp_path, (scenario, "It is interrupted", "Never reached"))
    assert [(s["name"], s["status"], s["message"]) for s in run.results["scenarios"]] == [
        (scenario, "not observed", cause)
    ]
    assert run.results["lost"] == [cause]
    assert run.results["ended"] is False
    assert not list(run.folder.glob("*/failure.txt"))


def test_a_platform_that_ends_while_it_comes_up_is_told_to_those_who_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptance.run.run, "VIEW", View())
    with pytest.raises(DeploymentDied, match="ended with exit code 1"):
        Run.start({"sandbox.command": "false,{ready}", "reports": str(tmp_path)}, print)
    (lost,) = json.loads((tmp_path / "results.json").read_text())["lost"]
    assert lost.startswith("the deployment ended with exit code 1; log ")


def run_of(folder: Path, deployment: Deployment) -> Run:
    """A run that looks at nothing."""
    output = RunFolder(folder, Report.NONE, own=False)
    nothing: Any = SimpleNamespace(
        profile=SimpleNamespace(logs=None),
        records=None,
        fleet=None,
        balancer=None,
        clients=None,
        attendance=SimpleNamespace(lapse=lambda: None),
    )
    return Run("r", deployment, nothing, output, KeepPolicy(Keep.NEVER))


@pytest.mark.parametrize("own", [True, False])
def test_a_run_told_to_end_puts_away_what_lies_on_a_platform_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    view = View()
    monkeypatch.setattr(acceptance.run.run, "VIEW", view)
    monkeypatch.setattr(acceptance.run.keep_policy, "VIEW", view)
    child: Any = object() if own else None
    run = run_of(tmp_path, Deployment({}, child, None))
    undone: list[bool] = []
    run.abandon()
    run.keeping.unless_kept(lambda: undone.append(True))()
    assert undone == ([] if own else [True])


def test_on_a_full_disk_whatever_fails_may_fail_for_that_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptance.run.run, "VIEW", View())
    run = run_of(tmp_path, Deployment.remote())
    assert run.unseen(AssertionError("expected: a preview")) is None
    assert isinstance(run.unseen(OSError(errno.ENOSPC, "No space left on device")), DiskFull)
    monkeypatch.setattr(acceptance.run.run, "VIEW", View())
    monkeypatch.setattr(acceptance.run.run, "TO_GO_ON", 2**80)
    assert isinstance(run.unseen(AssertionError("expected: a preview")), DiskFull)
    assert run.ledger.lost


def test_a_session_that_the_suite_forgot_accuses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptance.run.run, "VIEW", View())
    run = run_of(tmp_path, Deployment.remote())
    forgotten = NotObserved("the suite left session s-1 alone for 4.0 s")
    monkeypatch.setattr(run.platform.attendance, "lapse", lambda: forgotten)
    assert run.unseen(AssertionError("answered 410: expected 200")) is forgotten
    assert not run.ledger.lost


def test_credentials_that_end_leave_no_session_open(tmp_path: Path) -> None:
    run_suite(tmp_path, ("The credentials end",))
    told = (tmp_path / "told.txt").read_text(encoding="utf-8").splitlines()
    assert told == [
        f"POST /api/sessions/{client}-active/deactivate" for client in (f"acc-{RUN}-1", "test-client")
    ]


def test_a_run_that_is_not_lost_ends_its_sessions_where_they_were_begun(tmp_path: Path) -> None:
    run_suite(tmp_path, ("It passes",))
    assert not (tmp_path / "told.txt").exists()
