"""Application Auto Scaling: registering a scalable target brings the service into its range at once."""

from __future__ import annotations

from collections.abc import Callable

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget

from sandbox.cloud.ecs_lookup import backend
from sandbox.cloud.ecs_services import set_desired_count
from sandbox.cloud.hooks import Hooks
from sandbox.scheduler import Scheduler


def install(scheduler: Scheduler) -> Callable[[], None]:
    """Clamp desired counts as RegisterScalableTarget does on an active service; returns the undoing function.

    Source: botocore, application-autoscaling, RegisterScalableTarget, MinCapacity and MaxCapacity.
    """
    hooks = Hooks()
    register: Callable[..., FakeScalableTarget] = ApplicationAutoscalingBackend.register_scalable_target

    def register_scalable_target(
        self: ApplicationAutoscalingBackend, *given: object, **named: object
    ) -> FakeScalableTarget:
        target = register(self, *given, **named)
        if target.scalable_dimension == "ecs:service:DesiredCount":
            clamp(scheduler, target)
        return target

    hooks.replace(ApplicationAutoscalingBackend, "register_scalable_target", register_scalable_target)
    return hooks.remove


def clamp(scheduler: Scheduler, target: FakeScalableTarget) -> None:
    """Bring the target's service into the target's range."""
    _, cluster, name = target.resource_id.split("/")
    service = scheduler.service(backend()._get_cluster(cluster).arn, name)
    with scheduler.locked():
        count = min(max(service.desired_count, target.min_capacity or 0), target.max_capacity or 0)
        if count != service.desired_count:
            set_desired_count(service, count)
            scheduler.changed()
