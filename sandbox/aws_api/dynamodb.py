"""DynamoDB: conditional writes that exclude each other, and TTL that deletes, late."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from sandbox.aws_api.hooks import Hooks
from sandbox.settings import ACCOUNT, REGION

# Items that expired longer ago than this stay (Amazon DynamoDB Developer Guide, "Time to Live (TTL)").
OLDEST_S = 5 * 365 * 86_400

# moto checks a condition and writes in two steps, and undoes a transaction by putting back whole tables. Its server has
# a thread per request, so without this lock two writers could both win.
lock = threading.RLock()


def install(ttl_sweep_s: float) -> Callable[[], None]:
    """Serialise calls, delete expired items every `ttl_sweep_s` s, give tables ids; returns the undoing function."""
    hooks = Hooks()
    call_action: Callable[[DynamoHandler], Any] = DynamoHandler.call_action

    def one_at_a_time(self: DynamoHandler) -> Any:
        with lock:
            return call_action(self)

    hooks.replace(DynamoHandler, "call_action", one_at_a_time)
    describe: Callable[..., dict[str, Any]] = Table.describe

    def with_id(self: Table, base_key: str = "TableDescription") -> dict[str, Any]:
        told = describe(self, base_key)
        told[base_key]["TableId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.table_arn} {self.created_at}"))
        return told

    hooks.replace(Table, "describe", with_id)
    ended = threading.Event()
    sweeper = threading.Thread(target=_sweep, args=(ttl_sweep_s, ended), name="ttl", daemon=True)
    sweeper.start()

    def undo() -> None:
        ended.set()
        sweeper.join()
        hooks.remove()

    return undo


def delete_expired() -> int:
    """Delete every item whose TTL attribute lies in the past; how many there were."""
    with lock:
        return sum(_delete_expired(table) for table in dynamodb_backends[ACCOUNT][REGION].tables.values())


def _sweep(interval_s: float, ended: threading.Event) -> None:
    while not ended.wait(interval_s):
        delete_expired()


def _delete_expired(table: Table) -> int:
    if table.ttl.get("TimeToLiveStatus") != "ENABLED":
        return 0
    now = time.time()
    expired = [
        item
        for item in list(table.all_items())
        if (ttl := item.attrs.get(table.ttl["AttributeName"])) is not None
        and ttl.type == "N"
        and now - OLDEST_S < float(ttl.value) < now
    ]
    for item in expired:
        table.delete_item(item.hash_key, item.range_key)
    return len(expired)
