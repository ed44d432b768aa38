"""The steps of a small project: each is one way for a scenario to end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from behave import given, then, when
from behave.runner import Context

from acceptance.waiting.active_waits import WAITS
from acceptance.waiting.errors import DeploymentDied
from acceptance.waiting.view import VIEW
from tests.acceptance.gate.small_project import SECRET


@given("all is well")
def well(_context: Context) -> None:
    pass


@given("there is light")
def light(_context: Context) -> None:
    raise AssertionError("expected: light\n  but: was <dark>")


@given("somebody looks")
def looks(_context: Context) -> None:
    breakpoint()


@then("it fails")
def fails(_context: Context) -> None:
    raise AssertionError("expected: light\n  but: was <dark>")


@then("it fails the second time")
def fails_second(_context: Context) -> None:
    before = len(list(Path().glob("time-*")))
    Path(f"time-{before + 1}").touch(exist_ok=False)
    assert before != 1, "it was the second time"


@then("it tells a secret")
def tells(_context: Context) -> None:
    raise RuntimeError(f"asked with ?token={SECRET} and failed")


@when("what the worker tells is spoilt")
def spoilt(context: Context) -> None:
    with (context.folder / "live.ndjson").open("a") as live:
        live.write("{no json\n")
    threading.Event().wait(60)


@when("behave ends at once")
def ends(_context: Context) -> None:
    os._exit(0)


@when("behave is killed")
def killed(_context: Context) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@when("it waits for {what}")
def waits(_context: Context, what: str) -> None:
    with WAITS.during(what, time.monotonic()):
        threading.Event().wait(60)


@when("it waits a moment")
def moment(_context: Context) -> None:
    with WAITS.during("a moment", time.monotonic()):
        threading.Event().wait(1.2)


@when("the sandbox dies")
def dies(_context: Context) -> None:
    threading.Event().wait(1.0)
    VIEW.lose(DeploymentDied("the load balancer's process ended (signal 9) at 2026-11-24T20:00:00Z"))
    VIEW.check()


@when("a process is left running")
def leaves_process(_context: Context) -> None:
    nowhere = subprocess.DEVNULL
    subprocess.Popen(["sleep", "60"], start_new_session=True, stdin=nowhere, stdout=nowhere, stderr=nowhere)


@when("a file is left in the temporary folder")
def leaves_file(_context: Context) -> None:
    (Path(tempfile.gettempdir()) / "left.txt").write_text("x")
