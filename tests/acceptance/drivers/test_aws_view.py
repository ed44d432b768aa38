"""What a failing call to AWS means: no answer, credentials that are not taken, or an answer that is an error."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from acceptance.config.sections import Aws
from acceptance.drivers import aws
from acceptance.drivers.aws import Clients
from acceptance.waiting import view
from acceptance.waiting.errors import CredentialsEnded, DeploymentDied, NotObserved, ViewLost
from acceptance.waiting.view import View

DROP = (0, "")
"""An answer that is none: the connection is closed."""


class ScriptedAws(ThreadingHTTPServer):
    """Answers each call with the next of `answers`, (status, error code), the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, str]] = []
        self.calls: Counter[str] = Counter()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server: Any = self.server
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        target = str(self.headers.get("X-Amz-Target", ""))
        server.calls[target.rpartition(".")[2]] += 1
        status, code = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        if not status:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        answer = {"__type": code, "message": "so it is"} if code else {"tasks": [], "failures": []}
        # STS speaks XML, and names no target.
        error = (
            f"<ErrorResponse><Error><Code>{code}</Code><Message>so it is</Message></Error></ErrorResponse>"
        )
        body = (json.dumps(answer) if target else error).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedAws]:
    monkeypatch.setattr(aws, "AGAIN_S", 0.4)
    monkeypatch.setattr(aws, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(aws, "VIEW", View())
    made = ScriptedAws()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def ecs(server: ScriptedAws) -> Any:
    return Clients(Aws("us-east-1", f"http://127.0.0.1:{server.server_address[1]}", "k", "s")).of("ecs")


@pytest.mark.parametrize("bad", [(400, "ThrottlingException"), (503, "ServiceUnavailable"), (500, ""), DROP])
def test_a_read_that_is_not_answered_is_made_again(
    server: ScriptedAws, ecs: Any, bad: tuple[int, str]
) -> None:
    server.answers = [bad, bad, (200, "")]
    assert ecs.describe_tasks(tasks=["t"])["tasks"] == []
    assert server.calls["DescribeTasks"] == 3


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ((400, "ThrottlingException"), r"ECS DescribeTasks: ThrottlingException \(400\): the suite asks too often"),
        ((503, "ServiceUnavailable"), r"ECS DescribeTasks: ServiceUnavailable \(503\): AWS itself has failed"),
        (DROP, "AWS does not answer ecs DescribeTasks: ConnectionClosedError"),
    ],
)  # fmt: skip
def test_a_read_that_is_never_answered_has_seen_nothing(
    server: ScriptedAws, ecs: Any, bad: tuple[int, str], why: str
) -> None:
    server.answers = [bad]
    with pytest.raises(NotObserved, match=why):
        ecs.describe_tasks(tasks=["t"])
    assert server.calls["DescribeTasks"] > 2


@pytest.mark.usefixtures("server")
def test_where_nobody_listens_nothing_is_seen() -> None:
    gone = Clients(Aws("us-east-1", "http://127.0.0.1:9", "k", "s")).of("dynamodb")
    with pytest.raises(NotObserved, match="AWS does not answer dynamodb ListTables: EndpointConnectionError"):
        gone.list_tables()


@pytest.mark.parametrize("bad", [(503, "ServiceUnavailable"), DROP])
def test_what_starts_something_is_never_said_twice_when_it_may_have_been_heard(
    server: ScriptedAws, ecs: Any, bad: tuple[int, str]
) -> None:
    server.answers = [bad, (200, "")]
    with pytest.raises(NotObserved):
        ecs.run_task(taskDefinition="edit")
    assert server.calls["RunTask"] == 1


def test_a_count_may_be_set_twice_and_a_deployment_may_not(server: ScriptedAws, ecs: Any) -> None:
    server.answers = [DROP, (200, "")]
    ecs.update_service(service="edit", desiredCount=0)
    assert server.calls["UpdateService"] == 2
    server.answers = [DROP, (200, "")]
    with pytest.raises(NotObserved):
        ecs.update_service(service="edit", forceNewDeployment=True)
    assert server.calls["UpdateService"] == 3


def test_what_starts_something_is_said_again_when_it_was_refused_for_its_rate(
    server: ScriptedAws, ecs: Any
) -> None:
    server.answers = [(400, "ThrottlingException"), (200, "")]
    ecs.run_task(taskDefinition="edit")
    assert server.calls["RunTask"] == 2


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_credentials_that_are_not_taken_end_the_view_at_once(
    server: ScriptedAws, ecs: Any, code: str
) -> None:
    server.answers = [(400, code)]
    with pytest.raises(
        CredentialsEnded, match=f"AWS does not take the credentials: ECS DescribeTasks: {code}"
    ):
        ecs.describe_tasks(tasks=["t"])
    assert server.calls["DescribeTasks"] == 1


def test_what_the_credentials_do_not_allow_was_not_seen(server: ScriptedAws, ecs: Any) -> None:
    server.answers = [(400, "AccessDeniedException")]
    with pytest.raises(NotObserved, match="the credentials do not allow it") as caught:
        ecs.describe_tasks(tasks=["t"])
    assert not isinstance(caught.value, ViewLost)


def test_an_error_that_is_an_answer_stays_one(server: ScriptedAws, ecs: Any) -> None:
    server.answers = [(400, "ClusterNotFoundException")]
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        ecs.describe_tasks(tasks=["t"])
    assert server.calls["DescribeTasks"] == 1


def test_what_calls_take_is_told_of_their_thread(
    server: ScriptedAws, ecs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeing = View()
    monkeypatch.setattr(aws, "VIEW", seeing)
    server.answers = [(500, ""), (500, ""), (200, "")]
    ecs.describe_tasks(tasks=["t"])
    assert seeing.spent_s() > 0.0
    elsewhere: list[float] = []
    thread = threading.Thread(target=lambda: elsewhere.append(seeing.spent_s()))
    thread.start()
    thread.join()
    assert elsewhere == [0.0]


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_the_view_is_lost_once_nothing_has_answered_for_long() -> None:
    clock = Clock()
    seeing = View(clock)
    seeing.missed("first")
    clock.at = view.BLIND_S - 1
    seeing.answered()
    seeing.missed("second")
    clock.at += view.BLIND_S - 1
    seeing.missed("third")
    assert seeing.lost is None
    clock.at += 1
    with pytest.raises(ViewLost, match="AWS gave no answer for 30 s: fourth"):
        seeing.missed("fourth")


def test_the_first_cause_stays_the_cause() -> None:
    def died() -> None:
        raise DeploymentDied("the load balancer's process ended")

    seeing = View()
    seeing.stand_on(died)
    for _ in range(2):
        with pytest.raises(DeploymentDied, match="load balancer"):
            seeing.check()
        seeing.lose(ViewLost("something later"))
    assert isinstance(seeing.settle(), DeploymentDied)


def test_a_cause_is_given_a_moment_to_show_itself() -> None:
    looks = iter([False, False, True])

    def dies_soon() -> None:
        if next(looks):
            raise DeploymentDied("the load balancer's process ended")

    seeing = View()
    seeing.stand_on(dies_soon, settles_s=9.0)
    assert isinstance(seeing.settle(), DeploymentDied)


def test_a_role_that_is_no_longer_granted_ends_the_view_at_once(
    server: ScriptedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a job, credentials are a role's, taken anew by the job's token before each hour is over."""
    token = tmp_path / "token"
    token.write_text("expired")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/acceptance")
    url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    server.answers = [(400, "InvalidIdentityToken")]
    with pytest.raises(CredentialsEnded, match=r"no credentials for AWS: .*AssumeRoleWithWebIdentity"):
        Clients(Aws("us-east-1", url)).of("ecs").describe_tasks(tasks=["t"])
    assert server.calls["DescribeTasks"] == 0
