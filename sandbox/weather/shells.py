"""ECS Exec: one session at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ecs.exceptions import ECSException

from sandbox.aws_api.ecs_tasks import OpenSession
from sandbox.weather.ecs import LateAgent


def one_at_a_time(open_session: OpenSession, in_use: Callable[[str], bool]) -> OpenSession:
    """`open_session` for tasks in which no session is open; `in_use` tells by a task's ARN.

    ECS guide, "ECS Exec considerations": "You can only have one ECS Exec session per process ID (PID) namespace." What
    a second one is answered is in no document; this is what users report of sessions that cannot be opened.
    """

    def open_one(task_arn: str, container: str, command: str) -> dict[str, Any]:
        if in_use(task_arn):
            raise ECSException("TargetNotConnectedException", LateAgent.NOT_CONNECTED)
        return open_session(task_arn, container, command)

    return open_one
