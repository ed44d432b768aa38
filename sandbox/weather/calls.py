"""A call of the AWS API and its answer, as they pass the door."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")


@dataclass(frozen=True)
class Call:
    """One call. `service` is the name it was signed for (`ecs`), `key` the id of its access key, `action` the API's
    name of the call, or S3's method (`GET`). `environ` is WSGI's.
    """

    environ: Mapping[str, Any]
    body: bytes
    service: str
    key: str
    action: str

    @classmethod
    def of(cls, environ: Mapping[str, Any], body: bytes) -> Call:
        """The call of a signed request; ValueError for one that is not."""
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None:
            raise ValueError("expected a signed request")
        target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        call = cls(environ, body, scope["service"], scope["key"], target)
        return replace(call, action=target or call.form.get("Action") or environ["REQUEST_METHOD"])

    def is_(self, service: str, *actions: str) -> bool:
        """Whether it is one of these."""
        return self.service == service and self.action in actions

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The parameters of a call in JSON."""
        found: dict[str, Any] = json.loads(self.body or b"{}")
        return found

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of a call in the query protocol; none for others."""
        if not str(self.environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def with_parameters(self, **changed: Any) -> Call:
        """The call in JSON with other parameters."""
        return replace(self, body=json.dumps({**self.parameters, **changed}).encode())

    def with_form(self, **changed: str) -> Call:
        """The call in the query protocol with other parameters."""
        return replace(self, body=urlencode({**self.form, **changed}).encode())

    def another(self, action: str, **parameters: Any) -> Call:
        """Another call in JSON of the same service by the same caller."""
        prefix = self.environ["HTTP_X_AMZ_TARGET"].rpartition(".")[0]
        environ = {**self.environ, "HTTP_X_AMZ_TARGET": f"{prefix}.{action}"}
        return replace(self, environ=environ, action=action, body=json.dumps(parameters).encode())


@dataclass(frozen=True)
class Answer:
    """An answer: status line, headers, body."""

    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the call was carried out."""
        return self.status.startswith("2")

    @cached_property
    def document(self) -> dict[str, Any]:
        """An answer in JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def saying(self, document: Mapping[str, Any]) -> Answer:
        """The same answer with another document. Its checksum (DynamoDB's `x-amz-crc32`) goes."""
        kept = [(name, value) for name, value in self.headers if name.lower() != "x-amz-crc32"]
        return Answer(self.status, kept, json.dumps(document).encode())


Onward = Callable[[Call], Answer]
"""Carries a call further, and brings its answer."""

Condition = Callable[[Call, Onward], Answer]
"""One kind of weather: takes a call, has it carried further or not, and answers."""


def refusal(call: Call, code: str, message: str, status: str = "400 Bad Request") -> Answer:
    """An error as AWS words it in the protocol that was spoken."""
    if call.form:
        kind = "Sender" if status.startswith("4") else "Receiver"
        error = f"<Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        text, kinds = f"<ErrorResponse>{error}</ErrorResponse>", "text/xml"
    elif call.service == "s3":
        text, kinds = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>", "application/xml"
    else:
        text, kinds = json.dumps({"__type": code, "message": message}), "application/x-amz-json-1.1"
    return Answer(status, [("Content-Type", kinds)], text.encode())
