"""Lambda's Invoke: the function that runs answers, where moto 5.2.5 would start a container.

Source: Lambda API, Invoke.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.responses import LambdaResponse

from sandbox.aws_api.hooks import Hooks, without_nulls
from sandbox.lambda_.function import InvocationError

# (function ARN, event) -> what the function returned.
Invoke = Callable[[str, Mapping[str, Any]], object]
Answer = tuple[int, dict[str, str], str]
VERSION = "$LATEST"


class InvalidRequestContent(LambdaClientError):
    """InvalidRequestContentException: the payload is no JSON."""

    def __init__(self, reason: ValueError) -> None:
        super().__init__(
            "InvalidRequestContentException", f"Could not parse request body into json: {reason}"
        )


class NotRunning(LambdaClientError):
    """ServiceException: nothing of the function runs."""

    code = 500

    def __init__(self, reason: LookupError) -> None:
        super().__init__("ServiceException", str(reason))


def install(hooks: Hooks, invoke: Invoke, invoke_later: Callable[[str, Mapping[str, Any]], None]) -> None:
    """Have Invoke call `invoke`, which raises LookupError or InvocationError; an asynchronous one `invoke_later`."""

    def handle(self: LambdaResponse) -> Answer:
        name = unquote(self.path.rsplit("/", 2)[-2])
        arn = str(self.backend.get_function(name, self._get_param("Qualifier")).function_arn)
        try:
            event = json.loads(self.body or "{}")
        except ValueError as error:
            raise InvalidRequestContent(error) from None
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return answer(HTTPStatus.NO_CONTENT)
        if kind == "Event":
            invoke_later(arn, event)
            return answer(HTTPStatus.ACCEPTED)
        try:
            return answer(HTTPStatus.OK, json.dumps(invoke(arn, event)))
        except LookupError as error:
            raise NotRunning(error) from None
        except InvocationError as error:
            failure = {"X-Amz-Function-Error": "Unhandled"}
            return answer(HTTPStatus.OK, json.dumps(error.failure), **failure)

    hooks.replace(LambdaResponse, "invoke", handle)
    for name in ("create_function", "get_function", "get_function_configuration", "list_functions"):
        hooks.replace(LambdaResponse, name, without_nulls(getattr(LambdaResponse, name)))


def answer(status: HTTPStatus, body: str = "", **headers: str) -> Answer:
    """What moto makes a response of; it takes the status from a header of that name."""
    own = {"status": str(status.value), "Content-Type": "application/json", "X-Amz-Executed-Version": VERSION}
    return status, own | headers, body
