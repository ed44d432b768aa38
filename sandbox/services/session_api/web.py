"""Requests and answers as a Lambda target sees them (ELB guide, "Lambda functions as targets")."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

MAX_BODY_BYTES = 64 * 1024
SERVICE = "session-api"


@dataclass(frozen=True)
class Request:
    """One HTTP request: path and body as sent (percent-encoded, packed), header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Request:
        """The request of a load balancer's event; ApiError 400 for a body that is not the base64 it claims to be."""
        text = event.get("body") or ""
        try:
            encoded = event.get("isBase64Encoded", False)
            body = base64.b64decode(text, validate=True) if encoded else text.encode()
        except ValueError:
            raise ApiError(400, "invalid_body", "The request body cannot be read.") from None
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        return cls(event["httpMethod"], event["path"], headers, body)

    @property
    def content(self) -> bytes:
        """The body unpacked, cut behind the first byte too many; ApiError 400 if it is not what it claims to be."""
        claim = self.headers.get("content-encoding", "identity").strip().lower()
        if not self.body or claim == "identity":
            return self.body
        if claim != "gzip":
            raise ApiError(400, "invalid_body", "The request body may be packed with gzip, or not at all.")
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(self.body)) as packed:
                return packed.read(MAX_BODY_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise ApiError(
                400, "invalid_body", "The request body is not the gzip that its Content-Encoding claims."
            ) from None

    @property
    def segments(self) -> list[str]:
        """The path's parts between slashes: `/api/health` -> `["api", "health"]`, `/api/` -> `["api", ""]`."""
        return self.path.split("/")[1:]


@dataclass(frozen=True)
class Answer:
    """One HTTP answer with a text body."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def event(self, *, head: bool = False) -> dict[str, Any]:
        """The answer as the load balancer expects it from a function, naming who gave it; without body when `head`."""
        return {
            "statusCode": self.status,
            "statusDescription": f"{self.status} {HTTPStatus(self.status).phrase}",
            "headers": {"cache-control": "no-store", "x-service": SERVICE, **self.headers},
            "body": "" if head else self.body,
            "isBase64Encoded": False,
        }


class ApiError(Exception):
    """A request that cannot be served. `code` is a stable snake_case word, `field` the offending JSON field."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """The contract's error document."""
        error = {"code": self.code, "message": self.message}
        if self.field is not None:
            error["field"] = self.field
        return json_answer(self.status, {"error": error}, self.headers)


def json_answer(status: int, document: object, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer."""
    return Answer(status, json.dumps(document), {"content-type": "application/json", **(headers or {})})
