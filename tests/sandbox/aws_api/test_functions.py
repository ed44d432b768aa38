"""Lambda's Invoke through the API is answered by the function that runs."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws_api import mail
from sandbox.lambda_.function import InvocationError
from tests.sandbox.alb.alb_stand import client, control_plane, eventually

NAME = "session-api"


class Function:
    """Answers an event with itself, unless it tells it to fail."""

    def __init__(self, url: str) -> None:
        self.api = client(url, "lambda")
        self.heard: list[tuple[str, Mapping[str, Any]]] = []
        role = client(url, "iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("README", "nothing")
        self.arn: str = self.api.create_function(
            FunctionName=NAME,
            Runtime="python3.13",
            Role=role,
            Handler="handler.handle",
            Code={"ZipFile": package.getvalue()},
        )["FunctionArn"]

    def called(self, function_arn: str, event: Mapping[str, Any]) -> object:
        self.heard.append((function_arn, event))
        if event.get("fail") == "raise":
            raise InvocationError("it failed", {"errorType": "ValueError", "errorMessage": "told to"})
        if event.get("fail") == "down":
            raise LookupError("it does not run yet")
        return {"echo": event}

    def invoke(self, event: object = None, **more: Any) -> dict[str, Any]:
        given = {} if event is None else {"Payload": json.dumps(event)}
        answer: dict[str, Any] = self.api.invoke(FunctionName=NAME, **given, **more)
        return {**answer, "Payload": answer["Payload"].read().decode()}


@pytest.fixture
def function() -> Iterator[Function]:
    with control_plane() as url:
        made = Function(url)
        uninstall = mail.install(made.called)
        yield made
        uninstall()


def test_the_answer_is_what_the_function_returned(function: Function) -> None:
    answer = function.invoke({"path": "/api/health"})
    assert json.loads(answer["Payload"]) == {"echo": {"path": "/api/health"}}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert function.heard == [(function.arn, {"path": "/api/health"})]
    assert json.loads(function.invoke()["Payload"]) == {"echo": {}}


def test_a_function_that_raises_is_told_so(function: Function) -> None:
    answer = function.invoke({"fail": "raise"})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"]) == {"errorType": "ValueError", "errorMessage": "told to"}


def test_an_asynchronous_invocation_is_accepted_and_carried_out(function: Function) -> None:
    answer = function.invoke({"number": 1}, InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"]) == (202, "")
    eventually(lambda: function.heard, [(function.arn, {"number": 1})], 5)


def test_a_dry_run_invokes_nothing(function: Function) -> None:
    assert function.invoke({}, InvocationType="DryRun")["StatusCode"] == 204
    assert function.heard == []


@pytest.mark.parametrize(
    ("name", "payload", "code"),
    [
        ("nobody", "{}", "ResourceNotFoundException"),
        (NAME, "{", "InvalidRequestContentException"),
        (NAME, '{"fail": "down"}', "ServiceException"),
    ],
)
def test_what_cannot_be_invoked_is_refused(function: Function, name: str, payload: str, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        function.api.invoke(FunctionName=name, Payload=payload)
    assert caught.value.response["Error"]["Code"] == code
