"""Application Auto Scaling: a scalable target brings its service into its range at once, and that is told.

No policy acts here, as on the platform itself: Hermes scales through ECS, which is no scaling activity.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response
from moto.core.responses import ActionResult

from sandbox.aws_api.ecs_lookup import backend
from sandbox.aws_api.ecs_services import set_desired_count
from sandbox.aws_api.hooks import Hooks, without_nulls
from sandbox.ecs.scheduler import Scheduler
from sandbox.settings import ACCOUNT

MOST_DESCRIBED = 50
# What a target has that is registered without (RegisterScalableTarget, RoleARN and SuspendedState).
ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_ECSService"
)
NOTHING_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def install(scheduler: Scheduler) -> Callable[[], None]:
    """Clamp desired counts as RegisterScalableTarget does on an active service; returns the undoing function.

    Source: botocore, application-autoscaling, RegisterScalableTarget, MinCapacity and MaxCapacity.
    """
    hooks = Hooks()
    register: Callable[..., FakeScalableTarget] = ApplicationAutoscalingBackend.register_scalable_target
    activities: list[dict[str, Any]] = []

    def register_scalable_target(
        self: ApplicationAutoscalingBackend, *given: object, **named: object
    ) -> FakeScalableTarget:
        target = register(self, *given, **named)
        given_state: Any = target.suspended_state or {}
        vars(target).update(role_arn=target.role_arn or ROLE, suspended_state=NOTHING_SUSPENDED | given_state)
        if target.scalable_dimension == "ecs:service:DesiredCount":
            began = datetime.now(UTC)
            reached = clamp(scheduler, target)
            if reached is not None:
                activities.insert(0, activity(target, reached, began))
        return target

    def describe_scaling_activities(self: Response) -> ActionResult:
        wanted = {
            name: self._get_param(name)
            for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")
            if self._get_param(name) is not None
        }
        found = [entry for entry in activities if wanted.items() <= entry.items()]
        first = int(self._get_param("NextToken") or 0)
        after = first + min(self._get_int_param("MaxResults") or MOST_DESCRIBED, MOST_DESCRIBED)
        more = {"NextToken": str(after)} if after < len(found) else {}
        return ActionResult({"ScalingActivities": found[first:after], **more})

    hooks.replace(ApplicationAutoscalingBackend, "register_scalable_target", register_scalable_target)
    hooks.replace(Response, "describe_scalable_targets", without_nulls(Response.describe_scalable_targets))
    hooks.replace(Response, "describe_scaling_activities", describe_scaling_activities)
    return hooks.remove


def clamp(scheduler: Scheduler, target: FakeScalableTarget) -> int | None:
    """Bring the target's service into the target's range: its new desired count, None if it was there already."""
    _, cluster, name = target.resource_id.split("/")
    service = scheduler.service(backend()._get_cluster(cluster).arn, name)
    with scheduler.locked():
        count = min(max(service.desired_count, target.min_capacity or 0), target.max_capacity or 0)
        if count == service.desired_count:
            return None
        set_desired_count(service, count)
        scheduler.changed()
        return count


def activity(target: FakeScalableTarget, count: int, began: datetime) -> dict[str, Any]:
    """A scaling activity in the shape of DescribeScalingActivities, in AWS's words."""
    bound = "minimum" if count == target.min_capacity else "maximum"
    return {
        "ActivityId": str(uuid.uuid4()),
        "ServiceNamespace": target.service_namespace,
        "ResourceId": target.resource_id,
        "ScalableDimension": target.scalable_dimension,
        "Description": f"Setting desired count to {count}.",
        "Cause": f"{bound} capacity was set to {count}",
        "StartTime": began,
        "EndTime": datetime.now(UTC),
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired count to {count}. Change successfully fulfilled by ecs.",
    }
