"""The function's entry: load balancer events (`/api/*`, `/session/*`) and mail notifications from SNS."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from sandbox.services.aws import AWS_ERRORS
from sandbox.services.session_api import intake, pages, sessions, validation
from sandbox.services.session_api.backend import backend, warm
from sandbox.services.session_api.web import SERVICE, Answer, ApiError, Request, json_answer

log = logging.getLogger(__name__)

Action = Callable[[Request, str], Answer]

VISITOR_HEADERS = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id")


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any] | None:  # noqa: ARG001
    """Answer one event. A mail that cannot be stored raises, so that SNS delivers it again."""
    if "Records" in event:
        for record in event["Records"]:
            intake.receive(backend(), record["Sns"]["Message"])
        return None
    return answer_to(event).event(head=event["httpMethod"] == "HEAD")


def answer_to(event: Mapping[str, Any]) -> Answer:
    """The answer to a load balancer's event."""
    try:
        request = Request.of(event)
        if request.segments[0] == "session":
            return page(request)
        return api(request)
    except ApiError as error:
        return error.answer()
    except AWS_ERRORS:
        log.exception("%s %s found the platform's own services failing", event["httpMethod"], event["path"])
        return ApiError(503, "unavailable", "Try again in a moment.", headers={"retry-after": "1"}).answer()


def page(request: Request) -> Answer:
    """The page in place of a preview that is not routed (yet, or any more)."""
    if request.method not in ("GET", "HEAD"):
        return pages.not_allowed()
    session_id = unquote(request.segments[1]) if len(request.segments) > 1 else ""
    return pages.page_for(backend().records.get(session_id) if session_id else None)


def api(request: Request) -> Answer:
    """The answer of the JSON API; ApiError for what it does not serve."""
    allowed, argument = route(request.segments)
    if not allowed:
        raise ApiError(404, "not_found", f"There is nothing at {request.path}.")
    action = allowed.get("GET" if request.method == "HEAD" else request.method)
    if action is None:
        methods = ", ".join(["GET", "HEAD"] if "GET" in allowed else sorted(allowed))
        raise ApiError(
            405, "method_not_allowed", f"{request.path} takes {methods}.", headers={"allow": methods}
        )
    return action(request, argument)


def route(segments: list[str]) -> tuple[Mapping[str, Action], str]:
    """The actions by method at a path, and the path's argument (percent-decoded); no actions where nothing is."""
    match segments:
        case ["api", "health"]:
            return {"GET": health}, ""
        case ["api", "sessions", "activate"]:
            return {"POST": activate}, ""
        case ["api", "sessions", "client", client_id] if client_id:
            return {"GET": client_list}, unquote(client_id)
        case ["api", "sessions", session_id, verb] if session_id and verb in _SESSION_ACTIONS:
            return _SESSION_ACTIONS[verb], unquote(session_id)
        case _:
            return {}, ""


def health(request: Request, _argument: str) -> Answer:
    """Always 200: the function runs. `request` tells how a request from outside arrives here."""
    return json_answer(200, {"service": SERVICE, "status": "ok", "request": arrived(request)})


def arrived(request: Request) -> dict[str, object]:
    """What was asked for, and what the load balancer passed on of the visitor; of all other headers the names only."""
    told: dict[str, object] = {name: request.headers.get(name) for name in VISITOR_HEADERS}
    return {"method": request.method, "path": request.path, **told, "headers": sorted(request.headers)}


def activate(request: Request, _argument: str) -> Answer:
    """`POST /api/sessions/activate`"""
    asked = validation.activation(validation.document(request.content))
    key = validation.idempotency_key(request.headers)
    record = sessions.activate(backend(), asked, request=None if key is None else f"api {key}")
    return json_answer(202, sessions.activated(record))


def client_list(_request: Request, client_id: str) -> Answer:
    """`GET /api/sessions/client/{clientId}`"""
    found = backend().records.of_client(validation.client_id(client_id))
    return json_answer(200, [sessions.listed(record) for record in found])


def session_status(_request: Request, session_id: str) -> Answer:
    """`GET /api/sessions/{id}/status`"""
    return json_answer(200, sessions.status(sessions.find(backend(), session_id)))


def instruct(request: Request, session_id: str) -> Answer:
    """`POST /api/sessions/{id}/instructions`"""
    instruction = validation.instruction_of(validation.document(request.content))
    record = sessions.find(backend(), session_id)
    identity = sessions.instruct(backend(), record, instruction)
    return json_answer(202, {"sessionId": session_id, "instructionId": identity})


def keep_alive(request: Request, session_id: str) -> Answer:
    """`POST /api/sessions/{id}/keepalive`"""
    validation.no_fields(request.content)
    return json_answer(200, {"ttl": sessions.keep_alive(backend(), sessions.find(backend(), session_id))})


def deactivate(request: Request, session_id: str) -> Answer:
    """`POST /api/sessions/{id}/deactivate`"""
    validation.no_fields(request.content)
    record = sessions.deactivate(backend(), sessions.find(backend(), session_id))
    return json_answer(202, {"sessionId": session_id, "status": record.status})


_SESSION_ACTIONS: Mapping[str, Mapping[str, Action]] = {
    "status": {"GET": session_status},
    "instructions": {"POST": instruct},
    "keepalive": {"POST": keep_alive},
    "deactivate": {"POST": deactivate},
}

if "TABLE_NAME" in os.environ:
    warm()
