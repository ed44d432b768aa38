"""What goes wrong around a run, and in the gate itself: never a verdict on the platform, never half a file."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hamcrest import equal_to
from junitparser import JUnitXml

from acceptance.gate import command_line as gate_main
from acceptance.gate.display import Plain
from acceptance.gate.leaked_processes import YOUNG_S, clear_orphans, scratch
from acceptance.gate.mishaps import Mishaps
from acceptance.gate.partition import Unit
from acceptance.gate.worker_pool import Interruption, WorkerPool
from acceptance.npm_packages import cache_root
from acceptance.results import disk_space
from acceptance.results.disk_space import NoRoom, check_room
from acceptance.results.run_folder import PROJECT
from acceptance.results.verdict import SelectedScenario
from acceptance.waiting.errors import DeploymentHeld
from acceptance.waiting.waits import wait_until
from tests.acceptance.gate.small_project import (
    PROOF,
    GateRun,
    MakeProject,
    command,
    environment,
    feature,
)

SOON = timedelta(seconds=90)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system's temporary folder that nobody else uses."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `main` does with the process's streams and signals stays with the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def whole(ran: GateRun) -> None:
    """The files of a run are there and can be read."""
    assert ran.document("gate.json")["verdict"]["code"] == ran.code
    assert JUnitXml.fromfile(str(ran.folder / "junit.xml")) is not None
    assert "</html>" in (ran.folder / "report.html").read_text(encoding="utf-8")


def test_whoever_stops_reading_silences_the_display_and_nothing_else(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF, "it fails: Then it fails"))
    running = subprocess.Popen(
        command("--expect", "2"), cwd=made.folder, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline().startswith("2 scenarios of 1 feature")
    running.stdout.close()
    assert running.wait(SOON.total_seconds()) == 1
    whole(made.ended(1, ""))


def test_without_any_output_the_run_goes_on(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF))
    line = " ".join(f"'{word}'" for word in command("--expect", "1"))
    done = subprocess.run(
        f"{line} >&- 2>&-", shell=True, cwd=made.folder, env=environment(), timeout=90, check=False
    )
    assert done.returncode == 0
    whole(made.ended(0, ""))


def test_when_the_gate_itself_fails_it_is_exit_2_with_a_traceback_and_what_there_is(
    project: MakeProject,
) -> None:
    made = project(
        one=feature(
            "One", PROOF, "it fails: Then it fails", "it spoils: When what the worker tells is spoilt"
        ),
    )
    ran = made.run("--expect", "2")
    assert ran.code == 2
    assert "Traceback (most recent call last)" in ran.printed
    reasons = ran.reasons()
    assert reasons[0].startswith("the gate itself failed while the features ran: JSONDecodeError")
    assert list(ran.folder.glob("workers/1/put-away")), "the worker has put away what it began"
    assert "it proves all" in (ran.folder / "junit.xml").read_text(encoding="utf-8")
    whole(ran)
    assert not (made.folder / "reports" / "history.jsonl").exists()


def test_a_failure_that_nobody_foresaw_is_exit_2_and_not_pythons_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> int:
        raise RuntimeError("planted")

    monkeypatch.setattr("acceptance.gate.run.run", fails)
    assert gate_main.main([], unfit=lambda *_: (), alone=lambda *_: nullcontext(())) == 2
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-1] == "COULD NOT BE JUDGED: the gate itself failed: RuntimeError: planted"


@pytest.mark.parametrize(
    ("number", "cure"),
    [(errno.ENOSPC, "free some space on that disk"), (errno.EACCES, "run as somebody who may write there")],
)
def test_the_machines_own_trouble_is_one_sentence_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, cure: str
) -> None:
    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number), "reports/x")

    monkeypatch.setattr("acceptance.gate.run.run", fails)
    assert gate_main.main([], unfit=lambda *_: (), alone=lambda *_: nullcontext(())) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"COULD NOT BE JUDGED: {os.strerror(number)}: reports/x; {cure}")


def test_ctrl_c_before_anything_has_begun_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("acceptance.gate.run.run", interrupted)
    assert gate_main.main([], unfit=lambda *_: (), alone=lambda *_: nullcontext(())) == 130
    assert capsys.readouterr().err == "INTERRUPTED: nothing was judged.\n"


def test_a_disk_that_is_full_is_told_with_its_folder_and_the_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check_room(tmp_path / "not" / "yet" / "there", 1)
    monkeypatch.setattr(disk_space, "_free", lambda folder: 2**20 if folder == tmp_path else 2**40)
    with pytest.raises(NoRoom, match=f"{tmp_path}: expected at least 16 MB free, found 1 MB; free some"):
        check_room(tmp_path, disk_space.TO_GO_ON)


def test_a_disk_that_fills_up_ends_the_run_and_accuses_nobody(tmp_path: Path) -> None:
    mishaps = Mishaps()

    def full() -> None:
        raise NoRoom("no room on the disk of reports")

    unit = Unit(1, (SelectedScenario("One", None, "first", "one.feature", 3, ()),), (7.0,), whole=True)
    screen, interruption = Plain(sys.stdout, 1), Interruption(orphaned=lambda: False)
    arguments: dict[str, Any] = {
        "options": (),
        "jobs": 1,
        "own_platforms": True,
        "keep": "never",
        "stop": False,
    }
    crew = WorkerPool(
        folder=tmp_path, screen=screen, interruption=interruption, mishaps=mishaps, check=full, **arguments
    )
    assert crew.run([unit]) == []
    assert mishaps.sentences == ["no room on the disk of reports"]


def test_a_run_whose_shell_is_killed_puts_away_what_it_began(project: MakeProject) -> None:
    made = project(one=feature("One", PROOF, "it waits: When it waits for the moon"))
    line = " ".join(f"'{word}'" for word in command("--expect", "2"))
    shell = subprocess.Popen(
        ["bash", "-c", f"{line} > out.txt; true"],
        cwd=made.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
    wait_until(
        lambda: any("the moon" in f.read_text() for f in made.folder.glob("reports/latest/workers/1/live.ndjson")),
        equal_to(True), what="the worker to wait", within=SOON,
    )  # fmt: skip
    shell.kill()
    shell.wait()
    wait_until(
        lambda: (made.folder / "out.txt").read_text().count("INTERRUPTED on "),
        equal_to(1),
        what="a verdict",
        within=SOON,
    )
    assert list(made.folder.glob("reports/latest/workers/1/put-away"))
    assert json.loads((made.folder / "reports/latest/gate.json").read_text())["verdict"]["code"] == 130


def test_a_persons_own_settings_of_behave_change_nothing(project: MakeProject, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".behaverc").write_text(
        "[behave]\nformat = plain\ntags = @nosuch\nstop = true\n", encoding="utf-8"
    )
    made = project(one=feature("One", PROOF))
    ran = made.run("--expect", "1", HOME=str(home), XDG_CACHE_HOME=str(cache_root().parent))
    assert (ran.code, "ACCEPTED on a small one: 1 scenario in" in ran.printed) == (0, True), ran.printed
    assert [path.name for path in home.iterdir()] == [".behaverc"]


def test_a_folder_whose_worker_and_gate_were_killed_goes_with_the_next_run(temporary: Path) -> None:
    long_ago = time.time() - 2 * YOUNG_S
    left, inhabited, young = (temporary / f"accept-{name}" for name in ("left", "inhabited", "young"))
    for folder in (left, inhabited, young):
        folder.mkdir()
        (folder / "socket").touch()
    locked, lock = scratch()
    for folder in (left, inhabited, locked):
        os.utime(folder, (long_ago, long_ago))
    with subprocess.Popen(["sleep", "60"], cwd=inhabited) as living:
        clear_orphans()
        living.kill()
    os.close(lock)
    assert sorted(temporary.iterdir()) == sorted([inhabited, locked, young])
    clear_orphans()
    assert sorted(temporary.iterdir()) == [young]


def test_make_hands_its_args_on_as_they_were_given(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.txt"):
        (tmp_path / name).write_bytes((PROJECT / name).read_bytes())
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nprintf '<%s>' \"$@\"\n", encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / ".venv" / "installed").touch()
    given = "--tags=(@a and not @b) -n 'costs $5'"
    done = subprocess.run(
        ["make", "--silent", "accept", f"ARGS={given}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.endswith(f"<-m><acceptance><run><--words><{given}>")


def test_make_makes_an_environment_anew_whose_python_is_gone_and_says_why_it_cannot(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements.txt"):
        (tmp_path / name).write_bytes((PROJECT / name).read_bytes())
    there = tmp_path / ".venv" / "bin"
    there.mkdir(parents=True)
    (there / "python").symlink_to("/nowhere/python3")
    (tmp_path / ".venv" / "installed").touch()
    python = tmp_path / "python3"
    # A Python that makes environments of itself, and in which no pip comes through.
    python.write_text(
        '#!/bin/sh\nprintf \'<%s>\' "$@"; case "$2" in venv) ln -sf "$0" .venv/bin/python;; pip) exit 1;; esac\n',
        encoding="utf-8",
    )
    python.chmod(0o755)
    done = subprocess.run(
        ["make", "--silent", "accept", f"PYTHON={python}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "The Python that .venv was made with is gone: it is made anew." in done.stdout
    assert "<-m><venv><--clear><.venv>" in done.stdout
    assert "The Python packages could not be installed: look at the network" in done.stderr
    assert "<gate>" not in done.stdout


def test_a_platform_that_another_run_has_starts_nothing_and_is_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def held(*_: object) -> AbstractContextManager[tuple[str, ...]]:
        raise DeploymentHeld("the deployment is held by run 1125-1 of anna")

    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr("acceptance.gate.run.REPORTS", tmp_path)
    asked = ["features/1_cold_start.feature:15", "-D", "sandbox=http://127.0.0.1:1/"]
    assert gate_main.main(asked, unfit=lambda *_: (), alone=held) == 2
    assert capsys.readouterr().err == "the deployment is held by run 1125-1 of anna\n"
    assert list(tmp_path.iterdir()) == []
