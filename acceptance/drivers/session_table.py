"""Session records in DynamoDB, and the commands waiting in the queue: read-only but for one planted record."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from acceptance.capabilities import Capability
from acceptance.config.mark import EXAMPLE_CLIENT, Mark
from acceptance.config.sections import Names
from acceptance.drivers.aws import Clients
from acceptance.drivers.session_api import instant
from acceptance.waiting.errors import NotOffered, UnknownSession

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENDED = ("inactive", "expired", "failed")

PLANTED = "plantedByTheSuite"
"""The attribute that a record of the suite's own making has, and no session's."""


@dataclass(frozen=True)
class SessionRecord:
    """A session record. Attributes that are absent are None; `ttl` is epoch seconds; `raw` is the whole item."""

    session_id: str
    user_id: str
    client_id: str | None
    thread_id: str | None
    status: str | None
    preview_url: str | None
    instruction: str | None
    branch: str | None
    last_commit: str | None
    task_arn: str | None
    container_ip: str | None
    created_at: datetime | None
    started_at: datetime | None
    last_activity_at: datetime | None
    ended_at: datetime | None
    ttl: int | None
    failure: str | None
    raw: Mapping[str, object]

    @property
    def ended(self) -> bool:
        """Whether the session has reached a last status."""
        return self.status in ENDED

    @property
    def planted(self) -> bool:
        """Whether no platform made it, but the suite."""
        return bool(self.raw.get(PLANTED))


@dataclass(frozen=True)
class Commands:
    """How many commands wait, are being handled, and were given up. Approximate, as SQS says."""

    waiting: int
    in_flight: int
    dead: int


@dataclass(frozen=True)
class Redrive:
    """Where a queue puts what was received too often: the queue's name and how often is too often; None: nowhere."""

    to: str | None
    max_receives: int | None


class SessionTable:
    """Reads the session table by strongly consistent query where the table allows it."""

    def __init__(self, clients: Clients, names: Names) -> None:
        self._clients = clients
        self._names = names

    def find(self, session_id: str) -> SessionRecord | None:
        """The record of a session, or None. Strongly consistent."""
        found = self._table.query(
            TableName=self._names.table,
            KeyConditionExpression="sessionId = :id",
            ExpressionAttributeValues={":id": {"S": session_id}},
            ConsistentRead=True,
        )["Items"]
        return _record(found[0]) if found else None

    def get(self, session_id: str) -> SessionRecord:
        """The record of a session; `UnknownSession` if there is none."""
        record = self.find(session_id)
        if record is None:
            raise UnknownSession(f"no record of session {session_id} in table {self._names.table}")
        return record

    def of_client(self, client_id: str) -> tuple[SessionRecord, ...]:
        """All records of a client, oldest first, from an index that lags behind by moments.

        One that changes its status moves in the index, and may stand on two pages; it is found once.
        """
        pages = self._table.get_paginator("query").paginate(
            TableName=self._names.table,
            IndexName=self._names.client_index,
            KeyConditionExpression="clientId = :client",
            ExpressionAttributeValues={":client": {"S": client_id}},
        )
        return _oldest_first(_record(item) for page in pages for item in page["Items"])

    def count(self, client_id: str) -> int:
        """How many records a client has: see `all_of_client`."""
        return len(self.all_of_client(client_id))

    def all_of_client(self, client_id: str) -> tuple[SessionRecord, ...]:
        """All records of a client, oldest first: a scan of the whole table, strongly consistent, that misses none."""
        return _oldest_first(self._scanned("clientId = :client", {":client": {"S": client_id}}))

    def marked(self, mark: Mark) -> tuple[SessionRecord, ...]:
        """All records of the clients under a mark, planted ones included: a scan as in `all_of_client`."""
        values = {":prefix": {"S": f"{mark}-"}, ":example": {"S": EXAMPLE_CLIENT}}
        found = self._scanned("begins_with(clientId, :prefix) OR clientId = :example", values)
        return tuple(record for record in found if mark.owns_client(record.client_id))

    def _scanned(self, condition: str, values: Mapping[str, Any]) -> tuple[SessionRecord, ...]:
        return tuple(map(_record, self._scan(condition, ExpressionAttributeValues=values)))

    def _scan(self, condition: str, **more: Any) -> list[Mapping[str, Any]]:
        pages = self._table.get_paginator("scan").paginate(
            TableName=self._names.table, FilterExpression=condition, ConsistentRead=True, **more
        )
        return [item for page in pages for item in page["Items"]]

    def open(self) -> tuple[SessionRecord, ...]:
        """All sessions that have not ended, whoever they belong to: a scan, strongly consistent.

        A record whose `ttl` has passed is of none: DynamoDB deletes days late.
        """
        found = self._scan(
            f"#ttl > :now AND NOT #status IN ({', '.join(f':{one}' for one in ENDED)})",
            ExpressionAttributeNames={"#ttl": "ttl", "#status": "status"},
            ExpressionAttributeValues={
                ":now": {"N": str(int(time.time()))},
                **{f":{one}": {"S": one} for one in ENDED},
            },
        )
        return tuple(map(_record, found))

    def made_since(self, moment: datetime) -> tuple[SessionRecord, ...]:
        """All records created at or after a moment, whoever they belong to: a scan, strongly consistent."""
        since = {":moment": {"S": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")}}
        found = self._scanned("createdAt >= :moment", since)
        return tuple(record for record in found if record.created_at and record.created_at >= moment)

    def strangers(self) -> tuple[str, ...]:
        """The keys of items that are no sessions, as `sessionId userId`: a scan of the table, strongly consistent."""
        names = {"#status": "status"}
        found = self._scan("attribute_not_exists(#status)", ExpressionAttributeNames=names)
        return tuple(f"{item['sessionId']['S']} {item['userId']['S']}" for item in found)

    def plant_expired(self, like: SessionRecord, *, session_id: str) -> SessionRecord:
        """Write a copy of a record under another id with a `ttl` an hour ago: DynamoDB deletes days late.

        The only record the suite ever writes, but for its lease. Remove it with `uproot`.
        """
        item = {
            **like.raw,
            "sessionId": session_id,
            "previewUrl": str(like.raw.get("previewUrl", "")).replace(like.session_id, session_id),
            "ttl": Decimal(int(time.time()) - 3600),
            PLANTED: True,
        }
        serialise = TypeSerializer().serialize
        self._table.put_item(
            TableName=self._names.table, Item={key: serialise(value) for key, value in item.items()}
        )
        return self.get(session_id)

    def uproot(self, planted: SessionRecord) -> None:
        """Remove a planted record; one already gone is no error."""
        self._table.delete_item(
            TableName=self._names.table,
            Key={"sessionId": {"S": planted.session_id}, "userId": {"S": planted.user_id}},
        )

    def commands(self) -> Commands:
        """What waits in the command queue, and in its dead-letter queue where the deployment offers that."""
        waiting, in_flight = self._depth(self._queue)
        dead = self._depth(self._names.dead_letters)[0] if self._names.dead_letters else 0
        return Commands(waiting, in_flight, dead)

    def redrive(self) -> Redrive:
        """What becomes of a command that is received again and again (SQS guide, "Dead-letter queues")."""
        sqs = self._clients.of("sqs")
        url = sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        policy = json.loads(found.get("RedrivePolicy") or "{}")
        if not policy:
            return Redrive(None, None)
        return Redrive(str(policy["deadLetterTargetArn"]).rpartition(":")[2], int(policy["maxReceiveCount"]))

    @property
    def _queue(self) -> str:
        if self._names.queue is None:
            raise NotOffered(Capability.QUEUE_DEPTH)
        return self._names.queue

    @property
    def _table(self) -> DynamoDBClient:
        return self._clients.of("dynamodb")

    def _depth(self, queue: str) -> tuple[int, int]:
        sqs = self._clients.of("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found = sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesDelayed",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        waiting = int(found["ApproximateNumberOfMessages"]) + int(
            found.get("ApproximateNumberOfMessagesDelayed", 0)
        )
        return waiting, int(found["ApproximateNumberOfMessagesNotVisible"])


def _oldest_first(records: Iterable[SessionRecord]) -> tuple[SessionRecord, ...]:
    each = {record.session_id: record for record in records}
    return tuple(sorted(each.values(), key=lambda record: str(record.raw.get("createdAt", ""))))


def _record(item: Mapping[str, Any]) -> SessionRecord:
    deserialise = TypeDeserializer().deserialize
    raw: dict[str, object] = {key: deserialise(value) for key, value in item.items()}

    def text(key: str) -> str | None:
        value = raw.get(key)
        return None if value is None else str(value)

    def moment(key: str) -> datetime | None:
        value = text(key)
        return None if value is None else instant(value).astimezone(UTC)

    ttl = raw.get("ttl")
    return SessionRecord(
        session_id=str(raw["sessionId"]),
        user_id=str(raw["userId"]),
        client_id=text("clientId"),
        thread_id=text("threadId"),
        status=text("status"),
        preview_url=text("previewUrl"),
        instruction=text("instruction"),
        branch=text("branch"),
        last_commit=text("lastCommit"),
        task_arn=text("taskArn"),
        container_ip=text("containerIp"),
        created_at=moment("createdAt"),
        started_at=moment("startedAt"),
        last_activity_at=moment("lastActivityAt"),
        ended_at=moment("endedAt"),
        ttl=int(ttl) if isinstance(ttl, Decimal) else None,
        failure=text("failure"),
        raw=raw,
    )
