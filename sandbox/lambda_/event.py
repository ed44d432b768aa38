"""The event that an Application Load Balancer gives to a Lambda function, and what it makes of the answer.

Source: AWS's "Use Lambda functions as targets of an Application Load Balancer".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 1 << 20
TEXT_TYPES = ("application/json", "application/javascript", "application/xml")
# Set anew by whoever sends the message on.
HOP_HEADERS = ("connection", "content-length", "keep-alive", "transfer-encoding", "upgrade")

Pairs = Sequence[tuple[str, str]]


class BadAnswerError(Exception):
    """The function's answer is none that a load balancer can pass on: the client gets a 502."""


@dataclass(frozen=True)
class Answer:
    """An HTTP response. `reason` is None for the status code's usual one."""

    status: int
    reason: str | None
    headers: Pairs
    body: bytes


def event(
    *,
    target_group_arn: str,
    method: str,
    target: str,
    headers: Pairs,
    body: bytes,
    multi_value: bool,
) -> dict[str, Any]:
    """The event for a request; `target` is the raw request target, whose query values are not decoded."""
    path, _, query = target.partition("?")
    parameters = [
        (name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
    ]
    lower = [(name.lower(), value) for name, value in headers]
    made: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": target_group_arn}},
        "httpMethod": method,
        "path": path,
    }
    if multi_value:
        made["multiValueQueryStringParameters"] = _grouped(parameters)
        made["multiValueHeaders"] = _grouped(lower)
    else:
        made["queryStringParameters"] = dict(parameters)
        made["headers"] = dict(lower)
    encoded = bool(body) and not is_text(dict(lower))
    made["body"] = base64.b64encode(body).decode("ascii") if encoded else body.decode("utf-8", "replace")
    made["isBase64Encoded"] = encoded
    return made


def is_text(headers: Mapping[str, str]) -> bool:
    """Whether a body with these (lower-case) headers reaches the function as text rather than in base64."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return "content-encoding" not in headers and (media_type.startswith("text/") or media_type in TEXT_TYPES)


def answer(returned: object, *, multi_value: bool) -> Answer:
    """The response that a function's return value stands for; BadAnswerError says what is wrong with it."""
    if not isinstance(returned, Mapping):
        raise BadAnswerError(f"expected a mapping, found {type(returned).__name__}")
    status = returned.get("statusCode")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise BadAnswerError(f"statusCode: expected an integer from 200 to 599, found {status!r}")
    body = _body(returned)
    if len(body) > MAX_BYTES:
        raise BadAnswerError(f"body: expected at most {MAX_BYTES} bytes, found {len(body)}")
    description = returned.get("statusDescription")
    reason = str(description).partition(" ")[2] or None if description else None
    headers = [pair for pair in _headers(returned, multi_value) if pair[0].lower() not in HOP_HEADERS]
    return Answer(status, reason, headers, body)


def _body(returned: Mapping[Any, Any]) -> bytes:
    body = returned.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise BadAnswerError(f"body: expected text, found {type(body).__name__}")
    if not returned.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadAnswerError(f"body: expected base64, as isBase64Encoded says: {error}") from error


def _headers(returned: Mapping[Any, Any], multi_value: bool) -> list[tuple[str, str]]:
    name = "multiValueHeaders" if multi_value else "headers"
    headers = returned.get(name) or {}
    if not isinstance(headers, Mapping):
        raise BadAnswerError(f"{name}: expected a mapping, found {type(headers).__name__}")
    pairs = []
    for key, value in headers.items():
        for item in value if multi_value else [value]:
            if not isinstance(item, str | int | float):
                raise BadAnswerError(f"{name}: expected text for {key}, found {type(item).__name__}")
            pairs.append((str(key), str(item)))
    return pairs


def _grouped(pairs: Pairs) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
