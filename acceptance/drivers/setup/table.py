"""How the session table is set up: its keys, its indexes, and the attribute by which its items end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from acceptance.config.sections import Names
from acceptance.drivers.aws import Clients

Keys = tuple[tuple[str, str], ...]
"""Each attribute of a key with its type, as `("sessionId", "S")`: the partition key, then the sort key."""


@dataclass(frozen=True)
class TableIndex:
    """A global secondary index; `whole` if it holds all attributes of the items."""

    name: str
    keys: Keys
    whole: bool


@dataclass(frozen=True)
class TableSetup:
    """A table as DynamoDB describes it; `ends_by` is the attribute of its time to live, None where that is off."""

    keys: Keys
    indexes: tuple[TableIndex, ...]
    ends_by: str | None

    @classmethod
    def read(cls, clients: Clients, names: Names) -> TableSetup:
        """The session table's. AwsRefusal if there is none."""
        dynamodb: Any = clients.of("dynamodb")
        table = dynamodb.describe_table(TableName=names.table)["Table"]
        kinds = {
            str(one["AttributeName"]): str(one["AttributeType"]) for one in table["AttributeDefinitions"]
        }
        life = dynamodb.describe_time_to_live(TableName=names.table)["TimeToLiveDescription"]
        # A time to live that was just switched on may be ENABLING for an hour (DynamoDB API, UpdateTimeToLive).
        ends = life["TimeToLiveStatus"] in ("ENABLED", "ENABLING")
        return cls(
            _keys(table["KeySchema"], kinds),
            tuple(
                TableIndex(
                    str(index["IndexName"]),
                    _keys(index["KeySchema"], kinds),
                    index["Projection"]["ProjectionType"] == "ALL",
                )
                for index in table.get("GlobalSecondaryIndexes", [])
            ),
            str(life["AttributeName"]) if ends else None,
        )


def _keys(schema: Iterable[Mapping[str, str]], kinds: Mapping[str, str]) -> Keys:
    ordered = sorted(schema, key=lambda key: key["KeyType"] != "HASH")
    return tuple((key["AttributeName"], kinds[key["AttributeName"]]) for key in ordered)
