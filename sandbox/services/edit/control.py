"""Edit's HTTP interface for Hermes, on the task's own address."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from .commits import token
from .config import Identity
from .editor import Impossible
from .git import ref_safe
from .sessions import NotReady, Session, Sessions, Wanted
from .workspace_ownership import OpenError

_CLIENT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ADDRESSED = re.compile(r"[0-9.]+(:\d+)?")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")

log = logging.getLogger(__name__)


class BadRequest(ValueError):
    """The request's body is not what it must be; the text says where."""


def application(sessions: Sessions, identity: Identity) -> web.Application:
    """The interface: sessions are put, looked at, instructed and deleted under `/sessions/{id}`."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"service": "edit", "taskArn": identity.task_arn})

    async def listing(_: web.Request) -> web.Response:
        return web.json_response({"taskArn": identity.task_arn, "sessions": sessions.ids()})

    async def put(request: web.Request) -> web.Response:
        session = sessions.open(_wanted(request.match_info["id"], await _body(request)))
        return web.json_response(session.document(), status=202)

    async def show(request: web.Request) -> web.Response:
        return web.json_response(_known(sessions, request).document())

    async def instruct(request: web.Request) -> web.Response:
        session = _known(sessions, request)
        body = await _body(request)
        try:
            commit = await sessions.instruct(session, _instruction_id(body), _text(body, "instruction"))
        except NotReady:
            return web.json_response(session.document(), status=409)
        except (Impossible, OpenError) as error:
            return web.json_response({"failure": str(error)}, status=422)
        return web.json_response({"lastCommit": commit})

    async def delete(request: web.Request) -> web.Response:
        await sessions.close(request.match_info["id"])
        return web.Response(status=204)

    app = web.Application(middlewares=[_no_pages, _errors])
    app.router.add_get("/health", health)
    app.router.add_get("/sessions", listing)
    app.router.add_put("/sessions/{id}", put)
    app.router.add_get("/sessions/{id}", show)
    app.router.add_delete("/sessions/{id}", delete)
    app.router.add_post("/sessions/{id}/instructions", instruct)
    return app


@web.middleware
async def _no_pages(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Hermes asks for the task's address, as a security group has it; a web page comes from a name of its own."""
    if "Origin" in request.headers or not _ADDRESSED.fullmatch(request.host):
        return web.json_response({"error": "this is Hermes' way to Edit alone"}, status=403)
    return await handler(request)


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except BadRequest as error:
        return web.json_response({"error": str(error)}, status=400)


def _known(sessions: Sessions, request: web.Request) -> Session:
    session = sessions.get(request.match_info["id"])
    if session is None:
        raise web.HTTPNotFound(text=json.dumps({"error": "unknown here"}), content_type="application/json")
    return session


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise BadRequest("expected a JSON object, found none") from error
    if not isinstance(body, dict):
        raise BadRequest("expected a JSON object, found something else")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadRequest(f"{name}: expected a text, found {value!r}")
    return value


def _instruction_id(body: dict[str, Any]) -> str:
    value = _text(body, "instructionId")
    if not token(value):
        raise BadRequest(f"instructionId: expected letters, digits, '.', '_' and '-', found {value!r}")
    return value


def _wanted(session_id: str, body: dict[str, Any]) -> Wanted:
    """The request to open a session. Everything that becomes part of a path, a branch or a trailer is checked here."""
    wanted = Wanted(
        session_id=session_id,
        client_id=_text(body, "clientId"),
        user_id=_text(body, "userId"),
        thread_id=_text(body, "threadId"),
        instruction_id=_instruction_id(body),
        instruction=_text(body, "instruction"),
    )
    if not ref_safe(session_id):
        raise BadRequest(f"session id: expected letters, digits, '.', '_' and '-', found {session_id!r}")
    if not _CLIENT.fullmatch(wanted.client_id):
        raise BadRequest(f"clientId: expected {_CLIENT.pattern}, found {wanted.client_id!r}")
    if not _ADDRESS.fullmatch(wanted.user_id):
        raise BadRequest(f"userId: expected an email address, found {wanted.user_id!r}")
    if not ref_safe(wanted.thread_id):
        raise BadRequest(
            f"threadId: expected a name that can be part of a branch's, found {wanted.thread_id!r}"
        )
    return wanted
