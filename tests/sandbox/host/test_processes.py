"""Children end with the sandbox, however it ends, and take their own children along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.host.processes import Process, Processes
from sandbox.host.state import State

ENV = {"PATH": os.environ["PATH"]}
PATIENCE_S = 10.0


@pytest.fixture
def state() -> Iterator[State]:
    state = State.create()
    yield state
    state.remove()


@pytest.fixture
def processes(state: State) -> Iterator[Processes]:
    processes = Processes(state)
    yield processes
    processes.close(0.0)


def shell(processes: Processes, state: State, script: str, **more: object) -> Process:
    on_exit = more.get("on_exit")
    return processes.spawn(
        ["/bin/sh", "-c", script],
        env=ENV,
        cwd=state.root,
        log=state.logs / "child.log",
        name="child",
        on_exit=on_exit if callable(on_exit) else None,
    )


def read_when_written(path: Path) -> str:
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.02)):
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text().strip()
        pause.wait(0.02)
    raise AssertionError(f"expected {path} to be written within {PATIENCE_S} s; it is not there")


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def gone(pid: int) -> bool:
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.02)):
        if not alive(pid):
            return True
        pause.wait(0.02)
    return False


def test_output_and_exit_code_are_kept(processes: Processes, state: State) -> None:
    assert shell(processes, state, "echo out; echo err >&2; exit 7").wait(PATIENCE_S) == 7
    assert (state.logs / "child.log").read_text() == "out\nerr\n"


def test_an_exit_is_told_at_once(processes: Processes, state: State) -> None:
    told: list[int | None] = []
    heard = threading.Event()

    def listen(process: Process) -> None:
        told.append(process.poll())
        heard.set()

    shell(processes, state, "exit 3", on_exit=listen)
    assert heard.wait(PATIENCE_S)
    assert told == [3]
    assert processes.living() == []


def test_a_program_that_does_not_exist_exits_127(processes: Processes, state: State) -> None:
    process = processes.spawn(["/no/such"], env=ENV, cwd=state.root, log=state.logs / "child.log", name="x")
    assert process.wait(PATIENCE_S) == 127


def test_a_living_process_is_on_record_and_an_ended_one_is_not(processes: Processes, state: State) -> None:
    process = shell(processes, state, "echo up > up; sleep 600")
    read_when_written(state.root / "up")
    assert [entry.name for entry in state.pids.iterdir()] == [str(process.pid)]
    process.kill()
    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert list(state.pids.iterdir()) == []


def test_children_end_with_their_process(processes: Processes, state: State) -> None:
    process = shell(processes, state, "sleep 600 & echo $! > child; wait")
    child = int(read_when_written(state.root / "child"))
    assert alive(child)
    process.terminate(PATIENCE_S)
    assert gone(child)


def test_sigterm_comes_first_and_may_be_answered(processes: Processes, state: State) -> None:
    process = shell(processes, state, "trap 'exit 5' TERM; echo up > up; while :; do sleep 0.05; done")
    read_when_written(state.root / "up")
    assert process.terminate(PATIENCE_S) == 5


def test_sigkill_follows_when_sigterm_is_ignored(processes: Processes, state: State) -> None:
    process = shell(processes, state, "trap '' TERM; echo up > up; while :; do sleep 0.05; done")
    read_when_written(state.root / "up")
    assert process.terminate(0.3) == -signal.SIGKILL


def test_waiting_too_long_is_an_error(processes: Processes, state: State) -> None:
    process = shell(processes, state, "sleep 600")
    with pytest.raises(TimeoutError, match="still runs"):
        process.wait(0.05)


def test_nothing_starts_after_close(processes: Processes, state: State) -> None:
    process = shell(processes, state, "sleep 600")
    processes.close(0.0)
    assert process.poll() is not None
    with pytest.raises(RuntimeError, match="shutting down"):
        shell(processes, state, "sleep 600")


SANDBOX = """
import os, sys
from pathlib import Path
from sandbox.host.processes import Processes
from sandbox.host.reaper import Reaper
from sandbox.host.state import State

state = State(Path(sys.argv[1]))
reaper = Reaper(state.root, None, print)
Processes(state).spawn(
    ["/bin/sh", "-c", "trap '' TERM HUP; sleep 600 & echo $$ $! > family; wait"],
    env=dict(os.environ), cwd=state.root, log=state.logs / "child.log", name="child",
)
sys.stdin.read()
"""


def test_a_killed_sandbox_leaves_neither_process_nor_folder(state: State) -> None:
    owner = subprocess.Popen([sys.executable, "-c", SANDBOX, str(state.root)], stdin=subprocess.PIPE)
    family = [int(pid) for pid in read_when_written(state.root / "family").split()]
    reapers = psutil.Process(owner.pid).children()
    assert all(alive(pid) for pid in family)
    owner.kill()
    owner.wait()
    assert [pid for pid in [*family, *(child.pid for child in reapers)] if not gone(pid)] == []
    assert not state.root.exists()
    assert owner.stdin is not None
    owner.stdin.close()
