"""What the API accepts from the outside, and the words it refuses the rest with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.services.session_api.web import MAX_BODY_BYTES, ApiError

MAX_INSTRUCTION_CHARS = 4000
MAX_USER_ID_CHARS = 254
MAX_IDEMPOTENCY_KEY_CHARS = 255

_CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_THREAD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_IDEMPOTENCY_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_IDEMPOTENCY_KEY_CHARS}}}")
# RFC 5321's dot-string without "/" and "`": the local part names a folder, and nobody's address needs them.
_ATOM = r"[A-Za-z0-9!#$%&'*+=?^_{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Activation:
    """What a customer asks for: an instruction on a client's site, in a thread if one is named."""

    client_id: str
    user_id: str
    instruction: str
    thread_id: str | None


def document(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a request body; ApiError 413 above 64 KiB, 400 for anything but a JSON object."""
    if len(body) > MAX_BODY_BYTES:
        raise ApiError(413, "too_large", f"The request body may have at most {MAX_BODY_BYTES} bytes.")
    try:
        found = json.loads(body, object_pairs_hook=_members, parse_constant=_no_json)
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", "The request body must be a JSON object.") from None
    if not isinstance(found, dict):
        raise ApiError(400, "invalid_json", f"The request body must be a JSON object, not {_kind(found)}.")
    return found


def no_fields(body: bytes) -> None:
    """What is asked without fields may have an empty body; ApiError for one that `document` refuses."""
    if body:
        document(body)


def activation(found: Mapping[str, Any]) -> Activation:
    """The checked fields of an activation; ApiError 400 names the first that is wrong."""
    return Activation(
        client_id=client_id(_text(found, "clientId")),
        user_id=user_id(_text(found, "userId")),
        instruction=instruction(_text(found, "instruction")),
        thread_id=None if found.get("threadId") is None else thread_id(_text(found, "threadId")),
    )


def client_id(text: str) -> str:
    """A client's id as the contract spells it; ApiError 400 otherwise."""
    if not _CLIENT_ID.fullmatch(text):
        raise _invalid(
            "clientId", "must be 1 to 63 lower-case letters, digits and hyphens, not starting with a hyphen"
        )
    return text


def user_id(text: str) -> str:
    """An email address, in lower case: one customer is one user however they spell it; ApiError 400 otherwise."""
    if len(text) > MAX_USER_ID_CHARS or not _ADDRESS.fullmatch(text):
        raise _invalid("userId", f"must be an email address of at most {MAX_USER_ID_CHARS} characters")
    return text.lower()


def thread_id(text: str) -> str:
    """A thread's id: safe in a branch name (git-check-ref-format); ApiError 400 otherwise."""
    if not _THREAD_ID.fullmatch(text) or ".." in text or text.endswith((".", ".lock")):
        raise _invalid(
            "threadId",
            "must be 1 to 100 letters, digits, dots, underscores and hyphens, fit for a branch name",
        )
    return text


def instruction(text: str) -> str:
    """An instruction without surrounding space; ApiError 400 when empty, over-long or not plain text."""
    stripped = text.strip()
    if not stripped:
        raise _invalid("instruction", "must not be empty")
    if len(stripped) > MAX_INSTRUCTION_CHARS:
        raise _invalid("instruction", f"must have at most {MAX_INSTRUCTION_CHARS} characters")
    if _CONTROL.search(stripped) or not _is_unicode(stripped):
        raise _invalid("instruction", "must be plain text without control characters")
    return stripped


def instruction_of(found: Mapping[str, Any]) -> str:
    """The checked `instruction` field; ApiError 400."""
    return instruction(_text(found, "instruction"))


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The `Idempotency-Key` header; ApiError 400 when it is no short printable word."""
    key = headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise _invalid("Idempotency-Key", f"must be 1 to {MAX_IDEMPOTENCY_KEY_CHARS} printable characters")
    return key


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object's members; ValueError when one is given twice: what was meant would depend on who reads it."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _text(found: Mapping[str, Any], field: str) -> str:
    if field not in found:
        raise ApiError(400, "missing_field", f"{field} is missing.", field=field)
    value = found[field]
    if not isinstance(value, str):
        raise _invalid(field, f"must be a string, not {_kind(value)}")
    return value


def _invalid(field: str, rule: str) -> ApiError:
    return ApiError(400, "invalid_field", f"{field} {rule}.", field=field)


def _is_unicode(text: str) -> bool:
    """False for text with lone surrogates, which JSON can spell and UTF-8 cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
