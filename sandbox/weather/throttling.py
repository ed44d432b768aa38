"""Calls that AWS refuses for their rate, and calls that fail for no reason at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.weather.calls import Answer, Call, Onward, refusal
from sandbox.weather.chance import Chance


@dataclass
class Bucket:
    """Tokens for calls: `burst` at most, `per_s` new ones each second."""

    burst: float
    per_s: float
    left: float = field(init=False)
    at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, now: float) -> bool:
        """Whether a call may pass at this moment (monotonic seconds)."""
        self.left = min(self.burst, self.left + (now - self.at) * self.per_s)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


BUCKETS = (
    (("DescribeServices",), 100, 20),
    (("ListTasks", "DescribeTasks"), 100, 20),
    (("RunTask", "StopTask", "ExecuteCommand"), 100, 40),
    (("UpdateService",), 50, 5),
)
"""Calls of ECS, how many at once, how many a second (ECS guide, "Request throttling for the Amazon ECS API": actions of
one group share a bucket, per account and region)."""


class Throttling:
    """ECS's documented buckets, shared by platform and suite. One call of 200 is refused all the same: others work in
    the account. One of 1,000 is answered 500 or 503, as AWS's service level agreements (99.9 %) allow.

    What is refused or fails was not carried out.
    """

    REFUSED = 1 / 200
    FAILED = 1 / 1000

    def __init__(self, chance: Chance, clock: Callable[[], float] = time.monotonic) -> None:
        self._chance = chance
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets = {
            action: bucket
            for actions, burst, per_s in BUCKETS
            for bucket in [Bucket(burst, per_s)]
            for action in actions
        }

    def __call__(self, call: Call, onward: Onward) -> Answer:
        """See the class."""
        if not self._may_pass(call) or self._chance.happens(self.REFUSED):
            return _throttled(call)
        if self._chance.happens(self.FAILED):
            return _failed(call, unavailable=self._chance.happens(0.5))
        return onward(call)

    def _may_pass(self, call: Call) -> bool:
        bucket = self._buckets.get(call.action) if call.service == "ecs" else None
        with self._lock:
            return bucket is None or bucket.take(self._clock())


def _throttled(call: Call) -> Answer:
    if call.service == "s3":
        return refusal(call, "SlowDown", "Please reduce your request rate.", "503 Slow Down")
    code = "Throttling" if call.form else "ThrottlingException"
    return refusal(call, code, "Rate exceeded")


def _failed(call: Call, *, unavailable: bool) -> Answer:
    if unavailable:
        return refusal(call, "ServiceUnavailable", "Service is unavailable", "503 Service Unavailable")
    return refusal(call, "InternalFailure", "We encountered an internal error.", "500 Internal Server Error")
