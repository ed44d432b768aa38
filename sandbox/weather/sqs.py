"""SQS: counts of messages that are late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.weather.calls import Answer, Call, Onward
from sandbox.weather.chance import Chance

COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


class LateCounts:
    """How many messages a queue has is told as it was a moment ago: some seconds mostly, a minute at the most.

    SQS API reference, GetQueueAttributes: the counts "may not achieve consistency until at least 1 minute after the
    producers stop sending messages". The guide calls those of FIFO queues exact ("Resources required to process Amazon
    SQS messages"); the reference excepts none.
    """

    MOST_S = 60.0
    MOSTLY = 4
    """The power that a chance of 0 to 1 is taken to: half of the views are older than 4 s, one in five than 25 s."""

    def __init__(self, chance: Chance, clock: Callable[[], float] = time.monotonic) -> None:
        self._chance = chance
        self._clock = clock
        self._lock = threading.Lock()
        self._views: dict[str, tuple[dict[str, Any], float]] = {}

    def __call__(self, call: Call, onward: Onward) -> Answer:
        """See the class."""
        answer = onward(call)
        if not call.is_("sqs", "GetQueueAttributes") or not answer.ok:
            return answer
        told: dict[str, Any] = answer.document.get("Attributes", {})
        if not any(name in told for name in COUNTS):
            return answer
        queue = call.parameters["QueueUrl"]
        with self._lock:
            seen, until = self._views.get(queue, ({}, 0.0))
            if self._clock() >= until:
                seen = self._now(call, onward)
                until = self._clock() + self.MOST_S * self._chance.between(0.0, 1.0) ** self.MOSTLY
                self._views[queue] = seen, until
        return answer.saying(
            {**answer.document, "Attributes": told | {n: seen[n] for n in COUNTS if n in told}}
        )

    def _now(self, call: Call, onward: Onward) -> dict[str, Any]:
        found: dict[str, Any] = onward(call.with_parameters(AttributeNames=list(COUNTS))).document[
            "Attributes"
        ]
        return found
