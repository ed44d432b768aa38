"""The ECS API's calls on services and clusters, answered from the scheduler."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from sandbox.aws_api.ecs_lookup import backend, cluster_arn, definition, parameters, service
from sandbox.aws_api.hooks import Hooks
from sandbox.ecs.scheduler import Scheduler, counts
from sandbox.ecs.service_state import Service

MOST_DESCRIBED = 10
# What CreateService and UpdateService take and DescribeServices shows unchanged.
SETTINGS = (
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "propagateTags",
    "enableECSManagedTags",
    "serviceRegistries",
)


class Services:
    """Handlers of the calls; each takes moto's response object, which holds the call's parameters."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._create: Callable[[Response], object] = Response.create_service
        self._describe_clusters: Callable[[Response], ActionResult] = Response.describe_clusters
        self._creating = threading.Lock()

    def install(self, hooks: Hooks) -> None:
        """Put the handlers in place."""
        for name in (
            "create_service",
            "update_service",
            "delete_service",
            "describe_services",
            "list_services",
            "describe_clusters",
        ):
            hooks.replace(Response, name, handler(getattr(self, name)))

    def create_service(self, response: Response) -> ActionResult:
        """Record the service and let the scheduler start its tasks."""
        given = parameters(response)
        cluster = cluster_arn(given)
        desired = _desired(given.get("desiredCount", 0))
        with self._creating:
            taken = {entry.name for entry in self._scheduler.services(cluster) if entry.status != "INACTIVE"}
            if given["serviceName"] in taken:
                raise InvalidParameterException("Creation of service was not idempotent.")
            wanted = definition(given.get("taskDefinition"))
            # moto validates the network and keeps the tags.
            self._create(response)
            created = Service(
                given["serviceName"],
                cluster,
                wanted,
                desired,
                load_balancers=given.get("loadBalancers") or (),
                network_configuration=given.get("networkConfiguration"),
                enable_execute_command=bool(given.get("enableExecuteCommand")),
                settings={key: given[key] for key in SETTINGS if given.get(key) is not None},
            )
            self._scheduler.add_service(created)
        return ActionResult({"service": self._document(created)})

    def update_service(self, response: Response) -> ActionResult:
        """Change what the service wants; a new task definition or force begins a deployment."""
        given = parameters(response)
        found = service(self._scheduler, cluster_arn(given), given["service"])
        wanted = definition(given["taskDefinition"]) if given.get("taskDefinition") else found.definition
        with self._scheduler.locked():
            if found.status != "ACTIVE":
                raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
            if given.get("desiredCount") is not None:
                set_desired_count(found, _desired(given["desiredCount"]))
            if given.get("loadBalancers") is not None:
                found.load_balancers = tuple(given["loadBalancers"])
            if given.get("networkConfiguration") is not None:
                found.network_configuration = given["networkConfiguration"]
            if given.get("enableExecuteCommand") is not None:
                found.enable_execute_command = bool(given["enableExecuteCommand"])
            found.settings |= {key: given[key] for key in SETTINGS if given.get(key) is not None}
            if wanted.arn != found.definition.arn or given.get("forceNewDeployment"):
                found.deploy(wanted)
            self._scheduler.changed()
            return ActionResult({"service": self._document(found)})

    def delete_service(self, response: Response) -> ActionResult:
        """Drain the service: its tasks stop, then it is INACTIVE."""
        given = parameters(response)
        cluster = cluster_arn(given)
        found = service(self._scheduler, cluster, given["service"])
        with self._scheduler.locked():
            if found.desired_count > 0 and not given.get("force"):
                raise InvalidParameterException("The service cannot be stopped while it is scaled above 0.")
            set_desired_count(found, 0)
            found.status = "DRAINING"
            backend().services.pop(_key(found), None)
            self._scheduler.changed()
            return ActionResult({"service": self._document(found)})

    def describe_services(self, response: Response) -> ActionResult:
        """Counts, deployments and events as they are."""
        given = parameters(response)
        cluster = cluster_arn(given)
        names = given.get("services") or []
        if len(names) > MOST_DESCRIBED:
            raise InvalidParameterException("Services cannot have more than 10 elements.")
        services, failures = [], []
        for name in names:
            try:
                found = self._scheduler.service(cluster, name.rsplit("/", 1)[-1])
            except KeyError:
                arn = (
                    name if name.startswith("arn:") else f"{cluster.replace(':cluster/', ':service/')}/{name}"
                )
                failures.append({"arn": arn, "reason": "MISSING"})
                continue
            services.append(self._document(found, "TAGS" in (given.get("include") or [])))
        return ActionResult({"services": services, "failures": failures})

    def list_services(self, response: Response) -> ActionResult:
        """The services that are not INACTIVE."""
        services = self._scheduler.services(cluster_arn(parameters(response)))
        return ActionResult({"serviceArns": [entry.arn for entry in services if entry.status != "INACTIVE"]})

    def describe_clusters(self, response: Response) -> ActionResult:
        """moto's answer with true counts."""
        for cluster in backend().clusters.values():
            cluster.running_tasks_count, cluster.pending_tasks_count = counts(
                self._scheduler.tasks(cluster.arn)
            )
            services = self._scheduler.services(cluster.arn)
            cluster.active_services_count = sum(entry.status == "ACTIVE" for entry in services)
        return self._describe_clusters(response)

    def _document(self, found: Service, with_tags: bool = False) -> dict[str, Any]:
        with self._scheduler.locked():
            document = found.document(self._scheduler.tasks_of(found))
            kept = backend().services.get(_key(found))
            return document | ({"tags": kept.tags} if with_tags and kept is not None else {})


def set_desired_count(found: Service, count: int) -> None:
    """Change how many tasks the service is to have. Hold the scheduler's lock."""
    if count == found.desired_count:
        return
    found.desired_count = count
    found.steady = False
    if count == 0:
        found.crashes, found.not_before = 0, 0.0


def handler(method: Callable[[Response], ActionResult]) -> Callable[[Response], ActionResult]:
    """`method` as a plain function: moto serves nothing else."""

    def handle(self: Response) -> ActionResult:
        return method(self)

    return handle


def _desired(count: int) -> int:
    if count < 0:
        raise InvalidParameterException("desiredCount cannot be negative.")
    return int(count)


def _key(found: Service) -> str:
    return f"{found.cluster_arn.rsplit('/', 1)[-1]}:{found.name}"
