"""How a run of the gate ends when it is told to, when it is killed, and when it is to stay for a look."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from hamcrest import equal_to

from acceptance.gate.parent_watch import VARIABLE
from acceptance.waiting.waits import stays, wait_until
from tests.acceptance.gate.small_project import (
    PROOF,
    GateRun,
    MakeProject,
    SmallProject,
    environment,
    feature,
)

WAITING = "it waits long: When it waits for the moon"
SOON = timedelta(seconds=90)


@pytest.fixture
def waiting(project: MakeProject) -> SmallProject:
    """Two features, each of which waits for a minute in its second scenario."""
    return project(
        one=feature("One", PROOF, WAITING),
        two=feature("Two", "it is well: Given all is well", WAITING),
    )


@pytest.fixture
def gate(waiting: SmallProject, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """The gate at work on it, both features waiting; whatever is left of it ends with the test."""
    ignoring = getattr(request, "param", False)
    running = waiting.start("--jobs", "2", "--expect", "4", ignoring=ignoring)
    try:
        wait_until(
            lambda: sum("the moon" in file.read_text() for file in lives(waiting)),
            equal_to(2),
            what="features that wait",
            within=SOON,
        )
        yield running
    finally:
        running.kill()
        running.communicate()


def lives(waiting: SmallProject) -> list[Path]:
    """The live events of the run's workers."""
    return list(waiting.latest.glob("workers/*/live.ndjson"))


def workers(gate: subprocess.Popen[str]) -> list[psutil.Process]:
    """The gate's behave processes."""
    found: list[psutil.Process] = psutil.Process(gate.pid).children()
    assert len(found) == 2
    return found


def ended(gate: subprocess.Popen[str], waiting: SmallProject) -> GateRun:
    """The gate's end."""
    printed, _ = gate.communicate(timeout=SOON.total_seconds())
    return waiting.ended(gate.returncode, printed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_the_workers_put_away_what_they_began_and_what_there_is_is_merged(
    gate: subprocess.Popen[str], waiting: SmallProject, number: int
) -> None:
    gate.send_signal(number)
    ran = ended(gate, waiting)
    assert ran.code == 130
    assert "INTERRUPTED on a small one: " in ran.printed
    assert len(list(ran.folder.glob("workers/*/put-away"))) == 2
    passed = [e["name"] for e in ran.document("results.json")["scenarios"] if e["status"] == "passed"]
    assert sorted(passed) == ["it is well", "it proves all"]
    assert (ran.folder / "report.html").is_file()
    assert not (waiting.folder / "reports" / "history.jsonl").exists(), "what was cut off is no result"
    again = waiting.run("--last-failed", "--list").printed.splitlines()
    assert [line.partition("  ")[2] for line in again] == ["it waits long", "it waits long"]


@pytest.mark.parametrize("gate", [True], indirect=True)
def test_in_the_background_it_leaves_sigint_alone_and_its_workers_end_when_it_is_told_to(
    gate: subprocess.Popen[str], waiting: SmallProject
) -> None:
    gate.send_signal(signal.SIGINT)
    stays(gate.poll, equal_to(None), what="exit code", during=timedelta(seconds=1))
    gate.send_signal(signal.SIGTERM)
    ran = ended(gate, waiting)
    assert ran.code == 130
    assert len(list(ran.folder.glob("workers/*/put-away"))) == 2


def test_told_twice_the_workers_are_killed(gate: subprocess.Popen[str], waiting: SmallProject) -> None:
    for worker in workers(gate):
        worker.suspend()  # so that it does not end at the first word
    gate.send_signal(signal.SIGINT)
    # The first word has been passed on when the gate says so; the pipe holds it until it is read.
    assert gate.stdout is not None
    said = iter(gate.stdout.readline, "")
    assert any(line.startswith("Ending: ") for line in said)
    gate.send_signal(signal.SIGINT)
    ran = ended(gate, waiting)
    assert ran.code == 130
    assert "Ending at once." in ran.printed
    assert not list(ran.folder.glob("workers/*/put-away"))


def test_when_the_gate_is_killed_its_workers_put_away_what_they_began(
    gate: subprocess.Popen[str], waiting: SmallProject
) -> None:
    orphans = workers(gate)
    scratch = [Path(worker.environ()["TMPDIR"]) for worker in orphans]
    assert all(folder.is_dir() for folder in scratch)
    gate.kill()
    gone, alive = psutil.wait_procs(orphans, timeout=SOON.total_seconds())
    assert (len(gone), alive) == (2, [])
    assert len(list(waiting.latest.glob("workers/*/put-away"))) == 2
    assert [folder for folder in scratch if folder.exists()] == []


def test_when_the_gate_is_killed_before_its_worker_has_begun_nothing_is_left(tmp_path: Path) -> None:
    """As if behave were still loading: nobody has given SIGTERM a meaning yet."""
    folder = tmp_path / "scratch"
    (folder / "being-removed").mkdir(parents=True)
    threading.Timer(1.0, (folder / "being-removed").rmdir).start()
    code = "import threading; from acceptance.gate.parent_watch import *; die_with_the_gate(); threading.Event().wait()"
    worker = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment(), VARIABLE: str(folder)},
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert worker.returncode == -signal.SIGTERM
    assert not folder.exists()


def test_a_worker_killed_from_outside_is_named_and_the_other_goes_on(
    gate: subprocess.Popen[str], waiting: SmallProject
) -> None:
    one = next(worker for worker in workers(gate) if "features/one.feature" in worker.cmdline())
    one.kill()
    wait_until(lambda: len(psutil.Process(gate.pid).children()), equal_to(1), what="workers", within=SOON)
    gate.send_signal(signal.SIGINT)
    ran = ended(gate, waiting)
    assert (
        'worker 1 (One) was killed by SIGKILL before it had finished, during "it waits long"' in ran.printed
    )


def test_a_failed_feature_is_kept_for_a_look_until_ctrl_c_and_the_others_go_on(project: MakeProject) -> None:
    made = project(
        one=feature("One", f"{PROOF}; Then it fails"),
        two=feature("Two", "it is well: Given all is well"),
    )
    running = made.start("--jobs", "1", "--expect", "2", "--keep", "on-failure")
    assert running.stdout is not None
    # A worker that is kept is in nobody's way. The other one may be through before: it starts in the last seconds.
    missing = {
        "worker 1 (One): Kept for a look: {'preview_url': 'https://x'}. Ctrl-C ends it.\n",
        "it is well\n",
    }
    try:
        for line in iter(running.stdout.readline, ""):
            missing = {end for end in missing if not line.endswith(end)}
            if not missing:
                break
        assert not missing
        wait_until(
            lambda: len(psutil.Process(running.pid).children()), equal_to(1), what="workers", within=SOON
        )
        os.kill(running.pid, signal.SIGINT)
        ran = ended(running, made)
    finally:
        running.kill()
        running.communicate()
    assert ran.code == 1
    assert "Kept for a look: whether anything was left behind was not looked at." in ran.printed
