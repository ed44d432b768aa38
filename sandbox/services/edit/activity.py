"""Page requests counted as a session's activity on its record."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Condition, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SPACING_S = 0.25

log = logging.getLogger(__name__)


def record_activity(
    dynamodb: DynamoDBClient, table: str, *, session_id: str, user_id: str, now_s: float, ttl_s: float
) -> None:
    """Write `lastActivityAt` and `ttl`, unless the session is not active or later activity is on record already.

    `dynamodb` is a boto3 client. `now_s` in epoch seconds.
    """
    from sandbox.services.session_record import stamp

    try:
        dynamodb.update_item(
            TableName=table,
            Key={"sessionId": {"S": session_id}, "userId": {"S": user_id}},
            UpdateExpression="SET lastActivityAt = :now, #ttl = :ttl",
            ConditionExpression="#status = :active AND lastActivityAt < :now",
            ExpressionAttributeNames={"#ttl": "ttl", "#status": "status"},
            ExpressionAttributeValues={
                ":now": {"S": stamp(now_s)},
                ":ttl": {"N": str(int(now_s + ttl_s))},
                ":active": {"S": "active"},
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        log.debug("session %s takes no activity now", session_id)


class Activity:
    """Writes activity at once, but no session's more often than every quarter of a second; the last is never lost."""

    def __init__(self, table_name: str, ttl_s: float) -> None:
        self._table = table_name
        self._ttl_s = ttl_s
        self._changed = Condition()
        self._pending: dict[tuple[str, str], float] = {}
        self._stopping = False
        # boto3 takes a third of a second to load, which no session has to wait for.
        self._dynamodb: Future[DynamoDBClient] = ThreadPoolExecutor(1).submit(_connect)
        self._writer = Thread(target=self._write, daemon=True)
        self._writer.start()

    def page(self, session_id: str, user_id: str) -> None:
        """A page of this session's preview was requested, now."""
        with self._changed:
            self._pending[session_id, user_id] = time.time()
            self._changed.notify()

    def close(self) -> None:
        """Write what is pending and stop."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._writer.join(5.0)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._stopping)
                pending, self._pending = self._pending, {}
                if not pending:
                    return
            from sandbox.services.aws import AWS_ERRORS

            for (session_id, user_id), now_s in pending.items():
                try:
                    record_activity(
                        self._dynamodb.result(),
                        self._table,
                        session_id=session_id,
                        user_id=user_id,
                        now_s=now_s,
                        ttl_s=self._ttl_s,
                    )
                except AWS_ERRORS:
                    log.exception("activity of session %s is not on record", session_id)
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, _SPACING_S)


def _connect() -> DynamoDBClient:
    from sandbox.services.aws import Clients

    return Clients().get("dynamodb")
