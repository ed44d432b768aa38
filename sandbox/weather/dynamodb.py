"""DynamoDB: indexes that follow their table a moment later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.weather.calls import Answer, Call, Onward
from sandbox.weather.chance import Chance

WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")
ASIDE = "_weather-index"
"""How the name ends of the table that stands for a table's indexes."""

_DEFINITION = ("AttributeDefinitions", "KeySchema")
_INDEX = ("IndexName", "KeySchema", "Projection")

Key = Mapping[str, Any]


@dataclass
class Shadow:
    """What a table's indexes know: the key's names, and the writes that have not come there yet, as (moment, write)."""

    keys: tuple[str, ...]
    coming: deque[tuple[float, dict[str, Any]]] = field(default_factory=deque)


class LateIndex:
    """A global secondary index shows a write 0.2 to 1.5 s after it was made, in the order of the writes.

    DynamoDB guide, "Global secondary indexes": they are updated asynchronously, "within a fraction of a second, under
    normal conditions"; applications have to expect more.

    An index is a table of its own, here as there: each write is copied to it when its time has come, and what asks the
    index is answered from it.
    """

    LEAST_S, MOST_S = 0.2, 1.5

    def __init__(self, chance: Chance, clock: Callable[[], float] = time.monotonic) -> None:
        self._chance = chance
        self._clock = clock
        # One at a time: of two writes the copies are made in the order of the writes.
        self._lock = threading.RLock()
        self._shadows: dict[str, Shadow | None] = {}

    def __call__(self, call: Call, onward: Onward) -> Answer:
        """See the class."""
        if call.is_("dynamodb", *WRITES):
            with self._lock:
                written = [(table, item) for table, item in _items(call) if self._shadow(table, call, onward)]
                answer = onward(call)
                if answer.ok:
                    for table, item in written:
                        self._copy(table, item, call, onward)
                return answer
        if call.is_("dynamodb", "Query", "Scan") and "IndexName" in call.parameters:
            table = call.parameters["TableName"]
            with self._lock:
                shadow = self._shadow(table, call, onward)
                self._catch_up(shadow, call, onward)
                return onward(call.with_parameters(TableName=table + ASIDE) if shadow else call)
        if call.is_("dynamodb", "ListTables"):
            answer = onward(call)
            names = [name for name in answer.document["TableNames"] if not name.endswith(ASIDE)]
            return answer.saying({**answer.document, "TableNames": names})
        return onward(call)

    def _shadow(self, table: str, call: Call, onward: Onward) -> Shadow | None:
        """The table's shadow, made at first sight; None for a table without indexes, or none at all."""
        if table not in self._shadows:
            told = onward(call.another("DescribeTable", TableName=table)).document.get("Table")
            if told is None:
                return None
            self._shadows[table] = (
                self._made(told, call, onward) if told.get("GlobalSecondaryIndexes") else None
            )
        return self._shadows[table]

    def _made(self, told: Mapping[str, Any], call: Call, onward: Onward) -> Shadow:
        name = told["TableName"]
        indexes = [{key: index[key] for key in _INDEX} for index in told["GlobalSecondaryIndexes"]]
        definition = {key: told[key] for key in _DEFINITION}
        onward(
            call.another(
                "CreateTable",
                TableName=name + ASIDE,
                GlobalSecondaryIndexes=indexes,
                BillingMode="PAY_PER_REQUEST",
                **definition,
            )
        )
        shadow = Shadow(tuple(sorted(key["AttributeName"] for key in told["KeySchema"])))
        for item in _scanned(name, call, onward):
            onward(call.another("PutItem", TableName=name + ASIDE, Item=item))
        expiry = onward(call.another("DescribeTimeToLive", TableName=name)).document["TimeToLiveDescription"]
        if "AttributeName" in expiry:
            told_once = {"Enabled": True, "AttributeName": expiry["AttributeName"]}
            onward(
                call.another("UpdateTimeToLive", TableName=name + ASIDE, TimeToLiveSpecification=told_once)
            )
        return shadow

    def _copy(self, table: str, item: Key, call: Call, onward: Onward) -> None:
        """Have the index learn, after a while, how an item stands now."""
        shadow = self._shadow(table, call, onward)
        if shadow is None:
            return
        key = {name: item[name] for name in shadow.keys}
        wanted = {"TableName": table, "Key": key, "ConsistentRead": True}
        now = onward(call.another("GetItem", **wanted)).document.get("Item")
        latest = shadow.coming[-1][0] if shadow.coming else 0.0
        due = max(latest, self._clock() + self._chance.between(self.LEAST_S, self.MOST_S))
        write = {"PutRequest": {"Item": now}} if now else {"DeleteRequest": {"Key": key}}
        shadow.coming.append((due, {table + ASIDE: [write]}))

    def _catch_up(self, shadow: Shadow | None, call: Call, onward: Onward) -> None:
        while shadow and shadow.coming and shadow.coming[0][0] <= self._clock():
            onward(call.another("BatchWriteItem", RequestItems=shadow.coming.popleft()[1]))


def _items(call: Call) -> Iterator[tuple[str, Key]]:
    """The tables and items, or keys, that a call writes."""
    given = call.parameters
    if call.action == "TransactWriteItems":
        for entry in given["TransactItems"]:
            for action in ("Put", "Update", "Delete"):
                if action in entry:
                    yield entry[action]["TableName"], entry[action].get("Item") or entry[action]["Key"]
    elif call.action == "BatchWriteItem":
        for table, requests in given["RequestItems"].items():
            for request in requests:
                one = next(iter(request.values()))
                yield table, one.get("Item") or one["Key"]
    else:
        yield given["TableName"], given.get("Item") or given["Key"]


def _scanned(table: str, call: Call, onward: Onward) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    while True:
        page = onward(call.another("Scan", TableName=table, ConsistentRead=True, **start)).document
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
