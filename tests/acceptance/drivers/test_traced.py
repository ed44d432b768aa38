"""What the drivers tell of themselves for a scenario's time line: what was asked, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from acceptance.drivers.ecs import EcsServices
from acceptance.drivers.hmr import HmrSocket
from acceptance.drivers.http import HttpClient
from acceptance.drivers.open_page import Frame
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.drivers.shell import MountedShell
from acceptance.waiting.errors import Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.trace import TRACE, Lane, Trace
from acceptance.waiting.waits import wait_until
from tests.acceptance.drivers.names import NAMES
from tests.acceptance.drivers.test_aws_view import ScriptedAws, ecs, server
from tests.acceptance.drivers.test_ecs import Ecs
from tests.acceptance.drivers.test_hmr import BASE, DevServer
from tests.acceptance.drivers.test_http_drivers import Server
from tests.fake_server import serving

__all__ = ["ecs", "server"]

SOON = timedelta(seconds=10)


@pytest.fixture(autouse=True)
def trace() -> Iterator[Trace]:
    """A scenario has begun."""
    TRACE.begin()
    yield TRACE
    TRACE.end()


def told(trace: Trace, lane: Lane) -> list[tuple[str, str, str, bool]]:
    """What is in a lane."""
    events = [event for event in trace.end() if event.lane is lane]
    return [(event.title, event.detail, event.outcome, event.fine) for event in events]


def test_requests_and_their_answers(trace: Trace) -> None:
    site = Server()
    site.page("/x/", "<p>Hello")
    with serving(site.handle) as origin:
        HttpClient(origin, ca_file=None, timeout=SOON).get("/x/")
        HttpClient(origin, ca_file=None, timeout=SOON).send("POST", "/none?a=b", body=b'{"wish": 1}')
        RawHttpClient(origin, ca_file=None, timeout=SOON).send("GET", "/%2e/")
    with pytest.raises(Unreachable):
        HttpClient(origin, ca_file=None, timeout=SOON).get("/gone")
    first, second, *rest = told(trace, Lane.REQUESTS)
    assert first == ("GET /x/", "", "200 text/html", True)
    error = '404 application/json {"error": {"code": "not_found", "message": "no"}}'
    assert second == ("POST /none?a=b", '{"wish": 1}', error, False)
    assert [(title, fine) for title, _, _, fine in rest] == [("GET /%2e/", False), ("GET /gone", False)]
    assert rest[1][2].startswith("Unreachable: GET http://")


def test_calls_to_aws_and_what_was_asked(trace: Trace, server: ScriptedAws, ecs: Any) -> None:
    server.answers = [(200, ""), (400, "ClusterNotFoundException")]
    ecs.list_tasks(cluster="live")
    with pytest.raises(ClientError):
        ecs.list_tasks(cluster="live")
    asked = '{"cluster": "live"}'
    assert told(trace, Lane.AWS) == [
        ("ECS ListTasks", asked, "200", True),
        ("ECS ListTasks", asked, "400 ClusterNotFoundException", False),
    ]


def test_a_call_without_an_answer(trace: Trace, server: ScriptedAws, ecs: Any) -> None:
    server.answers = [(0, "")]
    with pytest.raises(Exception, match="AWS does not answer"):
        ecs.run_task(taskDefinition="edit")
    ((title, _, outcome, fine),) = told(trace, Lane.AWS)
    assert (title, outcome.partition(":")[0], fine) == ("ecs RunTask", "ConnectionClosedError", False)


def test_task_counts_when_they_change(trace: Trace) -> None:
    scripted: Any = Ecs()
    fleet = EcsServices(scripted, NAMES)
    fleet.all_counts()
    fleet.counts("edit")
    counts = "desired 0, running 0, pending 0"
    assert told(trace, Lane.TASKS) == [("hermes", "", counts, True), ("edit", "", counts, True)]


def test_what_reaches_an_open_page_and_its_end(trace: Trace) -> None:
    dev = DevServer()
    with serving(dev.handle) as origin:
        web = HttpClient(origin, ca_file=None, timeout=SOON)
        with HmrSocket.open(web, origin + BASE, within=SOON) as page:
            dev.say({"type": "full-reload"})
            arrived = DescribedMatcher[tuple[Frame, ...]]("two frames", lambda seen: len(seen) > 1, str)
            wait_until(page.frames, arrived, what="page", within=SOON)
    outcomes = [outcome for _, _, outcome, _ in told(trace, Lane.PAGES)]
    assert outcomes == [
        'connected {"type": "connected"}',
        'full-reload {"type": "full-reload"}',
        "not connected: the visitor left",
    ]


def test_commands_and_how_they_ended(trace: Trace, tmp_path: Path) -> None:
    MountedShell(tmp_path, SOON).run("echo well; exit 3")
    assert told(trace, Lane.COMMANDS) == [("on this machine", "echo well; exit 3", "exit code 3 well", True)]
