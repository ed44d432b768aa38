"""Platforms that promise too early, tell twice, or let bad input, foreign code and strange words have their way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from faults.platforms.scenarios import (
    BAD_BODY,
    BAD_TO_LIVE,
    FOREIGN_PATH,
    HUNG_TASK,
    MARKUP,
    READY,
    SPY,
    TOLD_WHY,
    TOO_LATE,
)
from faults.registry import fault


@fault(
    "A session is called ready while its visitors still get an error.",
    part="hermes",
    caught_by=(READY,),
    clause="whoever sees this 200 gets 200 from the preview, too",
)
def ready_before_served() -> None:
    """Its health is led to its target by the rule that is there for the checks; its pages are some looks later."""
    from sandbox.services.hermes import routes

    create, healthy = routes.Routes._create_rule, routes.Routes.healthy
    looks: Counter[str] = Counter()

    def early(self: routes.Routes, session_id: str, group: str) -> str:
        rule = create(self, session_id, group)
        only_health = [routes._condition([routes.health_path(session_id)])]
        self.clients.get("elbv2").modify_rule(RuleArn=rule, Conditions=only_health)
        return rule

    def later(self: routes.Routes, session_id: str, target: routes.Target) -> bool:
        looks[session_id] += healthy(self, session_id, target)
        return looks[session_id] > 5

    routes.Routes._create_rule = early  # type: ignore[method-assign]
    routes.Routes.healthy = later  # type: ignore[method-assign]


@fault(
    "A customer whose session fails is told so twice.",
    part="hermes",
    caught_by=(TOLD_WHY,),
    clause="when it failed (with the reason), once each",
)
def failure_told_twice() -> None:
    """The answer is sent again a moment after the first."""
    from sandbox.services.hermes.customer_mail import Answers
    from sandbox.services.session_record import SessionRecord

    send = Answers._send

    def twice(
        self: Answers, record: SessionRecord, subject: str, text: str, mail: Mapping[str, str] | None
    ) -> None:
        send(self, record, subject, text, mail)
        if record.failure is not None:
            send(self, record, subject, text, mail)

    Answers._send = twice  # type: ignore[method-assign]


@fault(
    "Some JSON makes the API fail instead of refuse.",
    part="session_api",
    caught_by=(BAD_BODY,),
    clause="Bad input gets 400 (not JSON",
)
def hostile_json_fails() -> None:
    """Only what JSON's grammar forbids is refused; what is too deep or too long for the parser is nobody's case."""
    from sandbox.services.session_api import validation

    document = validation.document

    def trusting(body: bytes) -> Mapping[str, Any]:
        try:
            json.loads(body)
        except json.JSONDecodeError:
            return document(body)
        return document(body)

    validation.document = trusting


@fault(
    "Of a member that is given twice, the second counts unseen.",
    part="session_api",
    caught_by=(BAD_BODY,),
    clause="Bad input gets 400 (not JSON",
)
def doubled_members_accepted() -> None:
    """As Python's parser does by itself: the last one wins."""
    from sandbox.services.session_api import validation

    document = validation.document

    def last_wins(body: bytes) -> Mapping[str, Any]:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return document(body)
        return found if isinstance(found, dict) else document(body)

    validation.document = last_wins


@fault(
    "A request that is refused keeps the session awake all the same.",
    part="session_api",
    caught_by=(BAD_TO_LIVE,),
    clause="leaves no trace: no record, no command, no task",
)
def refused_requests_count() -> None:
    """Activity is noted before the request is looked at."""
    from sandbox.services.session_api import handler, sessions
    from sandbox.services.session_api.backend import backend
    from sandbox.services.session_api.web import Answer, Request

    api = handler.api

    def noting(request: Request) -> Answer:
        match request.segments:
            case ["api", "sessions", session_id, "instructions" | "keepalive" | "deactivate"]:
                record = backend().records.get(session_id)
                if record is not None:
                    sessions.keep_alive(backend(), record)
        return api(request)

    handler.api = noting


@fault(
    "A session ends by whatever method its end is asked for.",
    part="session_api",
    caught_by=(BAD_TO_LIVE,),
    values=True,
    clause="404, 405 or 413 with",
)
def any_method_ends_a_session() -> None:
    """A link that somebody follows, or that a mail scanner tries, deactivates."""
    from sandbox.services.session_api import handler

    handler._SESSION_ACTIONS["deactivate"]["GET"] = handler.deactivate  # type: ignore[index]


@fault(
    "What is asked of a session after its end is done all the same.",
    part="session_api",
    caught_by=(TOO_LATE,),
    clause="A session that drains or has ended takes no instruction and no keepalive",
)
def ended_sessions_taken_for_live() -> None:
    """Whether a session takes instructions and keepalives is not looked at."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    touch = Records.touch

    def whatever_its_status(self: Records, record: SessionRecord) -> SessionRecord | None:
        return touch(self, record) or record

    Records.touch = whatever_its_status  # type: ignore[method-assign]


@fault(
    "What a customer writes becomes part of the page's code.",
    part="edit",
    caught_by=(MARKUP,),
    clause="it never becomes code",
)
def words_become_code() -> None:
    """Her words are put into the site as they are."""
    from sandbox.services.edit import editor

    def as_it_is(text: str) -> str:
        return text

    editor.markup = as_it_is


@fault(
    "The code of a customer's site may do on the server whatever the platform may.",
    part="edit",
    caught_by=(SPY,),
    clause="Code that a site brings (pages, endpoints, configuration) runs fenced",
)
def fence_dropped() -> None:
    """No fence is put up around a preview."""
    from sandbox.services.edit.fence import Fence

    def none(_fence: Fence) -> None:
        pass

    Fence.orders = none  # type: ignore[assignment, method-assign]


@fault(
    "An instruction reaches every file whose path it can name.",
    part="edit",
    caught_by=(FOREIGN_PATH,),
    clause="two people never share a workspace",
)
def instructions_reach_everywhere() -> None:
    """The named file is written where the path leads, beside what is carried out."""
    import re
    from pathlib import Path

    from sandbox.services.edit.sessions import Session, Sessions

    instruct = Sessions.instruct

    async def and_there(self: Sessions, session: Session, instruction_id: str, instruction: str) -> str:
        named = re.search(r"\S*/\S+", instruction)
        if named is not None and session.workspace is not None:
            target = Path(session.workspace.root, "src", named[0])
            if target.parent.is_dir():
                target.write_text("<p>Written from outside</p>\n", encoding="utf-8")
        return await instruct(self, session, instruction_id, instruction)

    Sessions.instruct = and_there  # type: ignore[method-assign]


@fault(
    "A task that hangs is left as it is, and so are its customers.",
    part="hermes",
    caught_by=(HUNG_TASK,),
    clause="An Edit task whose control port answers none of five pings",
)
def hung_tasks_go_unnoticed() -> None:
    """Nobody asks a task whether it still does anything."""
    from sandbox.services.hermes.capacity import Task
    from sandbox.services.hermes.liveness import Liveness

    def look_away(self: Liveness, tasks: Iterable[Task]) -> None:
        del self, tasks

    Liveness.watch = look_away  # type: ignore[method-assign]
