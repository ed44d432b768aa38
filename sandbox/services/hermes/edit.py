"""Edit's HTTP interface, as Hermes calls it on one task's address."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.services.session_record import SessionRecord

_SHORT_S = 5.0
_CLOSING_S = 30.0
_INSTRUCTION_S = 900.0
"""An instruction may be an agent's work of minutes; a task that dies cuts the connection much earlier."""


class EditUnavailable(Exception):
    """Edit gave no usable answer: not listening (yet, or any more), too slow, or failing."""


class NotOpenHere(Exception):
    """The task does not hold this session, or not ready: it has to be opened there (again)."""


class Refused(Exception):
    """Edit cannot carry the instruction out; the text is for the customer."""


@dataclass(frozen=True)
class View:
    """A session as its task sees it: `state` is `opening`, `ready` or `failed`; `port` of its preview server."""

    state: str
    port: int | None
    branch: str | None
    last_commit: str | None
    failure: str | None


class Edit:
    """Edit tasks by IPv4 address, all on one port. Every method raises EditUnavailable for want of an answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    def open(self, ip: str, record: SessionRecord) -> None:
        """Open the session there and carry out its first instruction; opening it again changes nothing."""
        wanted = {
            "clientId": record.client_id,
            "userId": record.user_id,
            "threadId": record.thread_id,
            "instructionId": record.instruction_id,
            "instruction": record.instruction,
        }
        self._call(ip, "PUT", _path(record.session_id), wanted, expected=(200, 202))

    def look(self, ip: str, session_id: str) -> View | None:
        """How far the session is; None where it is unknown."""
        status, found = self._call(ip, "GET", _path(session_id), expected=(200, 404))
        if status == 404:
            return None
        return View(
            found["state"],
            found.get("port"),
            found.get("branch"),
            found.get("lastCommit"),
            found.get("failure"),
        )

    def instruct(self, ip: str, session_id: str, instruction_id: str, instruction: str) -> str | None:
        """Carry out an instruction, once per `instruction_id`; returns the commit. Refused, NotOpenHere."""
        status, found = self._call(
            ip,
            "POST",
            f"{_path(session_id)}/instructions",
            {"instructionId": instruction_id, "instruction": instruction},
            expected=(200, 404, 409, 422),
            timeout_s=_INSTRUCTION_S,
        )
        if status == 422:
            raise Refused(found["failure"])
        if status != 200:
            raise NotOpenHere(f"session {session_id} on {ip}: status {status}")
        commit: str | None = found.get("lastCommit")
        return commit

    def close(self, ip: str, session_id: str) -> None:
        """Stop the session's preview, its work committed; closing what is not open changes nothing."""
        self._call(ip, "DELETE", _path(session_id), expected=(200, 204, 404), timeout_s=_CLOSING_S)

    def ping(self, ip: str, limit_s: float) -> None:
        """Return once the task has answered."""
        self._call(ip, "GET", "/health", expected=(200,), timeout_s=limit_s)

    def sessions(self, ip: str) -> list[str]:
        """The ids of the sessions that the task holds."""
        _, found = self._call(ip, "GET", "/sessions", expected=(200,))
        return [str(session_id) for session_id in found["sessions"]]

    def _call(
        self,
        ip: str,
        method: str,
        path: str,
        document: dict[str, Any] | None = None,
        *,
        expected: tuple[int, ...],
        timeout_s: float = _SHORT_S,
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(ip, self.port, timeout=timeout_s)
        try:
            body = None if document is None else json.dumps(document).encode()
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
            if response.status not in expected:
                raise EditUnavailable(
                    f"{method} {path} on {ip}: expected one of {expected}, found {response.status} {text[:200]!r}"
                )
            return response.status, json.loads(text) if response.status in (200, 202, 422) and text else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EditUnavailable(f"{method} {path} on {ip}: {error!r}") from error
        finally:
            connection.close()


def _path(session_id: str) -> str:
    return f"/sessions/{quote(session_id, safe='')}"
