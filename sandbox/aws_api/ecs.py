"""ECS that tells the truth: every call on services and tasks is answered from what the scheduler runs."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.aws_api.ecs_services import Services
from sandbox.aws_api.ecs_tasks import OpenSession, Tasks
from sandbox.aws_api.hooks import Hooks
from sandbox.ecs.scheduler import Scheduler


def install(scheduler: Scheduler, open_session: OpenSession) -> Callable[[], None]:
    """Put `scheduler` behind moto's ECS; returns the function that puts moto's own methods back."""
    hooks = Hooks()
    Services(scheduler).install(hooks)
    Tasks(scheduler, open_session).install(hooks)
    return hooks.remove
