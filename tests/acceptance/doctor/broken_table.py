"""Deployments whose session table has other keys, indexes or another time to live."""

from __future__ import annotations

from typing import Any

from tests.acceptance.doctor.broken import case
from tests.acceptance.doctor.deployment import Deployment


def table(made: Deployment, *keys: str, **indexes: tuple[tuple[str, str], str]) -> None:
    """The session table anew, with other keys, or other indexes: name -> keys, projection."""
    dynamodb = made.client("dynamodb")
    dynamodb.delete_table(TableName="edit-sessions")
    wanted = {
        "clientId-status-index": (("clientId", "status"), "ALL"),
        "status-lastActivityAt-index": (("status", "lastActivityAt"), "ALL"),
        **{name.replace("_", "-"): index for name, index in indexes.items()},
    }
    wanted = {name: index for name, index in wanted.items() if index[1]}
    pairs = (keys or ("sessionId", "userId"), *(pair for pair, _ in wanted.values()))
    dynamodb.create_table(
        TableName="edit-sessions",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in sorted({n for p in pairs for n in p})
        ],
        KeySchema=_schema(*pairs[0]),
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": _schema(*pair), "Projection": _projection(kind)}
            for name, (pair, kind) in wanted.items()
        ],
    )
    live(made, "ttl", True)


def live(made: Deployment, attribute: str, enabled: bool) -> None:
    """Have the session table delete by an attribute, or not."""
    wanted = {"Enabled": enabled, "AttributeName": attribute}
    made.client("dynamodb").update_time_to_live(TableName="edit-sessions", TimeToLiveSpecification=wanted)


def _schema(*names: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]


def _projection(kind: str) -> dict[str, Any]:
    return {"ProjectionType": kind, **({"NonKeyAttributes": ["userId"]} if kind == "INCLUDE" else {})}


@case("session table: ResourceNotFoundException.* -> create the table, or mend names.table")
def no_such_table(made: Deployment) -> None:
    made.settings["names.table"] = "sessions"


@case(
    r"has the key sessionId \(S\) \+ clientId \(S\), expected sessionId \(S\) \+ userId \(S\) -> create it anew"
)
def another_key(made: Deployment) -> None:
    table(made, "sessionId", "clientId")


@case("has no index by-client, only clientId-status-index, status-lastActivityAt-index -> add it")
def no_such_index(made: Deployment) -> None:
    made.settings["names.client_index"] = "by-client"


@case(
    r"index clientId-status-index has the key clientId \(S\) \+ userId \(S\), expected .* -> create it anew"
)
def another_index_key(made: Deployment) -> None:
    table(made, clientId_status_index=(("clientId", "userId"), "ALL"))


@case(
    "index clientId-status-index holds a part of each record only -> create it anew with the projection ALL"
)
def a_partial_index(made: Deployment) -> None:
    table(made, clientId_status_index=(("clientId", "status"), "KEYS_ONLY"))


@case(r"has no index with the key status \(S\) \+ lastActivityAt \(S\) -> add status-lastActivityAt-index")
def no_index_by_activity(made: Deployment) -> None:
    table(made, status_lastActivityAt_index=(("status", "lastActivityAt"), ""))


@case("table edit-sessions deletes by no attribute, expected ttl -> switch its time to live on")
def no_time_to_live(made: Deployment) -> None:
    live(made, "ttl", False)


@case("table edit-sessions deletes by endedAt, expected ttl -> switch its time to live on")
def another_time_to_live(made: Deployment) -> None:
    live(made, "ttl", False)
    live(made, "endedAt", True)
