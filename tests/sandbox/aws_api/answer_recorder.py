"""What the AWS API answered to whom: every call that reaches a control plane, with its operation and its answer."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import botocore.session
import pytest
from botocore.model import OperationModel, ServiceModel

from sandbox.aws_api import server

APIS = (
    "acm",
    "application-autoscaling",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecs",
    "efs",
    "elbv2",
    "iam",
    "lambda",
    "logs",
    "s3",
    "ses",
    "sesv2",
    "sns",
    "sqs",
    "sts",
)


@dataclass(frozen=True)
class Answer:
    """One answer; `body` is what came after the head."""

    operation: OperationModel
    status: int
    body: bytes

    @property
    def name(self) -> tuple[str, str]:
        """API and operation."""
        return self.operation.service_model.service_name, self.operation.name


class Recorder:
    """A WSGI application that keeps what the one behind it answered."""

    def __init__(self, application: Callable[..., Iterable[bytes]], answers: list[Answer]) -> None:
        self._application = application
        self._answers = answers

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass the call on."""
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        statuses: list[int] = []

        def start(status: str, *rest: Any) -> Any:
            statuses.append(int(status.partition(" ")[0]))
            return start_response(status, *rest)

        parts = self._application(environ, start)
        try:
            answered = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        operation = operation_of(environ, body)
        if operation is not None:
            self._answers.append(Answer(operation, statuses[-1], answered))
        return [answered]


@contextmanager
def recorded() -> Iterator[list[Answer]]:
    """The answers of every control plane that is started meanwhile."""
    answers: list[Answer] = []
    create: Callable[..., Any] = vars(server)["create_server"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            server, "create_server", lambda app, **settings: create(Recorder(app, answers), **settings)
        )
        yield answers


@cache
def model(api: str) -> ServiceModel:
    """botocore's model of an API."""
    return botocore.session.get_session().get_service_model(api)


def operation_of(environ: dict[str, Any], body: bytes) -> OperationModel | None:
    """Which operation a signed request asks for; None for a request that is not signed."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    if scope is None:
        return None
    models = [model(api) for api in APIS if model(api).signing_name == scope[1]]
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        prefix, _, name = target.rpartition(".")
        (found,) = [one for one in models if one.metadata.get("targetPrefix") == prefix]
        return found.operation_model(name)
    if action := parse_qs(body.decode("utf-8", "replace")).get("Action"):
        (found,) = [one for one in models if one.protocol in ("query", "ec2")]
        return found.operation_model(action[0])
    found_best = best(models, environ)
    assert found_best, f"no operation for {environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    return found_best[0]


def best(models: list[ServiceModel], environ: dict[str, Any]) -> list[OperationModel]:
    """The operation of REST APIs whose address fits best: by its query, then by the length of its path."""
    given = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    fitting = []
    for operation in (one.operation_model(name) for one in models for name in one.operation_names):
        path, _, query = operation.http["requestUri"].partition("?")
        wanted = parse_qs(query, keep_blank_values=True)
        pattern = re.sub(r"\\{\w+\\\+\\}", ".+", re.escape(path.rstrip("/")))
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", pattern)
        if (
            operation.http["method"] == environ["REQUEST_METHOD"]
            and re.fullmatch(pattern, environ["PATH_INFO"].rstrip("/"))
            and wanted.items() <= given.items()
        ):
            fitting.append((len(wanted), len(path), operation))
    return [max(fitting, key=lambda entry: entry[:2])[2]] if fitting else []
