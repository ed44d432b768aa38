"""Platforms whose session API tells what is not so, whose records are wrong, or whose queue gives nothing up."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from faults.platforms.scenarios import (
    BAD_BODY,
    BAD_TO_LIVE,
    KEPT_FOR_A_DAY,
    ONE_COMMIT,
    OWN_LIST,
    OWN_WORKSPACE,
    PASSED_ON,
    PUT_ASIDE,
    STATUS,
)
from faults.provisioned import provisioned
from faults.registry import fault


@fault(
    "A client is shown the sessions of every client whose name begins like its own.",
    part="session_api",
    caught_by=(OWN_LIST,),
    clause="200, a list, newest first",
)
def similar_clients_shown() -> None:
    """The list is of all client ids with that prefix."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    def beginning_so(self: Records, client_id: str) -> list[SessionRecord]:
        found = self.dynamodb.scan(
            TableName=self.table,
            FilterExpression="begins_with(clientId, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": client_id}},
        )
        records = map(SessionRecord.of, found["Items"])
        return sorted(records, key=lambda record: record.created_at, reverse=True)

    Records.of_client = beginning_so  # type: ignore[method-assign]


@fault(
    "A client's list has its oldest sessions at the top.",
    part="session_api",
    caught_by=(OWN_LIST,),
    clause="200, a list, newest first",
)
def oldest_sessions_first() -> None:
    """The list is turned round; what a session without a thread resumes is not."""
    from sandbox.services.session_api import handler, sessions
    from sandbox.services.session_api.backend import backend
    from sandbox.services.session_api.web import Answer, Request, json_answer

    def turned(_request: Request, client_id: str) -> Answer:
        found = backend().records.of_client(client_id)
        return json_answer(200, [sessions.listed(record) for record in reversed(found)])

    handler.client_list = turned


def _told_with(changes: Mapping[str, Any], without: str | None = None) -> None:
    from sandbox.services.session_api import sessions

    status = sessions.status

    def wrongly(record: Any) -> dict[str, Any]:
        told = {**status(record), **changes}
        return {name: value for name, value in told.items() if name != without}

    sessions.status = wrongly


@fault(
    "Whoever asks for a session's status is not told it.",
    part="session_api",
    caught_by=(STATUS,),
    clause="200 `{sessionId, status, previewUrl, lastActivityAt, ttl, lastCommit}`",
)
def status_left_out() -> None:
    """The body has everything but `status`."""
    _told_with({}, without="status")


@fault(
    "The status call knows no commit.",
    part="session_api",
    caught_by=(STATUS,),
    clause="200 `{sessionId, status, previewUrl, lastActivityAt, ttl, lastCommit}`",
)
def last_commit_never_told() -> None:
    """`lastCommit` is null, whatever is on record."""
    _told_with({"lastCommit": None})


@fault(
    "The status call promises a record for ever.",
    part="session_api",
    caught_by=(STATUS,),
    clause="200 `{sessionId, status, previewUrl, lastActivityAt, ttl, lastCommit}`",
)
def other_ttl_told() -> None:
    """The `ttl` that is told is not the one on record."""
    _told_with({"ttl": 4_102_444_800})


@fault(
    "A keepalive is answered with a new time to live, and the record keeps the old one.",
    part="session_api",
    caught_by=(KEPT_FOR_A_DAY,),
    clause="200 `{ttl}`",
)
def ttl_never_stored() -> None:
    """Activity is noted, and `ttl` with it only in the answer."""
    import time

    from sandbox.services.records import Records
    from sandbox.services.session_record import LIVE, SessionRecord, stamp

    def touch(self: Records, record: SessionRecord) -> SessionRecord | None:
        changed = self.change(record, {"last_activity_at": stamp()}, {"status": LIVE})
        return changed and dataclasses.replace(changed, ttl=int(time.time() + self.ttl_s))

    Records.touch = touch  # type: ignore[method-assign]


@fault(
    "Whatever stands in the body of a keepalive or an end, it is taken.",
    part="session_api",
    caught_by=(BAD_TO_LIVE,),
    clause="A call without fields needs no body, and refuses one that is not JSON",
)
def bodies_without_fields_unread() -> None:
    """What has no fields is not parsed."""
    from sandbox.services.session_api import validation

    def take(body: bytes) -> None:
        del body

    validation.no_fields = take


@fault(
    "A request's body is taken as it comes, whatever its Content-Encoding claims that it is.",
    part="session_api",
    caught_by=(BAD_BODY,),
    clause="a body that is not what its `Content-Encoding` claims",
)
def content_encoding_unread() -> None:
    """The body as it was sent is the content."""
    from sandbox.services.session_api.web import Request

    def as_sent(self: Request) -> bytes:
        return self.body

    Request.content = property(as_sent)  # type: ignore[method-assign, assignment]


@fault(
    "The record of a session is deleted an hour after its last activity.",
    part="session_api",
    caught_by=(KEPT_FOR_A_DAY,),
    clause="24 h after the last activity",
)
def records_kept_for_an_hour() -> None:
    """An hour in place of a day."""
    from sandbox.services.records import Records

    activity = Records.activity

    def brief(self: Records) -> dict[str, Any]:
        right = activity(self)
        return {**right, "ttl": right["ttl"] - 23 * 3600}

    Records.activity = brief  # type: ignore[method-assign]


@fault(
    "A session without a thread goes on with the latest thread of anybody at the client.",
    part="session_api",
    caught_by=(OWN_WORKSPACE,),
    clause="A session without a `threadId` resumes that user's latest",
)
def anybodys_thread_resumed() -> None:
    """Whose session was the latest is not asked."""
    from collections.abc import Iterable

    from sandbox.services.session_api import sessions
    from sandbox.services.session_record import SessionRecord

    def everybody(found: Iterable[SessionRecord], user_id: str) -> Iterable[SessionRecord]:
        del user_id
        return found

    sessions.of_user = everybody


@fault(
    "The record names the first instruction's commit as the last, whatever comes after.",
    part="hermes",
    caught_by=(ONE_COMMIT,),
    clause="`sessionId` (unguessable: at least 122 random bits",
)
def last_commit_stays_the_first() -> None:
    """What a further instruction's commit was is not noted."""
    from sandbox.services.hermes.edit import Edit

    instruct = Edit.instruct

    def forgetful(self: Edit, *given: Any, **named: Any) -> str | None:
        instruct(self, *given, **named)
        return None

    Edit.instruct = forgetful  # type: ignore[method-assign]


@fault(
    "A command that cannot be handled is tried for ever, and nobody finds it.",
    part="sandbox",
    caught_by=(PUT_ASIDE,),
    clause="with a dead-letter queue",
)
def nothing_put_aside() -> None:
    """The command queue has no redrive policy."""
    provisioned(lambda resources: resources["Commands"]["Properties"].pop("RedrivePolicy"))


@fault(
    "What is given up goes to a queue that nobody looks into.",
    part="sandbox",
    caught_by=(PUT_ASIDE,),
    clause="with a dead-letter queue",
)
def put_aside_elsewhere() -> None:
    """The redrive policy names another queue than the dead letters'."""
    from sandbox.template import Function

    def elsewhere(resources: dict[str, Any]) -> None:
        other = {"QueueName": "elsewhere.fifo", "FifoQueue": True}
        policy = {"deadLetterTargetArn": Function("GetAtt", "Elsewhere.Arn"), "maxReceiveCount": 3}
        resources["Elsewhere"] = {"Type": "AWS::SQS::Queue", "Properties": other}
        resources["Commands"]["Properties"]["RedrivePolicy"] = policy

    provisioned(elsewhere)


@fault(
    "The health page does not tell with which path it was called.",
    part="session_api",
    caught_by=(PASSED_ON,),
    clause="adds `request`: the method, path and headers that it was called with",
)
def health_names_no_path() -> None:
    """`request` without `path`."""
    from sandbox.services.session_api import handler

    arrived = handler.arrived

    def without(request: Any) -> dict[str, object]:
        return {name: value for name, value in arrived(request).items() if name != "path"}

    handler.arrived = without
