"""Hermes' own way to sleep: its service goes to zero only when nothing is left that would need it."""

from __future__ import annotations

import logging
import time
from typing import Any

from sandbox.services.hermes.capacity import Capacity
from sandbox.services.hermes.commands import Commands
from sandbox.services.records import Records, readable
from sandbox.services.session_record import OPEN, SessionRecord, to_wire

log = logging.getLogger(__name__)


class Sleep:
    """Looks at everything that Hermes is for, and sets its desired count. Every method may raise AWS_ERRORS."""

    def __init__(self, records: Records, commands: Commands, capacity: Capacity) -> None:
        self.records = records
        self.commands = commands
        self.capacity = capacity

    def unfinished(self) -> bool:
        """Whether there is an open session, a queued command or an Edit task, read just now.

        The sessions are read from the table: an index does not know the latest yet, and SQS counts them a minute late.
        A task is looked for by itself: where the records were deleted, a protected one would outlive the last Hermes.
        """
        return (
            bool(open_now(self.records)) or self.commands.backlog() > 0 or self.capacity.fleet().present > 0
        )

    def begin(self) -> None:
        """Scale Hermes to zero, unless something is unfinished."""
        if self.unfinished():
            log.info("hermes stays for another idle time: a session is open, a command waits, or a task runs")
            return
        log.info("nothing to do: hermes scales to 0")
        self.capacity.set_hermes(0)
        # A request between the look and the call would find Hermes' desired count at 1, and then at 0.
        if self.unfinished():
            self.capacity.set_hermes(1)

    def put_off(self) -> None:
        """Have another Hermes run when this one was told to stop while something is unfinished.

        Whether one is wanted already is not asked first: ECS tells what was so some seconds ago.
        """
        if self.unfinished():
            self.capacity.set_hermes(1)


def open_now(records: Records) -> list[SessionRecord]:
    """All open sessions, none missed: the table itself is scanned, not an index, for who acts on there being none."""
    request: dict[str, Any] = {
        "TableName": records.table,
        "ConsistentRead": True,
        "FilterExpression": f"#ttl > :now AND #status IN ({', '.join(f':{one}' for one in OPEN)})",
        "ExpressionAttributeNames": {"#ttl": "ttl", "#status": "status"},
        "ExpressionAttributeValues": {
            ":now": to_wire(int(time.time())),
            **{f":{one}": to_wire(one) for one in OPEN},
        },
    }
    pages = records.dynamodb.get_paginator("scan").paginate(**request)
    return [record for page in pages for record in readable(page["Items"])]
