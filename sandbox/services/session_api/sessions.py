"""What the API does for sessions; also what an incoming mail asks for."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.services.session_api.backend import Backend
from sandbox.services.session_api.validation import Activation
from sandbox.services.session_api.web import ApiError
from sandbox.services.session_record import DRAINING, INITIALIZING, LIVE, SessionRecord, new_session_id, stamp


def activate(
    platform: Backend,
    asked: Activation,
    *,
    request: str | None = None,
    instruction_id: str | None = None,
    mail: Mapping[str, str] | None = None,
) -> SessionRecord:
    """Put a new session on record, then queue it, then wake the platform: whoever hears of it finds the record.

    `request`: an idempotency key of this user; a repeat gets the first session again (and wakes the platform again, in
    case the first attempt got no further than the record), also one that has ended since, which wakes nothing.
    """
    record = platform.records.create(
        new_record(platform, asked, instruction_id, mail),
        None if request is None else f"{asked.client_id} {asked.user_id} {request}",
    )
    platform.records.note_thread(record)
    if record.is_open:
        platform.send("activate", record, record.instruction_id)
        platform.wake()
    return record


def new_record(
    platform: Backend, asked: Activation, instruction_id: str | None, mail: Mapping[str, str] | None
) -> SessionRecord:
    """The first state of a session's record."""
    session_id = new_session_id()
    activity = platform.records.activity()
    return SessionRecord(
        session_id=session_id,
        user_id=asked.user_id,
        client_id=asked.client_id,
        thread_id=asked.thread_id or latest_thread(platform, asked.client_id, asked.user_id),
        status=INITIALIZING,
        preview_url=platform.preview_url(session_id),
        instruction=asked.instruction,
        instruction_id=instruction_id or str(uuid.uuid4()),
        created_at=activity["last_activity_at"],
        last_activity_at=activity["last_activity_at"],
        ttl=activity["ttl"],
        mail=mail,
    )


def latest_thread(platform: Backend, client_id: str, user_id: str) -> str:
    """The thread of the user's newest session, or a new one."""
    own = of_user(platform.records.of_client(client_id), user_id)
    known = [(record.created_at, record.thread_id) for record in own]
    noted = platform.records.noted_thread(client_id, user_id)
    latest = max([*known, *([noted] if noted else [])], default=None)
    return latest[1] if latest else f"t-{secrets.token_hex(4)}"


def of_user(found: Iterable[SessionRecord], user_id: str) -> Iterable[SessionRecord]:
    """Those of one user."""
    return (record for record in found if record.user_id == user_id)


def live_session(platform: Backend, client_id: str, user_id: str, thread_id: str) -> SessionRecord | None:
    """The user's newest session of a thread that takes instructions."""
    own = of_user(platform.records.of_client(client_id), user_id)
    return next((r for r in own if r.thread_id == thread_id and r.status in LIVE), None)


def instruct(
    platform: Backend,
    record: SessionRecord,
    instruction: str,
    *,
    instruction_id: str | None = None,
    mail: Mapping[str, str] | None = None,
) -> str:
    """Queue an instruction and count it as activity; returns its id. ApiError 410 when the session takes none."""
    identity = instruction_id or str(uuid.uuid4())
    touched = platform.records.touch(record)
    if touched is None:
        raise _ended()
    platform.send("instruction", record, identity, instruction=instruction, mail=mail)
    platform.wake()
    return identity


def keep_alive(platform: Backend, record: SessionRecord) -> int:
    """Count activity now; returns the new `ttl`. ApiError 410 when the session has ended."""
    touched = platform.records.touch(record)
    if touched is None:
        raise _ended()
    return touched.ttl


def deactivate(platform: Backend, record: SessionRecord) -> SessionRecord:
    """Have the session drain: its earlier instructions are carried out, then it ends; returns the record as it is now.

    One that drains or has ended stays as it is.
    """
    draining = platform.records.change(
        record, {"status": DRAINING, "end_requested_at": stamp()}, {"status": LIVE}
    )
    if draining is None:
        return find(platform, record.session_id)
    platform.send("deactivate", record, str(uuid.uuid4()))
    platform.wake()
    return draining


def find(platform: Backend, session_id: str) -> SessionRecord:
    """The session's record; ApiError 404 when unknown."""
    record = platform.records.get(session_id)
    if record is None:
        raise ApiError(404, "not_found", "There is no such session.")
    return record


def activated(record: SessionRecord) -> dict[str, Any]:
    """The answer to an activation. A repeated request gets the first answer, whatever became of the session since."""
    return {
        "sessionId": record.session_id,
        "clientId": record.client_id,
        "userId": record.user_id,
        "threadId": record.thread_id,
        "status": INITIALIZING,
        "previewUrl": record.preview_url,
        "createdAt": record.created_at,
    }


def status(record: SessionRecord) -> dict[str, Any]:
    """The answer to a status request; `failure` only where there is one."""
    answer = {
        "sessionId": record.session_id,
        "status": record.status,
        "previewUrl": record.preview_url,
        "lastActivityAt": record.last_activity_at,
        "ttl": record.ttl,
        "lastCommit": record.last_commit,
    }
    return answer if record.failure is None else {**answer, "failure": record.failure}


def listed(record: SessionRecord) -> dict[str, Any]:
    """One entry of a client's list."""
    return {**activated(record), **status(record)}


def _ended() -> ApiError:
    return ApiError(410, "session_ended", "The session has ended. Activate a new one to go on.")
