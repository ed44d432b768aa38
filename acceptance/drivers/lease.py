"""The lease on a deployment: which run has it to itself, on record where every run looks, a laptop's and another job's.

It is an item of the session table in the contract's own form: a session of the suite's that has ended, whose `ttl` is
the moment at which the lease lapses. So a deployment brings nothing for it, the platform takes it for what is over,
nothing that counts open or new sessions counts it, and DynamoDB removes one that was left. Its key is one for all
runs, and each write is conditional (DynamoDB guide, "Condition expressions"): two cannot both have it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from acceptance.config.sections import Names
from acceptance.drivers.aws import AwsRefusal, Clients, error_code
from acceptance.waiting.errors import DeploymentHeld

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SESSION, USER = "acceptance-lease", "acceptance@lease.invalid"

_KEY = {"sessionId": {"S": SESSION}, "userId": {"S": USER}}


@dataclass(frozen=True)
class Holder:
    """Who has a deployment: the run, whose it is, since when, its last sign of life, until when it counts without."""

    run: str
    owner: str
    since: datetime
    seen: datetime
    until: datetime

    @property
    def lapsed(self) -> bool:
        """Whether it has given no sign of life for so long that anybody may take the deployment.

        In whole seconds, as `take` has DynamoDB see it.
        """
        return self.until < datetime.now(UTC).replace(microsecond=0)

    def __str__(self) -> str:
        return (
            f"run {self.run} of {self.owner}, since {self.since:%Y-%m-%d %H:%M:%S} UTC "
            f"(last sign of life {self.seen:%H:%M:%S})"
        )


class LeaseTable:
    """Takes, renews and gives back the lease of one deployment."""

    def __init__(self, clients: Clients, names: Names, client_prefix: str) -> None:
        self._clients = clients
        self._names = names
        self._client_id = f"{client_prefix}-lease"

    def holder(self) -> Holder | None:
        """Who is on record, lapsed or not; None if nobody is. Strongly consistent."""
        found = self._table.query(
            TableName=self._names.table,
            KeyConditionExpression="sessionId = :id",
            ExpressionAttributeValues={":id": {"S": SESSION}},
            ConsistentRead=True,
        )["Items"]
        return _holder(found[0]) if found else None

    def take(self, run: str, owner: str, *, since: datetime, term_s: float) -> None:
        """Take the lease for a run, or renew it: for `term_s` from now, to the next whole second.

        Raises:
            DeploymentHeld: another run has it, and has not lapsed.
        """
        now = datetime.now(UTC)
        item = {
            **_KEY,
            "clientId": {"S": self._client_id},
            "threadId": {"S": "lease"},
            "status": {"S": "inactive"},
            "instruction": {"S": "A run of the acceptance suite has this deployment to itself"},
            "createdAt": {"S": _stamp(since)},
            "lastActivityAt": {"S": _stamp(now)},
            "endedAt": {"S": _stamp(since)},
            "ttl": {"N": str(math.ceil(now.timestamp() + term_s))},
            "leaseRun": {"S": run},
            "leaseOwner": {"S": owner},
        }
        try:
            self._table.put_item(
                TableName=self._names.table,
                Item=item,
                ConditionExpression="attribute_not_exists(sessionId) OR #ttl < :now OR leaseRun = :run",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":now": {"N": str(int(time.time()))}, ":run": {"S": run}},
            )
        except AwsRefusal as refusal:
            if error_code(refusal) != "ConditionalCheckFailedException":
                raise
            raise DeploymentHeld(held_by(self.holder())) from refusal

    def release(self, run: str) -> None:
        """Give the lease back; one that another run has by now stays that run's."""
        try:
            self._table.delete_item(
                TableName=self._names.table,
                Key=_KEY,
                ConditionExpression="leaseRun = :run",
                ExpressionAttributeValues={":run": {"S": run}},
            )
        except AwsRefusal as refusal:
            if error_code(refusal) != "ConditionalCheckFailedException":
                raise

    @property
    def _table(self) -> DynamoDBClient:
        return self._clients.of("dynamodb")


def held_by(holder: Holder | None) -> str:
    """Why a deployment cannot be had, and what to do about it."""
    if holder is None:
        return "the deployment was just given back by another run: ask again"
    return (
        f"the deployment is held by {holder}: wait until that has ended; if it was killed, its hold lapses by itself "
        f"at {holder.until:%H:%M:%S} UTC, and `python -m acceptance sweep` clears away what it left"
    )


def _holder(item: dict[str, Any]) -> Holder:
    def text(key: str) -> str:
        return str(item.get(key, {}).get("S", ""))

    return Holder(
        run=text("leaseRun"),
        owner=text("leaseOwner"),
        since=datetime.fromisoformat(text("createdAt")),
        seen=datetime.fromisoformat(text("lastActivityAt")),
        until=datetime.fromtimestamp(int(item["ttl"]["N"]), UTC),
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
