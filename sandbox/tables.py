"""The platform's DynamoDB tables, as the contract has them."""

from __future__ import annotations

from sandbox.network import Client
from sandbox.settings import Names


def create_tables(client: Client, names: Names) -> None:
    """The sessions' table with both indexes, and the table of claims (lease, idempotency keys), both with TTL."""
    dynamodb = client("dynamodb")
    indexes = {names.client_index: ("clientId", "status"), names.activity_index: ("status", "lastActivityAt")}
    attributes = ("sessionId", "userId", "clientId", "status", "lastActivityAt")
    dynamodb.create_table(
        TableName=names.table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        KeySchema=_keys("sessionId", "userId"),
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": _keys(*pair), "Projection": {"ProjectionType": "ALL"}}
            for index, pair in indexes.items()
        ],
    )
    dynamodb.create_table(
        TableName=names.claims,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
    )
    for table in (names.table, names.claims):
        dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
        )


def _keys(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]
