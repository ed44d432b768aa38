"""A new target's way into traffic: its initial health checks, which it has to pass before it gets any request.

AWS, "Health checks for your target groups": a target receives requests only after it passed its initial health checks;
failing open is for targets that are unhealthy.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Iterable

import aiohttp
from yarl import URL

from sandbox.alb.envoy import code_ranges
from sandbox.aws_api.elb_state import Endpoint, HealthCheck, Snapshot, TargetGroup
from sandbox.aws_api.elbv2 import UNCHECKED, TargetHealth
from sandbox.host.loop_thread import LoopThread
from sandbox.host.parts import Parts

logger = logging.getLogger(__name__)

MIN_INTERVAL_S = 5.0
"""AWS's shortest interval between two health checks (ELBv2 API, HealthCheckIntervalSeconds)."""
USER_AGENT = "ELB-HealthChecker/2.0"

HEALTHY = TargetHealth("healthy")
TIMED_OUT = TargetHealth("unhealthy", "Target.Timeout", "Request timed out")
FAILED = TargetHealth("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
CODE_MISMATCH = "Target.ResponseCodeMismatch"

Target = tuple[str, Endpoint]
"""A target group's ARN and one of its endpoints."""


class InitialChecks:
    """Admits each target once: when a health check passes, or when its time is up. Made running; in the end `stop`."""

    def __init__(self, parts: Parts, admitted: Callable[[], None], *, open_meanwhile: bool = False) -> None:
        """`admitted` is called, on a thread of this object, whenever a target was admitted.

        `open_meanwhile`: a group of which no target is admitted yet gets requests all the same.
        """
        self._admitted = admitted
        self._open_meanwhile = open_meanwhile
        # Its loop alone changes what follows.
        self._thread = LoopThread("what checks new targets", parts)
        self._checks: dict[Target, HealthCheck] = {}
        self._probing: dict[Target, asyncio.Task[None]] = {}
        self._verdicts: dict[Target, TargetHealth] = {}

    def stop(self) -> None:
        """End all probing; again is no error."""
        self._thread.stop()

    def admit(self, wanted: Snapshot) -> Snapshot:
        """`wanted` with admitted targets only; of the others, those in use are probed from here on."""
        return self._thread.run(self._admit(wanted))

    def admitted_of(self, groups: Iterable[TargetGroup]) -> list[Target]:
        """The admitted ones of these groups' targets."""
        targets = [(group.arn, endpoint) for group in groups for endpoint in group.endpoints]
        return [target for target in targets if target in self._verdicts]

    def verdict(self, target: Target) -> TargetHealth:
        """With what result a target was admitted; KeyError for one that was not."""
        return self._verdicts[target]

    async def _admit(self, wanted: Snapshot) -> Snapshot:
        used = wanted.in_use()
        groups = [group for group in wanted.groups if group.arn in used]
        targets = {
            (group.arn, endpoint): group.health_check for group in groups for endpoint in group.endpoints
        }
        self._checks = {target: check for target, check in targets.items() if check is not None}
        for target in self._probing.keys() - self._checks.keys():
            self._probing.pop(target).cancel()
        self._verdicts = {target: found for target, found in self._verdicts.items() if target in targets}
        for target, check in targets.items():
            if check is None:
                self._verdicts.setdefault(target, UNCHECKED)
            elif target not in self._verdicts and target not in self._probing:
                self._probing[target] = asyncio.create_task(self._watch(target))
        return dataclasses.replace(wanted, groups=tuple(map(self._with_admitted, wanted.groups)))

    def _with_admitted(self, group: TargetGroup) -> TargetGroup:
        admitted = [endpoint for endpoint in group.endpoints if (group.arn, endpoint) in self._verdicts]
        if not admitted and self._open_meanwhile:
            return group
        return dataclasses.replace(group, endpoints=tuple(admitted))

    async def _watch(self, target: Target) -> None:
        arn, endpoint = target
        found = TIMED_OUT
        try:
            async with asyncio.timeout(given_s(self._checks[target])):
                while (found := await probe(endpoint, self._checks[target])) != HEALTHY:
                    await asyncio.sleep(self._checks[target].interval_s)
        except TimeoutError:
            logger.info("%s of %s passed no initial health check: %s", endpoint, arn, found)
        self._verdicts[target] = found
        del self._probing[target]
        self._admitted()


def given_s(check: HealthCheck) -> float:
    """How many seconds a new target has until it counts as unhealthy: at no pace less than AWS gives it at least."""
    return check.unhealthy_after * max(check.interval_s, MIN_INTERVAL_S)


async def probe(endpoint: Endpoint, check: HealthCheck) -> TargetHealth:
    """The result of one health check, on a connection of its own."""
    url = URL(f"http://{endpoint.address}:{check.port or endpoint.port}{check.path}", encoded=True)
    try:
        async with (
            asyncio.timeout(check.timeout_s),
            aiohttp.ClientSession(headers={"User-Agent": USER_AGENT}) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            code = answer.status
    except TimeoutError:
        return TIMED_OUT
    except (OSError, aiohttp.ClientError):
        return FAILED
    if any(low <= code <= high for low, high in code_ranges(check.codes)):
        return HEALTHY
    return TargetHealth("unhealthy", CODE_MISMATCH, f"Health checks failed with these codes: [{code}]")
