"""How long the harness looks (`Patience`); what the product promises stands in the features.

A promise is measured and asserted; a patience only ends a look that would otherwise never end. The multiplier
stretches patience and never a promise.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Annotated


@dataclass(frozen=True)
class Patience:
    """How long the harness looks, and how often."""

    poll: Annotated[timedelta, "pause between two looks: short enough to see every state, polite to the APIs"]
    request: Annotated[timedelta, "one request to its answer; the load balancer itself gives up after 60 s"]
    record: Annotated[
        timedelta, "a fact to be readable in DynamoDB's indexes, which are never strongly consistent"
    ]
    wake: Annotated[
        timedelta, "from zero to a live preview: longer than the promise, so that a late one is measured"
    ]
    instruction: Annotated[timedelta, "an accepted instruction to show in workspace, preview and record"]
    session_end: Annotated[timedelta, "a session that ends to reach its last status, its route gone"]
    scale_to_zero: Annotated[
        timedelta, "both services to reach zero, counted from the end of the last idle time"
    ]
    recovery: Annotated[timedelta, "sessions of a task that died to be served again by its replacement"]
    mail: Annotated[timedelta, "a message to go through SES and back into the customer's inbox"]
    exec_agent: Annotated[timedelta, "a running task's ECS Exec agent to take a command"]
    quiet_window: Annotated[timedelta, "how long 'nothing happens' is watched before it counts"]

    def times(self, factor: float) -> Patience:
        """All looks `factor` times as long; the pause between two looks stays."""
        spans = {f.name: getattr(self, f.name) * factor for f in fields(self) if f.name != "poll"}
        return Patience(poll=self.poll, **spans)
