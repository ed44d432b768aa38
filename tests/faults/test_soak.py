"""The soak: what is counted as red, what is kept, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from acceptance.results.run_folder import PROJECT
from faults import record, soak_command
from faults.soak_command import Run, neighbour, read, summary, told
from tests.acceptance.gate.small_project import SmallProject, feature

PASSES = "@criterion.routing It works: Given all is well"
FAILS = "@criterion.routing It fails: Given all is well; Then it fails"
WAITS = "@criterion.routing It waits: When it waits for ever"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project in the place of this one, in which one scenario passes and one fails."""
    features = {"one": feature("One", PASSES), "two": feature("Two", FAILS)}
    folder = SmallProject.of(tmp_path / "p", features).folder
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setattr(record, "state", lambda _: "r1")
    return folder


def run(code: int = 0, *, busy: bool = False, folder: str = "reports/x") -> Run:
    return Run(code, ("scenario It fails: no\nmore",), folder, 9.0, busy, (), "2026-01-01T00:00:00Z", "r1")


def test_green_runs_are_counted_and_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert soak_command.main(["--runs", "1", "features/one.feature"]) == 0
    assert [(each.code, each.words) for each in read()] == [(0, ("features/one.feature",))] * 2
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(
        "with those before at this revision: 2 runs, 0 of them beside a busy neighbour: 0 red"
    )
    assert Path(read()[0].folder).is_dir()
    assert project == Path.cwd()


@pytest.mark.usefixtures("project")
def test_the_figure_is_put_on_the_page_when_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(soak_command, "put", lambda command, lines: written.extend([command, *lines]))
    soak_command.main(["--runs", "1", "--publish", "features/one.feature"])
    assert [line.partition(":")[0] for line in written] == [
        "soak",
        "1 run, 0 of them beside a busy neighbour",
    ]
    assert written[-1].endswith("at `r1`.")


@pytest.mark.usefixtures("project")
def test_a_red_run_says_why_and_keeps_its_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak_command.main(["--runs", "1", "features/two.feature"]) == 1
    [red] = read()
    assert red.code == 1
    assert (Path(red.folder) / "results.json").is_file()
    assert f"RED (1) in {red.seconds:.0f} s, see {red.folder}\n    " in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_a_request_that_the_gate_refuses_is_2_and_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak_command.main(["--runs", "3", "features/none.feature"]) == 2
    assert "there is no features/none.feature" in capsys.readouterr().out
    assert read() == ()


def test_ctrl_c_ends_the_run_that_goes_on_and_keeps_the_others(project: Path) -> None:
    (project / "features" / "one.feature").write_text(feature("One", WAITS), encoding="utf-8")
    script = (
        "import sys\nfrom faults import record, soak_command\nrecord.state = lambda _: 'r1'\n"
        "sys.exit(soak_command.main(['--runs', '5', '--busy', 'features/one.feature']))\n"
    )
    soak = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not any((project / "reports").glob("*/workers/1/live.ndjson")) and time.monotonic() < deadline:
        time.sleep(0.2)
    started = psutil.Process(soak.pid).children()
    soak.send_signal(2)
    printed, _ = soak.communicate(timeout=60)
    assert soak.returncode == 130
    assert printed.splitlines()[-2:] == ["no run has ended", "INTERRUPTED"]
    assert len(started) == 2
    assert not any(process.is_running() for process in started)


def test_a_neighbour_takes_a_core_and_goes_with_the_command() -> None:
    before = {process.pid for process in psutil.Process().children()}
    with neighbour(True):
        [spinning] = [p for p in psutil.Process().children() if p.pid not in before]
        deadline = time.monotonic() + 30
        while sum(spinning.cpu_times()[:2]) < 0.3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert sum(spinning.cpu_times()[:2]) >= 0.3
    assert not spinning.is_running()


def test_alone_means_alone() -> None:
    before = len(psutil.Process().children())
    with neighbour(False):
        assert len(psutil.Process().children()) == before


def test_the_closing_figure_says_how_sure_it_is() -> None:
    runs = [*(run() for _ in range(40)), *(run(busy=True) for _ in range(20))]
    assert summary(runs) == (
        "60 runs, 20 of them beside a busy neighbour: 0 red, so at most 4.9% of all runs are (95 %)"
    )
    assert summary([run(2), run(1), run()]).startswith("3 runs, 0 of them beside a busy neighbour: 2 red")
    assert summary([]) == "no run has ended"


def test_a_red_run_is_told_by_the_first_line_of_each_reason() -> None:
    assert told(run(1)) == "RED (1) in 9 s, see reports/x\n    scenario It fails: no"
