"""The session API, as a customer's program calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acceptance.drivers.http import Answer, HttpClient
from acceptance.waiting.errors import DriverError, UnexpectedAnswer, UnknownSession
from acceptance.waiting.waits import Deadline

API = "/api/sessions"


@dataclass(frozen=True)
class Activation:
    """What the API answered to `activate`."""

    session_id: str
    client_id: str
    user_id: str
    thread_id: str
    status: str
    preview_url: str
    created_at: datetime


@dataclass(frozen=True)
class SessionStatus:
    """What the API says about a session; `ttl` is epoch seconds, absent values are None."""

    session_id: str
    status: str
    preview_url: str
    last_activity_at: datetime | None
    ttl: int
    last_commit: str | None


@dataclass(frozen=True)
class ListedSession:
    """One entry of a client's list."""

    session_id: str
    status: str
    raw: Mapping[str, object]


class Sessions:
    """Client of `/api/sessions`. Answers other than the contract's raise `UnexpectedAnswer`."""

    def __init__(self, web: HttpClient) -> None:
        self._web = web

    def activate(
        self,
        client_id: str,
        user_id: str,
        instruction: str,
        *,
        thread_id: str | None = None,
    ) -> Activation:
        """Ask for a session. Expects 202.

        Raises:
            UnexpectedAnswer: another status, or an answer without the contract's fields.
            Unreachable: no answer.
        """
        wanted = {"clientId": client_id, "userId": user_id, "instruction": instruction}
        if thread_id is not None:
            wanted["threadId"] = thread_id
        answer = self.request("POST", f"{API}/activate", payload=wanted)
        found = _fields(answer, 202)
        return Activation(
            session_id=_text(answer, found, "sessionId"),
            client_id=_text(answer, found, "clientId"),
            user_id=_text(answer, found, "userId"),
            thread_id=_text(answer, found, "threadId"),
            status=_text(answer, found, "status"),
            preview_url=_text(answer, found, "previewUrl"),
            created_at=_instant(answer, found, "createdAt"),
        )

    def status(self, session_id: str) -> SessionStatus:
        """The session's status; `UnknownSession` on 404."""
        answer = self.request("GET", f"{API}/{session_id}/status")
        if answer.status == 404:
            raise UnknownSession(f"{answer}: {answer.text[:200]}")
        found = _fields(answer, 200)
        last_commit = found.get("lastCommit")
        return SessionStatus(
            session_id=_text(answer, found, "sessionId"),
            status=_text(answer, found, "status"),
            preview_url=_text(answer, found, "previewUrl"),
            last_activity_at=_instant(answer, found, "lastActivityAt")
            if found.get("lastActivityAt")
            else None,
            ttl=_number(answer, found, "ttl"),
            last_commit=str(last_commit) if last_commit else None,
        )

    def instruct(self, session_id: str, instruction: str) -> None:
        """Send a further instruction. Expects 202; it is carried out later."""
        _expect_status(
            self.request("POST", f"{API}/{session_id}/instructions", payload={"instruction": instruction}),
            202,
        )

    def keepalive(self, session_id: str) -> int:
        """Keep a session awake; returns its new `ttl` in epoch seconds."""
        answer = self.request("POST", f"{API}/{session_id}/keepalive")
        return _number(answer, _fields(answer, 200), "ttl")

    def deactivate(self, session_id: str) -> Answer:
        """Ask for the session's end. Expects 202."""
        answer = self.request("POST", f"{API}/{session_id}/deactivate")
        _expect_status(answer, 202)
        return answer

    def of_client(self, client_id: str) -> tuple[ListedSession, ...]:
        """A client's sessions in the order the API lists them."""
        answer = self.request("GET", f"{API}/client/{client_id}")
        _expect_status(answer, 200)
        listed = answer.json()
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise UnexpectedAnswer(f"{answer}: expected a JSON list of objects, found {answer.text[:200]!r}")
        return tuple(
            ListedSession(_text(answer, entry, "sessionId"), _text(answer, entry, "status"), entry)
            for entry in listed
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        payload: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
    ) -> Answer:
        """Any request, for what a client should not send: `payload` goes out as JSON, `body` as it is."""
        if payload is not None and body is None:
            body = json.dumps(payload).encode()
        typed = {"Content-Type": "application/json"} if body is not None else {}
        return self._web.send(
            method, path, body=body, headers={**typed, **(headers or {})}, deadline=deadline
        )


def instant(text: str) -> datetime:
    """An ISO 8601 UTC instant as the contract writes it; ValueError for a text without time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


def _expect_status(answer: Answer, status: int) -> None:
    if answer.status != status:
        raise UnexpectedAnswer(f"{answer}: expected {status}; {answer.text[:300]}")


def _fields(answer: Answer, status: int) -> dict[str, Any]:
    _expect_status(answer, status)
    found = answer.json()
    if not isinstance(found, dict):
        raise UnexpectedAnswer(f"{answer}: expected a JSON object, found {answer.text[:200]!r}")
    return found


def _missing(answer: Answer, key: str, kind: str, found: Mapping[str, object]) -> DriverError:
    return UnexpectedAnswer(f"{answer}: expected {kind} in {key!r}, found {found.get(key)!r}")


def _text(answer: Answer, found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or not value:
        raise _missing(answer, key, "a text", found)
    return value


def _number(answer: Answer, found: Mapping[str, object], key: str) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _missing(answer, key, "a whole number", found)
    return value


def _instant(answer: Answer, found: Mapping[str, object], key: str) -> datetime:
    try:
        return instant(_text(answer, found, key))
    except ValueError as wrong:
        raise _missing(answer, key, "an ISO 8601 UTC instant", found) from wrong
