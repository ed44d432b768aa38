"""The bench's parts on stand-ins: what they ask of the platform, and what they make of its answers."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from acceptance.bench import crowds
from acceptance.bench.cold_start import in_order, stamps_of
from acceptance.bench.crowds import CrowdSize
from acceptance.bench.hmr import local_folder, silent_s
from acceptance.bench.latency import WARM_UP, ask, timed_ms
from acceptance.bench.notice import falls_asleep, since, task_runs
from acceptance.bench.spread import spread
from acceptance.bench.stand import QUICK, Stand
from acceptance.bench.waiter import stable
from acceptance.bench.whole_run import behave_arguments
from acceptance.drivers.ecs import Task
from acceptance.drivers.open_page import Frame
from acceptance.journeys.customer_session import CustomerSession
from acceptance.run.run import Run
from acceptance.waiting.errors import NoData, UnexpectedAnswer

NOW = datetime.now(UTC)


def stand(*, info: dict[str, object] | None = None, folder: Path = Path(), **platform: object) -> Stand:
    """A stand on a stand-in for the platform, with what a test gives it."""
    run = SimpleNamespace(
        deployment=SimpleNamespace(info=info or {}),
        platform=SimpleNamespace(**platform),
        new_client=lambda: "c-1",
    )
    return Stand(cast(Run, run), {"profile": "deployments/x.toml"}, QUICK, folder, lambda _line: None)


def session(session_id: str = "s-1", asked_at: datetime = NOW) -> CustomerSession:
    """A session of somebody."""
    customer = SimpleNamespace(client_id="c-1", user_id="anna@customers.example")
    return cast(CustomerSession, SimpleNamespace(session_id=session_id, asked_at=asked_at, customer=customer))


def task(**stamps: datetime | None) -> Task:
    """A task that runs, with stamps."""
    none = Task(
        arn="a/b", group="service:edit", last_status="RUNNING", desired_status="RUNNING", ip=None, created_at=None,
        started_at=None, stopped_at=None, stop_code=None, stopped_reason=None, exec_ready=True,
    )  # fmt: skip
    return replace(none, **stamps)  # type: ignore[arg-type]


def patience(**seconds: float) -> SimpleNamespace:
    """A profile that knows these spans of patience."""
    return SimpleNamespace(
        patience=SimpleNamespace(**{name: timedelta(seconds=value) for name, value in seconds.items()})
    )


def test_behave_is_given_the_deployment_that_is_up_and_writes_into_the_benchs_folder() -> None:
    words = behave_arguments(
        stand(info={"info_url": "http://127.0.0.1:1/"}), Path("/f"), Path("/f/results.json")
    )
    assert words[0] == QUICK.features[0]
    defines = dict(word.split("=", 1) for word in words[2::2])
    assert defines == {
        "profile": "deployments/x.toml",
        "results": "/f/results.json",
        "reports": "/f",
        "report": "none",
        "sandbox": "http://127.0.0.1:1/",
    }


def test_a_deployment_elsewhere_is_found_by_its_profile_alone() -> None:
    assert not any("sandbox=" in word for word in behave_arguments(stand(), Path("/f"), Path("/r")))


def test_stamps_are_seconds_since_the_request_and_those_not_written_are_left_out() -> None:
    record = SimpleNamespace(
        task_arn="a/b", created_at=NOW + timedelta(seconds=0.5), started_at=NOW + timedelta(seconds=4)
    )
    fleet = SimpleNamespace(task=lambda _arn: task(started_at=NOW + timedelta(seconds=1.25)))
    on = stand(records=SimpleNamespace(get=lambda _id: record), fleet=fleet)
    assert stamps_of(on, session()) == {"record written": 0.5, "task started": 1.25, "session active": 4.0}


def test_a_session_without_a_task_has_the_stamps_of_its_record() -> None:
    record = SimpleNamespace(task_arn=None, created_at=NOW, started_at=None)
    assert stamps_of(stand(records=SimpleNamespace(get=lambda _id: record)), session()) == {
        "record written": 0.0
    }


def test_stages_are_told_in_the_order_expected_whichever_was_seen_first() -> None:
    seen = {name: spread([1.0]) for name in ("asked", "first 200", "target healthy")}
    assert list(in_order(seen)) == ["asked", "target healthy", "first 200"]


def test_the_first_crowd_that_does_not_become_live_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    on = replace(stand(), plan=replace(QUICK, crowds=(1, 3, 10)))
    monkeypatch.setattr(
        crowds, "_size", lambda _stand, count: CrowdSize(count, problem="late" if count == 3 else None)
    )
    assert [size.sessions for size in crowds.measure(on).sizes] == [1, 3]


def test_a_task_is_noticed_after_it_was_scaled_up_and_late_by_its_own_stamp() -> None:
    scaled: list[tuple[str, int]] = []
    running: list[Task] = []

    def scale(role: str, desired: int) -> None:
        scaled.append((role, desired))
        running.append(task(started_at=datetime.now(UTC) - timedelta(seconds=7)))

    fleet = SimpleNamespace(scale=scale, running=lambda _role: tuple(running))
    late = task_runs(stand(fleet=fleet, profile=patience(wake=5, poll=0.01)))
    assert scaled == [("edit", 1)]
    assert 7 <= late < 8


def test_a_task_without_a_stamp_was_noticed_nobody_knows_how_late() -> None:
    fleet = SimpleNamespace(scale=lambda _role, _desired: None, running=lambda _role: (task(),))
    with pytest.raises(NoData, match="not stamped"):
        task_runs(stand(fleet=fleet, profile=patience(wake=5, poll=0.01)))


def test_the_platform_sleeps_since_the_last_task_of_any_service_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "acceptance.bench.stand.CustomerSessions",
        lambda _platform: SimpleNamespace(until_asleep=lambda: None),
    )
    stopped = {
        "hermes": datetime.now(UTC) - timedelta(seconds=3),
        "edit": datetime.now(UTC) - timedelta(seconds=9),
    }
    on = stand(fleet=SimpleNamespace(history=lambda role: (task(stopped_at=stopped[role]), task())))
    assert 3 <= falls_asleep(on) < 4
    with pytest.raises(NoData, match="no stopped task"):
        falls_asleep(stand(fleet=SimpleNamespace(history=lambda _role: (task(),))))


def test_since_counts_from_a_stamp_until_now() -> None:
    assert 60 <= since(datetime.now(UTC) - timedelta(minutes=1)) < 61


def test_a_workspace_that_is_no_folder_here_is_elsewhere(tmp_path: Path) -> None:
    for place, found in ((tmp_path, tmp_path), (tmp_path / "elsewhere", None)):
        workspace = SimpleNamespace(folder=str(place))
        assert local_folder(cast(CustomerSession, SimpleNamespace(workspace=workspace))) == found


def test_silence_counts_from_the_last_message() -> None:
    frames = [Frame(3.0, "connected", {}), Frame(5.5, "update", {})]
    assert silent_s(frames, 6.0) == 0.5
    assert silent_s([], 6.0) > 1e9


@pytest.mark.parametrize(
    ("deployments", "running", "desired", "holds"), [(1, 1, 1, True), (2, 1, 1, False), (1, 0, 1, False)]
)
def test_a_service_is_stable_by_the_waiters_own_words(
    deployments: int, running: int, desired: int, holds: bool
) -> None:
    service = {"deployments": [{}] * deployments, "runningCount": running, "desiredCount": desired}
    assert stable().matches(service) is holds


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """Answers 200 at /good and 503 elsewhere, on connections that stay open."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/good" else 503)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def test_a_request_that_is_not_answered_with_200_is_no_measurement(server: ThreadingHTTPServer) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)) as connection:
        for _ in range(WARM_UP):
            ask(connection, "/good")
        with pytest.raises(UnexpectedAnswer, match="expected 200, found 503"):
            ask(connection, "/bad")


def test_a_call_is_timed_in_milliseconds() -> None:
    assert 50 <= timed_ms(lambda: threading.Event().wait(0.05)) < 1000
