"""Weather over answers that a test gives, and over a control plane of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.aws_access import AwsAccess, Keys
from sandbox.aws_api.server import ControlPlane
from sandbox.weather.calls import Answer, Call, Condition
from sandbox.weather.door import Door


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The moment."""
        return self.now


class Ecs:
    """Answers calls of ECS with documents that a test changes, and remembers the calls."""

    def __init__(self, **documents: dict[str, Any]) -> None:
        self.documents = documents
        self.calls: list[str] = []

    def __call__(self, call: Call) -> Answer:
        """The document of that action."""
        self.calls.append(call.action)
        return Answer("200 OK", [("x-amz-crc32", "1")], json.dumps(self.documents[call.action]).encode())

    def ask(self, condition: Condition, action: str, **parameters: Any) -> dict[str, Any]:
        """What a client is told under a condition, an error's `__type` included."""
        environ = {"HTTP_X_AMZ_TARGET": f"AmazonEC2ContainerServiceV20141113.{action}"}
        call = Call(environ, json.dumps(parameters).encode(), "ecs", "AKIA", action)
        return condition(call, self).document


@contextmanager
def weathered(*conditions: Condition) -> Iterator[tuple[AwsAccess, AwsAccess]]:
    """A control plane under these conditions, as a client meets it, and as its own machinery does."""
    control = ControlPlane(
        Keys.create(), before=lambda application, own: Door(application, conditions, frozenset({own.id}))
    )
    try:
        yield AwsAccess(control.access.endpoint, control.admit(())), control.access
    finally:
        control.close()
