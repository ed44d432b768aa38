"""AWS's control plane: moto's server, corrected so that what the API says is what runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sandbox.aws_api import autoscaling, dynamodb, ecs, logs, network_interfaces, sqs
from sandbox.aws_api.ecs_tasks import OpenSession
from sandbox.ecs.scheduler import Scheduler
from sandbox.settings import Pace

# Puts further corrections in place and returns the function that takes them away.
Installer = Callable[[], Callable[[], None]]


def install(
    *, scheduler: Scheduler, pace: Pace, open_session: OpenSession, others: Iterable[Installer] = ()
) -> Callable[[], None]:
    """Correct moto's ECS, EC2, Application Auto Scaling, DynamoDB, SQS and CloudWatch Logs, then what `others` correct.

    `open_session(task_arn, container, command)` answers ExecuteCommand. Returns the function that takes every
    correction away again, the last one first.
    """
    undo = [
        ecs.install(scheduler, open_session),
        network_interfaces.install(scheduler),
        autoscaling.install(scheduler),
        dynamodb.install(pace.ttl_sweep_s),
        sqs.install(),
        logs.install(),
        *(installer() for installer in others),
    ]

    def remove() -> None:
        while undo:
            undo.pop()()

    return remove
