"""Runs and crowds measured, on a program that stands for the gate and on stand-ins for the platform."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from acceptance.bench import command_line, crowds, page, whole_runs
from acceptance.bench.crowds import CrowdCost
from acceptance.bench.whole_runs import WholeRun
from acceptance.journeys.customer_session import CustomerSession
from acceptance.run.run import Run
from acceptance.waiting.errors import NoData, NotReady
from acceptance.waiting.waits import NotInTime

A_RUN = WholeRun(240, True, 210.0, {"the suite": 50.0})


def quiet(_line: str) -> None:
    """Nobody listens."""


@pytest.fixture
def run_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], WholeRun]:
    """Has a Python program run in the gate's place; what it left is a whole run of two scenarios."""
    monkeypatch.setattr(
        "acceptance.bench.whole_runs.Results.read", lambda _folder: SimpleNamespace(scenarios=(1, 2))
    )
    monkeypatch.setattr(
        "acceptance.bench.whole_runs.RunManifest.read", lambda _folder: SimpleNamespace(whole=True)
    )
    return lambda code: whole_runs._run([sys.executable, "-c", code, "-m", "acceptance.gate.alone"])


def test_a_run_is_followed_to_its_end(
    run_of: Callable[[str], WholeRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_runs, "EVERY_S", 0.02)
    ran = run_of("import time\nwhile time.process_time() < 0.3: pass")
    assert (ran.scenarios, ran.whole) == (2, True)
    assert ran.wall_s > 0.3
    assert ran.cpu_s["the suite"] == ran.all_cpu_s == pytest.approx(0.3, abs=0.15)


def test_a_run_that_was_not_accepted_is_no_measurement(run_of: Callable[[str], WholeRun]) -> None:
    with pytest.raises(NoData, match="exit code 1"):
        run_of("raise SystemExit(1)")


def test_ctrl_c_reaches_the_gate_once_and_its_end_is_awaited(
    run_of: Callable[[str], WholeRun], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = tmp_path / "left"

    def interrupt(_meter: object) -> None:
        if (tmp_path / "ready").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr("acceptance.bench.whole_runs.Meter.look", interrupt)
    monkeypatch.setattr(whole_runs, "EVERY_S", 0.02)
    with pytest.raises(KeyboardInterrupt):
        run_of(
            "import signal, pathlib\n"
            "try:\n"
            f"    pathlib.Path({str(tmp_path / 'ready')!r}).touch(); signal.pause()\n"
            "except KeyboardInterrupt:\n"
            f"    pathlib.Path({str(left)!r}).touch()"
        )
    assert left.exists()


class Stand:
    """A platform on which nothing takes any time; `order` is what it was asked for."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.rules = [SimpleNamespace(priority=priority) for priority in (1, 2, 3, None)]

    @property
    def run(self) -> Run:
        balancer = SimpleNamespace(
            rules=lambda: self.rules, routing=lambda: SimpleNamespace(rules=list(self.rules))
        )
        attendance = SimpleNamespace(attend=lambda session_id: self.order.append(f"attend {session_id}"))
        platform = SimpleNamespace(balancer=balancer, attendance=attendance)
        return cast(Run, SimpleNamespace(platform=platform, new_client=lambda: "c-1"))

    def put_to_sleep(self) -> None:
        self.order.append("sleep")

    def end_all_of(self, client_id: str) -> None:
        self.order.append(f"end {client_id}")

    def start(self, count: int) -> tuple[CustomerSession, ...]:
        self.rules += [SimpleNamespace(priority=4)] * count
        closed = SimpleNamespace(close=lambda: self.order.append("close"))
        return tuple(
            cast(CustomerSession, SimpleNamespace(session_id=f"s-{n}", browsers=[closed]))
            for n in range(count)
        )


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    stand = Stand()
    monkeypatch.setattr(crowds, "CustomerSessions", lambda _platform: stand)
    monkeypatch.setattr(crowds, "Crowd", lambda _platform, _client_id: stand)
    monkeypatch.setattr(crowds, "until_all_live", lambda _platform, _crowd: stand.order.append("live"))
    monkeypatch.setattr(crowds, "_mixed_up", lambda _crowd: None)
    return stand


def test_a_crowd_comes_up_is_kept_awake_and_goes(stand: Stand) -> None:
    cost = crowds._cost(stand.run, 2)
    assert stand.order == ["sleep", "attend s-0", "attend s-1", "live", "close", "close", "end c-1", "sleep"]
    assert (cost.sessions, cost.rules) == (2, 5)
    assert cost.live_s is not None
    assert cost.free_mb > 0


def test_rules_that_stay_when_all_have_gone_are_a_problem(stand: Stand) -> None:
    assert crowds._cost(stand.run, 2).problem == "2 rules are left of sessions that have ended"


def test_a_crowd_that_does_not_come_up_says_why_and_is_ended_all_the_same(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(_platform: object, _crowd: object) -> None:
        raise NotInTime("session s-1 not live")

    monkeypatch.setattr(crowds, "until_all_live", late)
    cost = crowds._cost(stand.run, 2)
    assert (cost.live_s, cost.problem) == (None, "session s-1 not live")
    assert stand.order[-2:] == ["end c-1", "sleep"]


def test_sessions_that_show_what_is_not_theirs_are_a_problem(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "_mixed_up", lambda _crowd: "s-1 shows s-2's")
    assert crowds._cost(stand.run, 2).problem == "s-1 shows s-2's"


def cost(size: int, problem: str | None = None) -> CrowdCost:
    """A crowd that cost nothing."""
    return CrowdCost(size, None if problem else 1.0, 1.0, {}, {}, 3, 9000.0, problem)


def test_the_first_crowd_that_fails_is_the_last_and_a_platform_that_is_there_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Mapping[str, str]] = []
    closed: list[str] = []

    def start(settings: Mapping[str, str], _say: object) -> object:
        given.append(settings)
        return SimpleNamespace(close=lambda: closed.append("run"))

    monkeypatch.setattr("acceptance.bench.crowds.Run.start", start)
    monkeypatch.setattr(crowds, "_cost", lambda _run, size: cost(size, "late" if size == 3 else None))
    found = crowds.measure((1, 3, 10), {"sandbox": "http://x/", "patience": "9"}, tmp_path, quiet)
    assert [one.sessions for one in found] == [1, 3]
    assert (given[0]["sandbox"], given[0]["patience"], given[0]["report"]) == ("http://x/", "9", "none")
    assert closed == ["run"]


def test_a_sandbox_of_its_own_is_patient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def start(settings: Mapping[str, str], _say: object) -> object:
        raise NotReady(settings["sandbox.command"])

    monkeypatch.setattr("acceptance.bench.crowds.Run.start", start)
    with pytest.raises(NotReady, match=r"^python,-m,sandbox,up,.*,--idle,60$"):
        crowds.measure((1,), {}, tmp_path, quiet)


def test_of_a_crowd_that_does_not_go_nothing_is_told_but_of_those_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def measured(_run: Run, size: int) -> CrowdCost:
        if size == 3:
            raise NotInTime("not asleep")
        return cost(size)

    monkeypatch.setattr("acceptance.bench.crowds.Run.start", lambda *_: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(crowds, "_cost", measured)
    said: list[str] = []
    assert crowds.measure((1, 3, 10), {}, tmp_path, said.append) == [cost(1)]
    assert said[-1] == "not asleep"
    with pytest.raises(NotInTime):
        crowds.measure((3,), {}, tmp_path, quiet)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which commands' parts were written."""
    commands: list[str] = []
    monkeypatch.setattr(page, "publish", lambda command, *_: commands.append(command))
    return commands


@pytest.mark.parametrize(("whole", "expected"), [(True, [page.RUNS]), (False, [])])
def test_whole_runs_are_published_and_others_told_only(
    whole: bool, expected: list[str], published: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    asked: list[tuple[int, list[str]]] = []

    def measure(count: int, arguments: list[str], _say: object) -> list[WholeRun]:
        asked.append((count, arguments))
        return [WholeRun(240, whole, 210.0, {"the suite": 50.0})]

    monkeypatch.setattr(whole_runs, "measure", measure)
    assert command_line.main(["--jobs", "3", "-D", "patience=2"]) == 0
    assert asked == [(3, ["--jobs", "3", "-D", "patience=2"])]
    assert published == expected
    assert "| --jobs 3 -D patience=2 | 1 | 240 | 210 | 50 |" in capsys.readouterr().err


@pytest.mark.parametrize(("problem", "code"), [(None, 0), ("late", 1), ("stays", 1)])
def test_crowds_are_published_also_the_one_that_failed(
    problem: str | None, code: int, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def measure(*given: object) -> list[CrowdCost]:
        asked.extend(given[:2])
        return [cost(30), cost(98, problem)][: None if problem != "stays" else 1]

    monkeypatch.setattr(crowds, "measure", measure)
    assert command_line.main(["--crowds", "30,98", "-D", "patience=2"]) == code
    assert asked == [(30, 98), {"patience": "2"}]
    assert published == [page.CROWDS]


def test_a_run_that_was_not_accepted_is_1_and_no_platform_is_2(
    monkeypatch: pytest.MonkeyPatch, published: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> list[WholeRun]:
        raise NoData("the run was not accepted")

    monkeypatch.setattr(whole_runs, "measure", refuse)
    assert command_line.main([]) == 1
    assert command_line.main(["--crowds", "1", "-D", "profile=deployments/nowhere.toml"]) == 2
    assert published == []
    said = capsys.readouterr().err
    assert "the run was not accepted" in said
    assert "nowhere.toml cannot be used" in said


@pytest.mark.parametrize(
    "arguments", [["--crowds", "0"], ["--crowds", "3,x"], ["--crowds", "3", "--jobs", "2"]]
)
def test_what_means_nothing_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command_line.main(arguments)
    assert refused.value.code == 2
    assert "error: " in capsys.readouterr().err
