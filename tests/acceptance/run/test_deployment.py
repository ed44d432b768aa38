"""Starting, watching and stopping a deployment's own command; evidence, timelines and the sweep."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from aiohttp import web
from hamcrest import contains_string, none

import acceptance.run.deployment
from acceptance.config.sections import SandboxCommand
from acceptance.journeys.timeline import Stage, Timeline
from acceptance.run.deployment import Deployment, absent
from acceptance.run.sweep import main
from acceptance.waiting.errors import DeploymentDied, NotReady, UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import stays, wait_until
from tests.fake_server import serving

TEN = timedelta(seconds=10)

CHILD = """
import json, pathlib, sys
print("installing", flush=True)
pathlib.Path(sys.argv[1]).write_text(json.dumps({"preview_url": "https://x"}))
sys.stdin.read()
print("put away", flush=True)
"""


def command(source: str, within: timedelta = timedelta(seconds=20)) -> SandboxCommand:
    return SandboxCommand(("python", "-c", source, "{ready}"), within)


def test_a_deployment_starts_is_told_about_and_puts_itself_away(tmp_path: Path) -> None:
    log, told = tmp_path / "logs" / "sandbox.log", list[str]()
    deployment = Deployment.start(command(CHILD), log, say=told.append)
    assert deployment.info == {"preview_url": "https://x"}
    assert told == ["installing"]
    deployment.check()
    deployment.stop()
    deployment.stop()
    assert "put away" in log.read_text()


def test_a_deployment_that_dies_tells_its_last_words(tmp_path: Path) -> None:
    dies = "import sys; print('no port left', flush=True); sys.exit(7)"
    with pytest.raises(DeploymentDied, match=r"exit code 7(.|\n)*no port left"):
        Deployment.start(command(dies), tmp_path / "log")


def test_a_deployment_that_dies_later_is_noticed(tmp_path: Path) -> None:
    deployment = Deployment.start(command(CHILD.replace("sys.stdin.read()", "")), tmp_path / "log")
    with pytest.raises(DeploymentDied):
        wait_until(
            deployment.check,
            DescribedMatcher[None]("died", lambda _: False, str),
            what="x",
            within=timedelta(seconds=10),
        )


def test_a_deployment_of_which_a_part_ended_is_given_up_while_it_still_puts_everything_away(
    tmp_path: Path,
) -> None:
    loses = """
print("sandbox: could not go", flush=True)
sys.stdin.readline()
print("could not go on: the load balancer's process ended (signal 9) at ", end="", flush=True)
sys.stdin.readline()
print("2026-11-24T20:00:00Z", flush=True)
sys.stdin.read()
"""
    deployment = Deployment.start(command(CHILD.replace("sys.stdin.read()", loses)), tmp_path / "log")
    child = deployment._child
    assert child is not None
    assert child.stdin is not None
    deployment.check()
    child.stdin.write(b"\n")
    child.stdin.flush()
    wait_until((tmp_path / "log").read_text, contains_string("(signal 9) at "), what="x", within=TEN)
    deployment.check()
    child.stdin.write(b"\n")
    child.stdin.flush()
    wait_until((tmp_path / "log").read_text, contains_string("00Z"), what="x", within=TEN)
    with pytest.raises(DeploymentDied, match=r"^the load balancer's process ended \(signal 9\) at 2026-.*Z$"):
        deployment.check()
    deployment.stop()


def test_a_sandbox_that_is_used_is_given_up_once_it_answers_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(acceptance.run.deployment, "GONE_S", 0.5)
    monkeypatch.setattr(acceptance.run.deployment, "LOOK_S", 0.1)

    async def info(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"preview_url": "https://x"})

    with serving(info) as origin:
        deployment = Deployment.attach(f"{origin}/")
        deployment.check()
    first = time.monotonic()
    with pytest.raises(DeploymentDied, match=f"the sandbox at {origin}/ answers no longer"):
        stays(deployment.check, none(), what="x", during=TEN)
    assert time.monotonic() - first > 0.5, "a machine may be busy"


def test_a_deployment_that_never_gets_ready_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"not within 0\.5 s"):
        Deployment.start(command("import sys; sys.stdin.read()", timedelta(seconds=0.5)), tmp_path / "log")
    assert not [child for child in psutil.Process().children() if str(tmp_path) in " ".join(child.cmdline())]


def test_nothing_is_left_when_the_suite_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    child = CHILD.replace(
        "print(", f"import os; pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid())); print(", 1
    )
    suite = (
        "import pathlib, sys, threading; from datetime import timedelta\n"
        "from acceptance.run.deployment import Deployment; from acceptance.config.sections import SandboxCommand\n"
        f"d = Deployment.start(SandboxCommand(('python', '-c', {child!r}, '{{ready}}'), timedelta(seconds=20)), "
        f"pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "print('up', flush=True); threading.Event().wait()"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", suite], stdout=subprocess.PIPE, cwd=root) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        os.kill(running.pid, signal.SIGKILL)
    left = int(pid_file.read_text())
    wait_until(
        lambda: psutil.pid_exists(left) and psutil.Process(left).status() != psutil.STATUS_ZOMBIE,
        DescribedMatcher[bool]("gone", lambda alive: not alive, str),
        what=f"process {left}",
        within=timedelta(seconds=10),
        transient=(psutil.NoSuchProcess,),
    )


def test_attaching_reads_the_info_document() -> None:
    async def info(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"preview_url": "https://x"})

    async def other(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="hello")

    with serving(info) as origin:
        assert Deployment.attach(f"{origin}/").info == {"preview_url": "https://x"}
    with serving(other) as origin, pytest.raises(UnexpectedAnswer):
        Deployment.attach(f"{origin}/")
    with pytest.raises(Unreachable):
        Deployment.attach("http://127.0.0.1:9/")


def test_a_sandbox_that_is_not_there_is_told_with_its_address() -> None:
    assert list(absent({"profile": "any"})) == []
    (told,) = absent({"sandbox": "http://127.0.0.1:1/"})
    assert told.startswith("-D sandbox=http://127.0.0.1:1/: no sandbox answers there (")
    assert "connection refused" in told
    assert "`make sandbox`" in told


def test_a_timeline_keeps_first_marks_and_tells_what_never_came() -> None:
    timeline = Timeline()
    timeline.mark(Stage.ASKED, 10.0)
    timeline.mark(Stage.FIRST_200, 12.5)
    timeline.mark(Stage.FIRST_200, 99.0)
    timeline.mark(Stage.ON_RECORD, 10.25)
    assert timeline.seconds() == {"asked": 0, "on record": 0.25, "first 200": 2.5}
    assert timeline.since_asked(Stage.FIRST_200) == timedelta(seconds=2.5)
    assert "first 200 2.5 s; never: task started, target healthy, HMR connected, first update" in str(
        timeline
    )
    with pytest.raises(KeyError, match="HMR connected was never seen"):
        timeline.since_asked(Stage.HMR_CONNECTED)


def test_the_sweep_wants_to_know_which_sandbox() -> None:
    assert main([str(Path(__file__).resolve().parents[3] / "deployments" / "sandbox.toml")]) == 2
    assert main(["/no/such.toml"]) == 2
