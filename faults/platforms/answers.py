"""Platforms whose session API takes what it should refuse, forgets what it promised, or answers in another form."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Mapping
from typing import Any

from faults.platforms.scenarios import (
    ASLEEP,
    BAD_BODY,
    BAD_FIELD,
    BURST,
    ENDED_AGAIN,
    FIRST_REQUEST,
    HEALTHY,
    KEPT_AWAKE,
    REPEATED,
    TO_A_LIVE_SESSION,
)
from faults.registry import fault


@fault(
    "Whoever starts a session is not told in which thread it is.",
    part="session_api",
    caught_by=(REPEATED,),
    clause="202 `{sessionId, clientId, userId, threadId, status:",
)
def thread_not_told() -> None:
    """The answer to an activation lacks `threadId`."""
    from sandbox.services.session_api import sessions

    activated = sessions.activated

    def without(record: Any) -> dict[str, Any]:
        return {name: value for name, value in activated(record).items() if name != "threadId"}

    sessions.activated = without


@fault(
    "To end a session that is ending already is called an error.",
    part="session_api",
    caught_by=(ENDED_AGAIN,),
    clause="deactivate it once more changes nothing and answers 202",
)
def second_end_refused() -> None:
    """410 for a second deactivation."""
    from sandbox.services.session_api import sessions
    from sandbox.services.session_record import LIVE

    deactivate = sessions.deactivate

    def once(platform: Any, record: Any) -> Any:
        if record.status not in LIVE:
            raise sessions._ended()
        return deactivate(platform, record)

    sessions.deactivate = once


@fault(
    "A customer's address is kept as she spells it, so that she is two users.",
    part="session_api",
    caught_by=(TO_A_LIVE_SESSION,),
    clause="A `userId` is kept and answered in lower case",
)
def addresses_kept_as_spelt() -> None:
    """`userId` keeps its capital letters."""
    from sandbox.services.session_api import validation

    check = validation.user_id

    def as_spelt(text: str) -> str:
        check(text)
        return text

    validation.user_id = as_spelt


@fault(
    "A number is taken where a text is asked for.",
    part="session_api",
    caught_by=(BAD_FIELD,),
    clause="a missing, empty, over-long or wrongly typed field",
)
def numbers_taken_for_text() -> None:
    """Numbers and truth values are turned into text."""
    from sandbox.services.session_api import validation

    text = validation._text

    def lenient(found: Mapping[str, Any], field: str) -> str:
        value = found.get(field)
        return str(value) if isinstance(value, int | float) else text(found, field)

    validation._text = lenient


@fault(
    "An instruction that is too long is cut and carried out as it then reads.",
    part="session_api",
    caught_by=(BAD_FIELD,),
    clause="a missing, empty, over-long or wrongly typed field",
)
def long_instructions_cut() -> None:
    """What is beyond the limit is dropped."""
    from sandbox.services.session_api import validation

    check = validation.instruction

    def cut(text: str) -> str:
        return check(text.strip()[: validation.MAX_INSTRUCTION_CHARS])

    validation.instruction = cut


@fault(
    "A client's name with the end of a line behind it is taken for one.",
    part="session_api",
    caught_by=(BAD_FIELD,),
    clause="a `clientId` outside",
)
def line_ends_in_names_taken() -> None:
    """The pattern is matched as `^...$`, which a line's end may follow."""
    from sandbox.services.session_api import validation

    check, pattern = validation.client_id, re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")

    def to_the_line_end(text: str) -> str:
        return text if pattern.match(text) else check(text)

    validation.client_id = to_the_line_end


@fault(
    "NaN and Infinity pass for JSON.",
    part="session_api",
    caught_by=(BAD_BODY,),
    clause="NaN and Infinity are no JSON",
)
def nan_taken_for_json() -> None:
    """Python's own constants are let in."""
    from sandbox.services.session_api import validation

    def zero(constant: str) -> None:
        del constant

    validation._no_json = zero


@fault(
    "A request that is refused leaves a session on record.",
    part="session_api",
    caught_by=(BAD_FIELD,),
    clause="leaves no trace: no record, no command, no task",
)
def refused_on_record() -> None:
    """The record is written when client and user are known, before the instruction is looked at."""
    from sandbox.services.session_api import sessions, validation
    from sandbox.services.session_api.backend import backend
    from sandbox.services.session_api.web import ApiError
    from sandbox.services.session_record import FAILED

    activation = validation.activation

    def noting(found: Mapping[str, Any]) -> validation.Activation:
        try:
            return activation(found)
        except ApiError:
            asked = {"clientId": "acme", "userId": "nobody@example.com", **found, "instruction": "-"}
            refused = sessions.new_record(backend(), activation(asked), None, None)
            backend().records.create(dataclasses.replace(refused, status=FAILED, failure="refused"))
            raise

    validation.activation = noting


@fault(
    "A refusal does not say who refuses.",
    part="session_api",
    caught_by=(ASLEEP,),
    clause="Every answer of a service names it in the header `X-Service`",
)
def refusals_name_nobody() -> None:
    """Error answers have no `X-Service`."""
    from sandbox.services.session_api.web import Answer

    event = Answer.event

    def unnamed(self: Answer, *, head: bool = False) -> dict[str, Any]:
        made = event(self, head=head)
        if self.status >= 400:
            made["headers"] = {n: v for n, v in made["headers"].items() if n != "x-service"}
        return made

    Answer.event = unnamed  # type: ignore[method-assign]


@fault(
    "One in ten questions after the session API's health finds it ill.",
    part="session_api",
    caught_by=(HEALTHY,),
    clause='200 always, `{"service": "session-api", ...}`',
)
def every_tenth_health_fails() -> None:
    """503 for every tenth."""
    from sandbox.services.session_api import handler
    from sandbox.services.session_api.web import Answer, Request

    health, asked = handler.health, itertools.count(1)

    def mostly(request: Request, _argument: str) -> Answer:
        answer = health(request, _argument)
        return answer if next(asked) % 10 else dataclasses.replace(answer, status=503)

    handler.health = mostly


@fault(
    "A client with many sessions is shown the ten newest.",
    part="session_api",
    caught_by=(BURST,),
    clause="200, a list, newest first",
)
def long_lists_cut() -> None:
    """The list ends after ten; what a session without a thread resumes is not touched."""
    from sandbox.services.session_api import handler, sessions
    from sandbox.services.session_api.backend import backend
    from sandbox.services.session_api.web import Answer, Request, json_answer

    def first_page(_request: Request, client_id: str) -> Answer:
        found = backend().records.of_client(client_id)
        return json_answer(200, [sessions.listed(record) for record in found[:10]])

    handler.client_list = first_page


@fault(
    "A session that nobody ever had is said to have ended.",
    part="session_api",
    caught_by=(ASLEEP,),
    clause="404 unknown",
)
def unknown_sessions_have_ended() -> None:
    """410 in place of 404."""
    from sandbox.services.session_api import sessions
    from sandbox.services.session_api.web import ApiError

    find = sessions.find

    def ended(platform: Any, session_id: str) -> Any:
        try:
            return find(platform, session_id)
        except ApiError:
            raise sessions._ended() from None

    sessions.find = ended


@fault(
    "An instruction that waits is answered as if it were carried out.",
    part="session_api",
    caught_by=(KEPT_AWAKE,),
    clause="`POST /api/sessions/{id}/instructions` `{instruction}`: 202;",
)
def instructions_called_done() -> None:
    """200 in place of 202."""
    from sandbox.services.session_api import handler
    from sandbox.services.session_api.web import Answer, Request

    actions = dict(handler._SESSION_ACTIONS)
    instruct = handler.instruct

    def done(request: Request, session_id: str) -> Answer:
        return dataclasses.replace(instruct(request, session_id), status=200)

    handler._SESSION_ACTIONS = {**actions, "instructions": {"POST": done}}


@fault(
    "The address that a customer is told has no end.",
    part="session_api",
    caught_by=(FIRST_REQUEST,),
    clause="`previewUrl` = `https://{alb}/session/{sessionId}/`",
)
def preview_url_without_slash() -> None:
    """The slash at its end is missing."""
    from sandbox.services.session_api.backend import Backend

    preview_url = Backend.preview_url

    def bare(self: Backend, session_id: str) -> str:
        return preview_url(self, session_id).rstrip("/")

    Backend.preview_url = bare  # type: ignore[method-assign]
