"""The Lambda host: the load balancer's event contract, and the child process behind a real load balancer."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.alb.envoy_routes import GROUP_HEADER
from sandbox.host.processes import Processes
from sandbox.host.state import State
from sandbox.lambda_ import event as lambda_event
from sandbox.lambda_.event import BadAnswerError
from sandbox.lambda_.function import InvocationError, LambdaFunction
from sandbox.lambda_.host import TOKEN_HEADER
from tests.sandbox.alb.alb_stand import Edge, browser, edge

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:api"
HANDLER = """
    import json, os, threading

    together = threading.Barrier(2, timeout=5)

    def handle(event, context):
        if "Records" in event:
            return {"heard": event["Records"][0]["Sns"]["Message"]}
        path = event.get("path", "")
        if path.endswith("/raise"):
            raise ValueError("told to")
        if path.endswith("/nothing"):
            return None
        if path.endswith("/exact"):
            return {"statusCode": 418, "statusDescription": "418 Teapot", "headers": {"X-Own": "yes"},
                    "body": "aGk=", "isBase64Encoded": True}
        if path.endswith("/big"):
            return {"statusCode": 200, "body": "x" * (1 << 20) + "x"}
        if path.endswith("/together"):
            together.wait()
        return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}
"""


def event(**changes: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "target_group_arn": "arn:tg",
        "method": "POST",
        "target": "/api/x?a=%20b&a=c%2Fd&flag",
        "headers": [("Content-Type", "application/json; charset=utf-8"), ("X-Twice", "1"), ("x-twice", "2")],
        "body": b'{"k": "\xc3\xa4"}',
        "multi_value": False,
    }
    return lambda_event.event(**request | changes)


def test_an_event_has_the_albs_shape() -> None:
    assert event() == {
        "requestContext": {"elb": {"targetGroupArn": "arn:tg"}},
        "httpMethod": "POST",
        "path": "/api/x",
        "queryStringParameters": {"a": "c%2Fd", "flag": ""},
        "headers": {"content-type": "application/json; charset=utf-8", "x-twice": "2"},
        "body": '{"k": "ä"}',
        "isBase64Encoded": False,
    }


def test_multi_value_headers_replace_the_single_ones() -> None:
    made = event(multi_value=True)
    assert made["multiValueHeaders"]["x-twice"] == ["1", "2"]
    assert made["multiValueQueryStringParameters"] == {"a": ["%20b", "c%2Fd"], "flag": [""]}
    assert not {"headers", "queryStringParameters"} & made.keys()


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ([("content-type", "text/plain")], False),
        ([("content-type", "application/xml")], False),
        ([("content-type", "application/javascript")], False),
        ([("content-type", "application/octet-stream")], True),
        ([("content-type", "multipart/form-data; boundary=x")], True),
        ([("content-type", "application/json"), ("content-encoding", "gzip")], True),
        ([], True),
    ],
)
def test_a_body_that_is_no_known_text_comes_in_base64(headers: list[tuple[str, str]], encoded: bool) -> None:
    made = event(headers=headers, body=b"body")
    assert (made["isBase64Encoded"], made["body"]) == (encoded, "Ym9keQ==" if encoded else "body")


def test_an_empty_body_is_empty_text() -> None:
    made = event(headers=[], body=b"")
    assert (made["isBase64Encoded"], made["body"]) == (False, "")


@pytest.mark.parametrize(
    ("returned", "what"),
    [
        (None, "expected a mapping"),
        ({"body": "x"}, "statusCode"),
        ({"statusCode": "200"}, "statusCode"),
        ({"statusCode": True}, "statusCode"),
        ({"statusCode": 200, "body": {"a": 1}}, "body: expected text"),
        ({"statusCode": 200, "body": "?", "isBase64Encoded": True}, "body: expected base64"),
        ({"statusCode": 200, "body": "x" * (1 << 20) + "x"}, "at most"),
        ({"statusCode": 200, "headers": ["x"]}, "headers: expected a mapping"),
        ({"statusCode": 200, "headers": {"x": ["y"]}}, "headers: expected text"),
    ],
)
def test_an_answer_that_no_load_balancer_can_pass_on_is_refused(returned: object, what: str) -> None:
    with pytest.raises(BadAnswerError, match=what):
        lambda_event.answer(returned, multi_value=False)


def test_an_answer_keeps_its_headers_but_not_its_framing() -> None:
    returned = {"statusCode": 201, "headers": {"X-A": "1", "Content-Length": "999"}, "body": "ä"}
    answer = lambda_event.answer(returned, multi_value=False)
    assert (answer.status, answer.headers, answer.body) == (201, [("X-A", "1")], "ä".encode())
    many = {"statusCode": 200, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}}
    assert lambda_event.answer(many, multi_value=True).headers == [
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]


@pytest.fixture(scope="module")
def alb() -> Iterator[Edge]:
    with edge() as made:
        yield made


@pytest.fixture(scope="module")
def function(alb: Edge) -> LambdaFunction:
    folder = alb.state.scratch
    (folder / "made_up.py").write_text(textwrap.dedent(HANDLER))
    root = Path(__file__).parents[3]
    started = LambdaFunction.start(
        alb.processes,
        [sys.executable, "-m", "sandbox.lambda_.host", "made_up:handle"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{root}{os.pathsep}{folder}"},
        cwd=folder,
        log=alb.state.logs / "session-api.log",
    )
    alb.rule(10, ["/api/*"], alb.function_group("api", FUNCTION))
    alb.balancer.attach_function(FUNCTION, started.alb_port)
    alb.balancer.settled(5)
    return started


@pytest.fixture(scope="module")
def web(alb: Edge, function: LambdaFunction) -> requests.Session:
    assert function.process.poll() is None
    return browser(alb.ca)


def test_the_function_sees_what_the_client_sent(alb: Edge, web: requests.Session) -> None:
    spoofed = {"x-alb-target-group-arn": "arn:spoofed"}
    answer = web.post(f"{alb.url}/api/x%2Fy?q=%20x", json={"a": 1}, headers=spoofed)
    seen = answer.json()
    assert answer.status_code == 200
    assert answer.headers["server"] == "awselb/2.0"
    assert answer.headers["content-type"] == "application/json"
    assert (seen["path"], seen["queryStringParameters"]) == ("/api/x%2Fy", {"q": "%20x"})
    assert json.loads(seen["body"]) == {"a": 1}
    assert ":targetgroup/api/" in seen["requestContext"]["elb"]["targetGroupArn"]
    assert seen["headers"]["x-forwarded-port"] == "443"
    assert seen["headers"]["connection"] == "keep-alive", "as in the example of the guide"
    assert seen["headers"]["host"] == "localhost"
    assert not [name for name in seen["headers"] if name.startswith("x-alb-")]


def test_a_body_that_is_not_what_its_encoding_claims_reaches_the_function_as_it_came(
    alb: Edge, web: requests.Session
) -> None:
    claims = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = web.post(f"{alb.url}/api/echo", data=b"body", headers=claims, timeout=10)
    assert answer.status_code == 200
    assert "Ym9keQ==" in answer.text


def test_the_client_sees_what_the_function_answered(alb: Edge, web: requests.Session) -> None:
    answer = web.get(f"{alb.url}/api/exact")
    assert (answer.status_code, answer.content, answer.headers["x-own"]) == (418, b"hi", "yes")
    head = web.head(f"{alb.url}/api/exact")
    assert (head.status_code, head.content, head.headers["content-length"]) == (418, b"", "2")


@pytest.mark.parametrize("path", ["raise", "nothing", "big"])
def test_a_function_that_fails_is_a_502(alb: Edge, web: requests.Session, path: str) -> None:
    answer = web.get(f"{alb.url}/api/{path}")
    assert (answer.status_code, answer.headers["server"]) == (502, "awselb/2.0")
    assert "502 Bad Gateway" in answer.text


def test_a_body_above_one_megabyte_is_a_413(alb: Edge, web: requests.Session) -> None:
    text = {"content-type": "text/plain"}
    assert web.post(f"{alb.url}/api/x", data=b"x" * ((1 << 20) + 1), headers=text).status_code == 413
    assert web.post(f"{alb.url}/api/nothing", data=b"x" * (1 << 20), headers=text).status_code == 502


@pytest.mark.usefixtures("function")
def test_requests_are_served_at_the_same_time(alb: Edge) -> None:
    statuses: list[int] = []

    def visit() -> None:
        statuses.append(browser(alb.ca).get(f"{alb.url}/api/together").status_code)

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert statuses == [200, 200]


def test_any_event_can_be_handed_over(function: LambdaFunction) -> None:
    assert function.invoke({"Records": [{"Sns": {"Message": "hello"}}]}) == {"heard": "hello"}
    with pytest.raises(InvocationError, match="told to"):
        function.invoke({"path": "/raise"})


@pytest.mark.parametrize("token", ["", "guessed"])
def test_events_come_from_who_has_the_token(function: LambdaFunction, token: str) -> None:
    url = f"http://127.0.0.1:{function.invoke_port}/invoke"
    heard = requests.post(url, json={"path": "/"}, headers={TOKEN_HEADER: token}, timeout=5)
    assert (heard.status_code, heard.json()) == (403, {"errorType": "AccessDeniedException"})


def test_requests_come_from_the_load_balancer(function: LambdaFunction) -> None:
    """A page can send neither its header nor the question whether it may."""
    url = f"http://127.0.0.1:{function.alb_port}/api/x"
    page = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    asked = {**page, "Access-Control-Request-Headers": GROUP_HEADER}
    answers = [
        requests.post(url, "{}", headers=page, timeout=5),
        requests.options(url, headers=asked, timeout=5),
    ]
    assert [answer.status_code for answer in answers] == [403, 403]


def test_a_function_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    state = State.create()
    processes = Processes(state)
    began = time.monotonic()
    try:
        with pytest.raises(RuntimeError, match="No module named 'nowhere'"):
            LambdaFunction.start(
                processes,
                [sys.executable, "-m", "sandbox.lambda_.host", "nowhere:handle"],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3])},
                cwd=tmp_path,
                log=tmp_path / "log",
            )
    finally:
        processes.close()
        state.remove()
    assert time.monotonic() - began < 15
