"""A sandbox leaves nothing behind, however it ends: no process, no folder."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from sandbox.command_line import LOST
from sandbox.host.reaper import PREFIX
from sandbox.information import running
from sandbox.services.edit.fence import in_force

PROJECT = Path(__file__).resolve().parents[2]
START_S = 120.0
GONE_S = 10.0

# Stands for behave: starts the sandbox with a pipe as its input, says its pid and its exit code, and does nothing more.
PARENT = """
import subprocess, sys, threading
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=2, start_new_session=True)
print(child.pid, flush=True)
print(child.wait(), flush=True)
threading.Event().wait()
"""


@dataclass
class Started:
    """A sandbox under a parent. `folder` is its state folder, `family` the pids of all its processes."""

    parent: subprocess.Popen[str]
    pid: int
    folder: Path
    family: list[psutil.Process]
    log: Path
    ready: Path
    told: dict[str, Any]

    def part(self, words: str) -> psutil.Process:
        """The process whose command line has these words."""
        [found] = [process for process in self.family if words in " ".join(process.cmdline())]
        return found

    def left(self) -> list[str]:
        """What is left of it, in words."""
        living = [process for process in self.family if _lives(process)]
        return [str(process) for process in living] + [
            str(p) for p in (self.folder, self.ready) if p.exists()
        ]


def _lives(process: psutil.Process) -> bool:
    """It may end between two looks at it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


@pytest.fixture
def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Started]:
    """A run's, or with the options that the test is given."""
    ready = tmp_path / "ready.json"
    options = getattr(request, "param", ["--while-stdin-open"])
    command = [sys.executable, "-m", "sandbox", "up", *options, "--ready-file", str(ready)]
    with (tmp_path / "log").open("wb") as log:
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, *command],
            cwd=PROJECT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    try:
        eventually(ready.exists, START_S, "the ready file")
        told = json.loads(ready.read_text())
        child = psutil.Process(pid)
        family = [child, *child.children(recursive=True)]
        yield Started(parent, pid, Path(told["logs"]).parent, family, tmp_path / "log", ready, told)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        parent.kill()
        parent.wait()
        parent.stdout.close()
        eventually(lambda: not psutil.pid_exists(pid), GONE_S, "the end of the sandbox")


def eventually(holds: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait for a state; AssertionError when it does not come."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"expected {what} within {within_s} s"
        time.sleep(0.05)


def gone(sandbox: Started) -> None:
    """Within ten seconds nothing of the sandbox is left."""
    deadline = time.monotonic() + GONE_S
    while sandbox.left() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sandbox.left() == []


def test_it_runs_envoy_the_session_api_and_the_reaper(sandbox: Started) -> None:
    commands = [" ".join(process.cmdline()) for process in sandbox.family]
    for part in ("envoy", "sandbox.lambda_.host", "reaper"):
        assert any(part in command for command in commands), (part, commands)
    assert str(sandbox.folder.name).startswith(PREFIX)


def command(*words: str) -> tuple[int, str]:
    """The sandbox's command line: exit code, and what it said."""
    run = subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stdout


def test_who_knows_its_document_can_use_it_and_nobody_ends_a_runs_sandbox(sandbox: Started) -> None:
    told = sandbox.told
    assert sandbox.folder in [Path(found.endpoints.logs).parent for found in running()]
    curl = shlex.split(told["api_example"])
    answer = requests.post(
        curl[-1], json=json.loads(curl[curl.index("--json") + 1]), verify=told["ca_file"], timeout=30
    )
    assert answer.status_code == 202
    code, said = command("status", "--id", told["id"])
    assert code == 0
    assert told["fence"] == in_force()
    assert [
        key
        for key in ("access_key", "secret_key", "file_system", "cluster", "fence")
        if told[key] not in said
    ] == []
    assert f"sandbox {told['id']}: process {sandbox.pid}" in command("status", "--all")[1]
    for words in (("down",), ("down", "--id", told["id"])):
        code, said = command(*words)
        assert (code, sandbox.left() != []) == (1, True), said


def test_nothing_is_left_when_its_parent_is_killed(sandbox: Started) -> None:
    sandbox.parent.kill()
    gone(sandbox)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_is_ended_by(sandbox: Started, number: signal.Signals) -> None:
    os.kill(sandbox.pid, number)
    gone(sandbox)


@pytest.mark.parametrize("sandbox", [["--idle", "20"]], indirect=True)
def test_a_persons_sandbox_is_ended_by_name(sandbox: Started) -> None:
    assert (sandbox.told["started_by"], sandbox.told["idle_timeout_s"]) == ("person", 20.0)
    code, said = command("down", "--id", sandbox.told["id"])
    assert code == 0, said
    gone(sandbox)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("envoy", "the load balancer's process"),
        ("sandbox.lambda_.host", "the session API's process"),
        ("sandbox.host.forkserver", "the process that tasks are started from"),
        ("reaper", "the process that clears up"),
    ],
)
def test_a_part_that_ends_unasked_ends_it_with_the_reason(sandbox: Started, words: str, name: str) -> None:
    sandbox.part(words).kill()
    assert sandbox.parent.stdout is not None
    assert int(sandbox.parent.stdout.readline()) == LOST
    gone(sandbox)
    last = sandbox.log.read_text().splitlines()[-1]
    assert re.fullmatch(rf"could not go on: {name} ended \(signal 9\) at [-0-9]+T[:0-9]+Z", last)


def test_an_end_that_was_asked_for_is_no_loss(sandbox: Started) -> None:
    os.kill(sandbox.pid, signal.SIGTERM)
    assert sandbox.parent.stdout is not None
    assert int(sandbox.parent.stdout.readline()) == 0
    assert "could not go on" not in sandbox.log.read_text()
