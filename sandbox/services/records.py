"""The session table: how records are read, and the conditional writes that change them.

A record's status only moves forward; every change names the states it starts from, so of two writers one loses.
DynamoDB deletes expired items days late, so a record past its `ttl` is unknown here.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.services.aws import code_of
from sandbox.services.session_record import LIVE, SessionRecord, attribute_of, from_wire, stamp, to_wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef

log = logging.getLogger(__name__)

CLIENT_INDEX = "clientId-status-index"
ACTIVITY_INDEX = "status-lastActivityAt-index"

Key = Mapping[str, Any]


class Records:
    """The session table, which holds sessions only; `claims` is the table that says who was first.

    `ttl_s`: how long after its last activity a record is kept.
    """

    def __init__(self, dynamodb: DynamoDBClient, table: str, claims: str, ttl_s: float) -> None:
        self.dynamodb = dynamodb
        self.table = table
        self.claims = claims
        self.ttl_s = ttl_s

    def activity(self) -> dict[str, Any]:
        """The attributes that say "active just now": `last_activity_at` and `ttl`."""
        moment = time.time()
        return {"last_activity_at": stamp(moment), "ttl": int(moment + self.ttl_s)}

    def create(self, record: SessionRecord, request: str | None = None) -> SessionRecord:
        """Store a new session, once per `request` (an idempotency key): a repeat returns the first one's record."""
        if request is None:
            self.dynamodb.put_item(TableName=self.table, Item=record.item(), ConditionExpression=_ABSENT)
            return record
        key = {"name": to_wire(f"request#{hashlib.sha256(request.encode()).hexdigest()}")}
        claim: PutTypeDef = {
            "TableName": self.claims,
            "Item": {**key, "target": to_wire(record.session_id), "ttl": to_wire(record.ttl)},
            "ConditionExpression": "attribute_not_exists(#name) OR #ttl <= :now",
            "ExpressionAttributeNames": {"#name": "name", "#ttl": "ttl"},
            "ExpressionAttributeValues": {":now": to_wire(int(time.time()))},
        }
        put: PutTypeDef = {"TableName": self.table, "Item": record.item(), "ConditionExpression": _ABSENT}
        try:
            self.dynamodb.transact_write_items(TransactItems=[{"Put": claim}, {"Put": put}])
        except ClientError as error:
            earlier = self._of_request(key) if code_of(error) == "TransactionCanceledException" else None
            if earlier is None:
                raise
            return earlier
        return record

    def _of_request(self, key: Key) -> SessionRecord | None:
        item = self._claim(key)
        return self.get(str(from_wire(item["target"]))) if item else None

    def _claim(self, key: Key) -> Mapping[str, Any] | None:
        return self.dynamodb.get_item(TableName=self.claims, Key=key, ConsistentRead=True).get("Item")

    def note_thread(self, record: SessionRecord) -> None:
        """Note a session as its user's latest, unless a later one is noted: an index does not know it for a moment."""
        with contextlib.suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.put_item(
                TableName=self.claims,
                Item={
                    **_latest_of(record.client_id, record.user_id),
                    "target": to_wire(record.thread_id),
                    "createdAt": to_wire(record.created_at),
                    "ttl": to_wire(int(time.time() + _NOTED_S)),
                },
                ConditionExpression="attribute_not_exists(#name) OR createdAt < :at",
                ExpressionAttributeNames={"#name": "name"},
                ExpressionAttributeValues={":at": to_wire(record.created_at)},
            )

    def noted_thread(self, client_id: str, user_id: str) -> tuple[str, str] | None:
        """When the user's latest session that is noted was created, and its thread; None if that is long ago."""
        item = self._claim(_latest_of(client_id, user_id))
        if item is None or float(item["ttl"]["N"]) <= time.time():
            return None
        return item["createdAt"]["S"], item["target"]["S"]

    def get(self, session_id: str) -> SessionRecord | None:
        """The record as last written (a consistent read); None when there is none or its `ttl` has passed."""
        if not 0 < len(session_id) <= _MAX_ID_CHARS:
            return None
        answer = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="sessionId = :id",
            ExpressionAttributeValues={":id": to_wire(session_id)},
            ConsistentRead=True,
        )
        found = readable(answer["Items"])
        return next((record for record in found if record.ttl > time.time()), None)

    def of_client(self, client_id: str) -> list[SessionRecord]:
        """All of a client's sessions, newest first; one that moves between two pages of the index counts once."""
        found = {record.session_id: record for record in self._indexed(CLIENT_INDEX, "clientId", client_id)}
        return sorted(found.values(), key=lambda record: record.created_at, reverse=True)

    def with_status(self, *statuses: str) -> list[SessionRecord]:
        """All sessions in these states, least recently active first within a state; an eventually consistent read."""
        return [record for status in statuses for record in self._indexed(ACTIVITY_INDEX, "status", status)]

    def _indexed(self, index: str, attribute: str, value: str) -> Iterator[SessionRecord]:
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": index,
            "KeyConditionExpression": "#key = :value",
            "FilterExpression": "#ttl > :now",
            "ExpressionAttributeNames": {"#key": attribute, "#ttl": "ttl"},
            "ExpressionAttributeValues": {":value": to_wire(value), ":now": to_wire(int(time.time()))},
        }
        while True:
            answer = self.dynamodb.query(**request)
            yield from readable(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def change(
        self, record: SessionRecord, changes: Mapping[str, Any], expect: Mapping[str, Any]
    ) -> SessionRecord | None:
        """Write `changes` (field name -> value, None removes) if the stored record still meets `expect`.

        `expect`: field name -> the value, a tuple of allowed values, or None for absent. Returns the record as written,
        or None when the expectation does not hold (another writer was first, or the record is gone).
        """
        update = _Update()
        setting = [f"{update.name(n)} = {update.value(v)}" for n, v in changes.items() if v is not None]
        removing = [update.name(n) for n, v in changes.items() if v is None]
        clauses = ["attribute_exists(sessionId)"]
        clauses += [update.clause(name, value) for name, value in expect.items()]
        expression = f"SET {', '.join(setting)}" if setting else ""
        expression += f" REMOVE {', '.join(removing)}" if removing else ""
        try:
            answer = self.dynamodb.update_item(
                TableName=self.table,
                Key={"sessionId": to_wire(record.session_id), "userId": to_wire(record.user_id)},
                UpdateExpression=expression.strip(),
                ConditionExpression=" AND ".join(clauses),
                ReturnValues="ALL_NEW",
                **update.placeholders(),
            )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return None
            raise
        return SessionRecord.of(answer["Attributes"])

    def touch(self, record: SessionRecord) -> SessionRecord | None:
        """Count activity now; None when the session takes none any more."""
        return self.change(record, self.activity(), {"status": LIVE})


class _Update:
    """Placeholders of one update: reserved words such as `status` and `ttl` cannot stand in an expression."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def name(self, field: str) -> str:
        self._names[f"#{field}"] = attribute_of(field)
        return f"#{field}"

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = to_wire(value)
        return placeholder

    def clause(self, field: str, expected: Any) -> str:
        if expected is None:
            return f"attribute_not_exists({self.name(field)})"
        if isinstance(expected, tuple):
            return f"{self.name(field)} IN ({', '.join(self.value(one) for one in expected)})"
        return f"{self.name(field)} = {self.value(expected)}"

    def placeholders(self) -> dict[str, Any]:
        given = {"ExpressionAttributeNames": self._names, "ExpressionAttributeValues": self._values}
        return {name: value for name, value in given.items() if value}


_ABSENT = "attribute_not_exists(sessionId)"
_MAX_ID_CHARS = 128
_NOTED_S = 3600.0
"""For so long a user's latest session is noted; by then any index knows it."""


def _latest_of(client_id: str, user_id: str) -> dict[str, Any]:
    said = hashlib.sha256(f"{client_id} {user_id}".encode()).hexdigest()
    return {"name": to_wire(f"latest#{said}")}


def readable(items: Iterable[Mapping[str, Any]]) -> Iterator[SessionRecord]:
    """The records among items; a broken one costs a log line, never the sessions beside it."""
    for item in items:
        try:
            yield SessionRecord.of(item)
        except (ValueError, TypeError) as error:
            log.warning("unreadable session item: %s", error)
