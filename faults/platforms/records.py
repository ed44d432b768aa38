"""Platforms whose session records are written, kept or read as the contract does not say."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from faults.platforms.scenarios import (
    BURST,
    EXPIRES,
    FIRST_REQUEST,
    KEPT_AWAKE,
    OWN_LIST,
    PAST_ITS_TIME,
    TOLD_WHY,
)
from faults.registry import fault


@fault(
    "A session whose record should have been deleted long ago is still answered for.",
    part="session_api",
    caught_by=(PAST_ITS_TIME,),
    clause="a record whose `ttl` has passed counts as unknown wherever it is read",
)
def passed_ttl_still_known() -> None:
    """Reading one record does not look at its `ttl`."""
    from sandbox.services.records import Records, readable
    from sandbox.services.session_record import SessionRecord

    def get(self: Records, session_id: str) -> SessionRecord | None:
        answer = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="sessionId = :id",
            ExpressionAttributeValues={":id": {"S": session_id}},
            ConsistentRead=True,
        )
        return next(readable(answer["Items"]), None)

    Records.get = get  # type: ignore[method-assign]


@fault(
    "A session whose record should have been deleted long ago is still in its client's list.",
    part="session_api",
    caught_by=(PAST_ITS_TIME,),
    clause="a record whose `ttl` has passed counts as unknown wherever it is read",
)
def passed_ttl_still_listed() -> None:
    """Reading by an index does not look at `ttl`."""
    from sandbox.services.records import Records, readable
    from sandbox.services.session_record import SessionRecord

    def indexed(self: Records, index: str, attribute: str, value: str) -> Iterator[SessionRecord]:
        found = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=index,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": attribute},
            ExpressionAttributeValues={":value": {"S": value}},
        )
        for page in found:
            yield from readable(page["Items"])

    Records._indexed = indexed  # type: ignore[method-assign]


@fault(
    "Nobody can tell when a session ended.",
    part="hermes",
    caught_by=(EXPIRES,),
    clause="`sessionId` (unguessable: at least 122 random bits",
)
def end_not_dated() -> None:
    """`endedAt` is never written."""
    _written_without("ended_at")


@fault(
    "A session's record does not name the branch that it works on.",
    part="hermes",
    caught_by=(FIRST_REQUEST,),
    clause="`sessionId` (unguessable: at least 122 random bits",
)
def branch_not_recorded() -> None:
    """`branch` is never written."""
    _written_without("branch")


@fault(
    "Why a session failed is told to the customer once and kept nowhere.",
    part="hermes",
    caught_by=(TOLD_WHY,),
    clause="a page that says the reason",
)
def reason_not_recorded() -> None:
    """`failure` goes from the record as the session ends."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    change = Records.change

    def forgetful(
        self: Records, record: SessionRecord, changes: Mapping[str, Any], expect: Mapping[str, Any]
    ) -> SessionRecord | None:
        forgotten = {"failure": None} if "failure_answered_at" in changes else {}
        return change(self, record, {**changes, **forgotten}, expect)

    Records.change = forgetful  # type: ignore[method-assign]


def _written_without(field: str) -> None:
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    change = Records.change

    def lacking(
        self: Records, record: SessionRecord, changes: Mapping[str, Any], expect: Mapping[str, Any]
    ) -> SessionRecord | None:
        left = {name: value for name, value in changes.items() if name != field}
        return change(self, record, left, expect) if left else record

    Records.change = lacking  # type: ignore[method-assign]


@fault(
    "Times on record are whole seconds, so that nobody can say what came first.",
    part="session_api",
    caught_by=(FIRST_REQUEST,),
    clause="(ISO 8601 UTC,",
)
def times_without_milliseconds() -> None:
    """`createdAt` and `lastActivityAt` are cut at the second."""
    from sandbox.services import records
    from sandbox.services.session_record import stamp

    def cut(moment: float | None = None) -> str:
        return stamp(moment)[:19] + "Z"

    records.stamp = cut  # type: ignore[attr-defined]


@fault(
    "The session API's clock is a minute and a half ahead.",
    part="session_api",
    caught_by=(FIRST_REQUEST,),
    clause="A session is idle after `idle_timeout`",
)
def api_clock_ahead() -> None:
    """What it writes of an activity lies in the future."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import stamp

    def ahead(self: Records) -> dict[str, Any]:
        moment = time.time() + 90
        return {"last_activity_at": stamp(moment), "ttl": int(moment + self.ttl_s)}

    Records.activity = ahead  # type: ignore[method-assign]


@fault(
    "Whoever reads her preview for a day finds its record deleted.",
    part="edit",
    caught_by=(KEPT_AWAKE,),
    clause="24 h after the last activity",
)
def page_views_leave_ttl() -> None:
    """A page view moves `lastActivityAt` and not `ttl`."""
    from sandbox.services.edit import activity
    from sandbox.services.session_record import stamp

    def only_the_time(
        dynamodb: Any, table: str, *, session_id: str, user_id: str, now_s: float, **_: Any
    ) -> None:
        try:
            dynamodb.update_item(
                TableName=table,
                Key={"sessionId": {"S": session_id}, "userId": {"S": user_id}},
                UpdateExpression="SET lastActivityAt = :now",
                ConditionExpression="#status = :active AND lastActivityAt < :now",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":now": {"S": stamp(now_s)}, ":active": {"S": "active"}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return

    activity.record_activity = only_the_time


@fault(
    "Among the sessions on record is something that is none.",
    part="session_api",
    caught_by=(BURST,),
    clause="The table holds sessions only",
)
def notes_among_sessions() -> None:
    """Each activation counts itself, in the table of sessions."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    create = Records.create

    def counting(self: Records, record: SessionRecord, request: str | None = None) -> SessionRecord:
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"sessionId": {"S": "count"}, "userId": {"S": record.client_id}},
            UpdateExpression="ADD activations :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        return create(self, record, request)

    Records.create = counting  # type: ignore[method-assign]


@fault(
    "A client's sessions of the same second stand in the wrong order.",
    part="session_api",
    caught_by=(OWN_LIST,),
    clause="200, a list, newest first",
)
def same_second_in_any_order() -> None:
    """The list is sorted by whole seconds, and within one the oldest comes first."""
    from sandbox.services.records import CLIENT_INDEX, Records
    from sandbox.services.session_record import SessionRecord

    def by_second(self: Records, client_id: str) -> list[SessionRecord]:
        found = sorted(self._indexed(CLIENT_INDEX, "clientId", client_id), key=lambda one: one.created_at)
        return sorted(found, key=lambda one: one.created_at[:19], reverse=True)

    Records.of_client = by_second  # type: ignore[method-assign]


@fault(
    "Session ids are made from the clock: who has one can guess the next.",
    part="session_api",
    caught_by=(BURST,),
    clause="`sessionId` (unguessable: at least 122 random bits",
)
def ids_from_the_clock() -> None:
    """Twenty hex digits of the time and twelve random ones."""
    import secrets

    from sandbox.services.session_api import sessions

    def dated() -> str:
        return f"{time.time_ns():020x}{secrets.token_hex(6)}"

    sessions.new_session_id = dated  # type: ignore[attr-defined]
