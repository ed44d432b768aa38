"""The scheduler's hand on the load balancer: registers and deregisters the tasks of services that have one."""

from __future__ import annotations

import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws_access import AwsAccess

_log = logging.getLogger(__name__)


class TargetGroups:
    """`Targets` over the Elastic Load Balancing API."""

    def __init__(self, aws: AwsAccess) -> None:
        self._client = aws.client("elbv2")

    def register(self, target_group: str, address: str, port: int) -> None:
        """Add a target; a target group that is gone is only logged, as ECS only writes an event."""
        self._call("register_targets", target_group, address, port)

    def deregister(self, target_group: str, address: str, port: int) -> None:
        """Take a target away; what is gone already is only logged."""
        self._call("deregister_targets", target_group, address, port)

    def healthy(self, target_group: str, address: str, port: int) -> bool:
        """Whether the target is `healthy`; False when it cannot be told."""
        answer = self._call("describe_target_health", target_group, address, port)
        states = [entry["TargetHealth"]["State"] for entry in answer.get("TargetHealthDescriptions", [])]
        return states == ["healthy"]

    def _call(self, operation: str, target_group: str, address: str, port: int) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(
                TargetGroupArn=target_group, Targets=[{"Id": address, "Port": port}]
            )
        except (ClientError, BotoCoreError) as error:
            _log.warning("%s of %s:%d in %s: %s", operation, address, port, target_group, error)
            return {}
        return answer
