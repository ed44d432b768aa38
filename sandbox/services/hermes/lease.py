"""The lease that makes one of several Hermes tasks the leader.

An item in the table of claims, `lease#hermes`: `owner`, `expiresAt` (epoch milliseconds). It has no `ttl`, so it stays.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from sandbox.services.aws import code_of
from sandbox.services.session_record import to_wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"name": to_wire("lease#hermes")}


class Lease:
    """Held from a successful `acquire` for `lease_s`; the holder acquires again well before that."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, owner: str, lease_s: float) -> None:
        self.dynamodb = dynamodb
        self.table = table
        self.owner = owner
        self.lease_s = lease_s
        self._until = 0.0

    def held(self) -> bool:
        """Whether this task leads, by its own monotonic clock."""
        return time.monotonic() < self._until

    def acquire(self) -> bool:
        """Take or renew the lease; False when another task holds it."""
        asked = time.monotonic()
        now = time.time()
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    **_KEY,
                    "owner": to_wire(self.owner),
                    "expiresAt": to_wire(int((now + self.lease_s) * 1000)),
                },
                ConditionExpression="attribute_not_exists(#name) OR expiresAt < :now OR #owner = :owner",
                ExpressionAttributeNames={"#name": "name", "#owner": "owner"},
                ExpressionAttributeValues={":now": to_wire(int(now * 1000)), ":owner": to_wire(self.owner)},
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            self._until = 0.0
            return False
        # A tenth less than the others grant: this task must stop first, even if clocks drift.
        self._until = asked + 0.9 * self.lease_s
        return True

    def release(self) -> None:
        """Let the next task lead at once; nothing happens when this one does not."""
        self._until = 0.0
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=_KEY,
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": to_wire(self.owner)},
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
