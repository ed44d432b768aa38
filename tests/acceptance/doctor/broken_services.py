"""Deployments whose cluster, services or capacity are set up otherwise."""

from __future__ import annotations

from tests.acceptance.doctor.broken import case
from tests.acceptance.doctor.deployment import Deployment


@case("the cluster: expected an ACTIVE cluster live, found none of this name -> mend names.cluster")
def no_such_cluster(made: Deployment) -> None:
    made.settings["names.cluster"] = "live"


@case("Hermes: cluster live-preview has no service orchestrator -> create the service, or mend names.hermes")
def no_such_service(made: Deployment) -> None:
    made.settings["names.hermes"] = "orchestrator"


@case("service hermes has enableExecuteCommand off -> switch it on")
def hermes_without_exec(made: Deployment) -> None:
    made.client("ecs").update_service(cluster="live-preview", service="hermes", enableExecuteCommand=False)


@case("service edit has enableExecuteCommand off -> switch it on")
def edit_without_exec(made: Deployment) -> None:
    made.client("ecs").update_service(cluster="live-preview", service="edit", enableExecuteCommand=False)


@case("container edit of service edit has linuxParameters.initProcessEnabled off -> switch it on")
def no_init_process(made: Deployment) -> None:
    made.container("edit", linuxParameters={"initProcessEnabled": False})


@case(
    "container hermes of service hermes has a read-only root file system -> leave readonlyRootFilesystem out"
)
def a_read_only_root(made: Deployment) -> None:
    made.container("hermes", readonlyRootFilesystem=True)


@case("container edit of service edit has an entry point, /start.sh -> start the service by `command` alone")
def an_entry_point(made: Deployment) -> None:
    made.container("edit", entryPoint=["/start.sh"])


@case("container hermes of service hermes has no command in its task definition -> name it there")
def an_image_that_has_the_only_command(made: Deployment) -> None:
    made.container("hermes", command=[])


@case("may take 121 s to end .deregistration delay 1 s, stopTimeout 120 s.* -> shorten")
def a_long_stop_timeout(made: Deployment) -> None:
    made.container("edit", stopTimeout=120)


@case("service edit has no container editor, only edit -> name in .names. the one")
def another_container(made: Deployment) -> None:
    made.settings["names.edit_container"] = "editor"


@case("Edit's capacity: expected one scalable target of edit, found 0 -> register a scalable target")
def no_scalable_target(made: Deployment) -> None:
    made.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/live-preview/edit",
        ScalableDimension="ecs:service:DesiredCount",
    )


def bounds(made: Deployment, least: int, most: int) -> None:
    """Other bounds of Edit's capacity."""
    made.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId="service/live-preview/edit",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=least,
        MaxCapacity=most,
    )


@case("scalable target of Edit goes from 0 to 5, expected 0 to 3 -> register it")
def too_much_capacity(made: Deployment) -> None:
    bounds(made, 0, 5)


@case("scalable target of Edit goes from 1 to 3, expected 0 to 3 -> register it")
def edit_never_sleeps(made: Deployment) -> None:
    bounds(made, 1, 3)
