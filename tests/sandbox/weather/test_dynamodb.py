"""Indexes under weather: behind their table, by the same order, and at last the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sandbox.weather.chance import Chance
from sandbox.weather.dynamodb import LateIndex
from sandbox.weather.lists import Pages
from tests.aws_platform import create_table
from tests.sandbox.weather.weather_stand import Clock, weathered

INDEX = "status-lastActivityAt-index"


class Sessions:
    """A session table as a client meets it under weather."""

    def __init__(self, client: Any, clock: Clock) -> None:
        self.client = client
        self.clock = clock

    def item(self, number: int, status: str) -> dict[str, Any]:
        words = {"sessionId": str(number), "userId": "u", "clientId": "c", "lastActivityAt": str(number)}
        return {name: {"S": value} for name, value in {**words, "status": status}.items()}

    def put(self, number: int, status: str) -> None:
        self.client.put_item(TableName="sessions", Item=self.item(number, status))

    def indexed(self, status: str) -> list[str]:
        pages = self.client.get_paginator("query").paginate(
            TableName="sessions",
            IndexName=INDEX,
            KeyConditionExpression="#s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": status}},
        )
        return [item["sessionId"]["S"] for page in pages for item in page["Items"]]

    def later(self) -> None:
        self.clock.now += LateIndex.MOST_S


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    clock = Clock()
    with weathered(Pages(Chance(1, "pages")), LateIndex(Chance(1, "index"), clock)) as (client, own):
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        for name, value in own.environment().items():
            monkeypatch.setenv(name, value)
        create_table("sessions")
        yield Sessions(client.client("dynamodb"), clock)


def test_the_index_learns_of_a_write_later_than_the_table(sessions: Sessions) -> None:
    sessions.put(1, "active")
    assert sessions.indexed("active") == []
    found = sessions.client.get_item(
        TableName="sessions", Key={"sessionId": {"S": "1"}, "userId": {"S": "u"}}
    )
    assert found["Item"] == sessions.item(1, "active")
    sessions.clock.now += LateIndex.LEAST_S * 0.99
    assert sessions.indexed("active") == []
    sessions.later()
    assert sessions.indexed("active") == ["1"]


def test_changes_and_deletions_come_late_too_by_whatever_call(sessions: Sessions) -> None:
    for number in range(8):
        sessions.put(number, "active")
    sessions.later()
    assert sessions.indexed("active") == [str(number) for number in range(8)]
    key = {"sessionId": {"S": "1"}, "userId": {"S": "u"}}
    changed = {"UpdateExpression": "SET #s = :s", "ExpressionAttributeNames": {"#s": "status"}}
    ended = {**changed, "ExpressionAttributeValues": {":s": {"S": "expired"}}}
    sessions.client.update_item(TableName="sessions", Key=key, **ended)
    sessions.client.delete_item(TableName="sessions", Key={**key, "sessionId": {"S": "2"}})
    two, three = (
        {"TableName": "sessions", "Item": sessions.item(8, "active")},
        {**key, "sessionId": {"S": "3"}},
    )
    sessions.client.transact_write_items(
        TransactItems=[{"Put": two}, {"Update": {"TableName": "sessions", "Key": three, **ended}}]
    )
    sessions.client.batch_write_item(
        RequestItems={"sessions": [{"DeleteRequest": {"Key": {**key, "sessionId": {"S": "4"}}}}]}
    )
    assert sessions.indexed("active") == [str(number) for number in range(8)]
    assert sessions.indexed("expired") == []
    sessions.later()
    assert sessions.indexed("active") == ["0", "5", "6", "7", "8"]
    assert sessions.indexed("expired") == ["1", "3"]


def test_what_is_in_a_table_already_is_in_its_index_and_a_refused_write_changes_nothing(
    sessions: Sessions,
) -> None:
    sessions.put(1, "active")
    with pytest.raises(sessions.client.exceptions.ConditionalCheckFailedException):
        sessions.client.put_item(
            TableName="sessions",
            Item=sessions.item(1, "failed"),
            ConditionExpression="attribute_not_exists(sessionId)",
        )
    sessions.later()
    assert (sessions.indexed("active"), sessions.indexed("failed")) == (["1"], [])
    assert sessions.client.list_tables()["TableNames"] == ["sessions"]
