"""A forked program finds what a started one would, except that its libraries are loaded already."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.host import forkserver
from sandbox.host.processes import Process, Processes
from sandbox.host.state import State
from tests.sandbox.host.test_processes import PATIENCE_S, gone, read_when_written

pytestmark = pytest.mark.skipif(not forkserver.supported(), reason="this system starts every program anew")

PROGRAM = """
import json, os, sys
loaded = [name for name in ("boto3", "aiohttp.web", "sandbox.services") if name in sys.modules]
import boto3
keys = boto3.client("sqs").meta, boto3.DEFAULT_SESSION.get_credentials()
print(json.dumps({
    "argv": sys.argv, "environment": dict(os.environ), "folder": os.getcwd(), "name": __name__, "loaded": loaded,
    "leads": os.getpgid(0) == os.getpid(), "input": sys.stdin.read(),
    "region": keys[0].region_name, "endpoint": keys[0].endpoint_url, "key": keys[1].access_key,
}))
sys.exit(int(sys.argv[1]))
"""
SLEEPER = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "600"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    state = State.create()
    (state.root / "program.py").write_text(PROGRAM)
    (state.root / "sleeper.py").write_text(SLEEPER)
    yield state
    state.remove()


@pytest.fixture(scope="module")
def processes(state: State) -> Iterator[Processes]:
    processes = Processes(state)
    processes.load_ahead(environment(state, AWS_ACCESS_KEY_ID="server", AWS_SECRET_ACCESS_KEY="secret"))
    yield processes
    processes.close(0.0)


def environment(state: State, **more: str) -> dict[str, str]:
    root = Path(__file__).resolve().parents[3]
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{state.root}{os.pathsep}{root}", **more}


def start(processes: Processes, state: State, *argv: str, **more: str) -> tuple[Process, Path]:
    log = state.logs / f"{threading.get_native_id()}-{len(list(state.logs.iterdir()))}.log"
    env = environment(state, **more)
    spawn = processes.spawn([sys.executable, "-m", *argv], env=env, cwd=state.scratch, log=log, name=argv[0])
    return spawn, log


def told(processes: Processes, state: State, code: int, **more: str) -> Mapping[str, Any]:
    settings = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
    keys = {"AWS_ACCESS_KEY_ID": "one", "AWS_SECRET_ACCESS_KEY": "secret", **more}
    process, log = start(processes, state, "program", str(code), "two words", **settings, **keys)
    assert process.wait(PATIENCE_S) == code, log.read_text()
    found: Mapping[str, Any] = json.loads(log.read_text())
    return found


def test_it_has_its_own_arguments_folder_session_and_nothing_to_read(
    processes: Processes, state: State
) -> None:
    found = told(processes, state, 0)
    assert found["argv"] == [str(state.root / "program.py"), "0", "two words"]
    assert found["folder"] == str(state.scratch)
    assert found["name"] == "__main__"
    assert found["leads"] is True
    assert found["input"] == ""


def test_it_has_its_own_environment_and_no_other(processes: Processes, state: State) -> None:
    told(processes, state, 0, ONLY_THE_FIRST="1")
    found = told(processes, state, 0)
    expected = {"PATH", "PYTHONPATH", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"}
    assert set(found["environment"]) == {*expected, "AWS_SECRET_ACCESS_KEY"}


def test_its_aws_clients_follow_its_own_environment(processes: Processes, state: State) -> None:
    told(processes, state, 0)
    found = told(processes, state, 0, AWS_ACCESS_KEY_ID="another", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (found["key"], found["region"], found["endpoint"]) == (
        "another",
        "eu-west-1",
        "http://127.0.0.1:9",
    )


def test_libraries_are_loaded_ahead_and_the_platforms_own_modules_are_not(
    processes: Processes, state: State
) -> None:
    assert told(processes, state, 0)["loaded"] == ["boto3", "aiohttp.web"]


def test_its_exit_code_is_kept(processes: Processes, state: State) -> None:
    told(processes, state, 7)


def test_one_that_cannot_have_its_folder_exits_126(processes: Processes, state: State) -> None:
    log = state.logs / "nowhere.log"
    process = processes.spawn(
        [sys.executable, "-m", "program", "0"],
        env=environment(state),
        cwd=state.root / "nowhere",
        log=log,
        name="nowhere",
    )
    assert process.wait(PATIENCE_S) == 126
    assert "not started: " in log.read_text()


def test_a_living_one_is_on_record_and_an_ended_one_takes_its_children_along(
    processes: Processes, state: State
) -> None:
    process, log = start(processes, state, "sleeper")
    child = int(read_when_written(log))
    assert " ".join(psutil.Process(process.pid).cmdline()).strip() == shlex.join(
        [sys.executable, "-m", "sleeper"]
    )
    assert str(process.pid) in [entry.name for entry in state.pids.iterdir()]
    process.signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == -signal.SIGTERM
    assert gone(child)
    assert list(state.pids.iterdir()) == []


def test_other_programs_and_other_settings_of_python_are_started_anew(
    processes: Processes, state: State
) -> None:
    taken, _ = start(processes, state, "sleeper")
    anew, _ = start(processes, state, "sleeper", PYTHONHASHSEED="1")
    shell = processes.spawn(
        ["/bin/sh", "-c", "sleep 600"], env=environment(state), cwd=state.root, log=state.logs / "x", name="x"
    )
    parents = {each.pid: psutil.Process(each.pid).ppid() for each in (taken, anew, shell)}
    for process in (taken, anew, shell):
        process.kill()
        process.wait(PATIENCE_S)
    assert parents[anew.pid] == parents[shell.pid] == os.getpid()
    assert psutil.Process(parents[taken.pid]).ppid() == os.getpid()


SANDBOX = """
import os, sys
from pathlib import Path
from sandbox.host.processes import Processes
from sandbox.host.reaper import Reaper
from sandbox.host.state import State

state = State(Path(sys.argv[1]))
reaper = Reaper(state.root, None, print)
processes = Processes(state)
processes.load_ahead(dict(os.environ))
argv = [sys.executable, "-m", "sleeper"]
processes.spawn(argv, env=dict(os.environ), cwd=state.root, log=state.root / "up", name="x")
sys.stdin.read()
"""


def test_a_killed_sandbox_leaves_neither_server_nor_program() -> None:
    state = State.create()
    (state.root / "sleeper.py").write_text(SLEEPER)
    owner = subprocess.Popen(
        [sys.executable, "-c", SANDBOX, str(state.root)], stdin=subprocess.PIPE, env=environment(state)
    )
    read_when_written(state.root / "up")
    family = psutil.Process(owner.pid).children(recursive=True)
    assert len(family) == 4, "a reaper, a server, a program and its child"
    owner.kill()
    owner.wait()
    assert [process.pid for process in family if not gone(process.pid)] == []
    assert not state.root.exists()
    assert owner.stdin is not None
    owner.stdin.close()


def test_without_its_server_nothing_is_started_and_what_ran_counts_as_killed() -> None:
    state = State.create()
    (state.root / "sleeper.py").write_text(SLEEPER)
    processes = Processes(state)
    processes.load_ahead(environment(state))
    process, log = start(processes, state, "sleeper")
    read_when_written(log)
    psutil.Process(process.pid).parent().kill()
    process.kill()
    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    with pytest.raises(OSError, match=r"fork server|Broken pipe"):
        start(processes, state, "sleeper")
    processes.close(0.0)
    state.remove()
