"""Both services as they are set up: what ECS Exec needs in a task, how many tasks there may be, how fast they end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from acceptance.doctor.finding import Finding
from acceptance.drivers.setup.services import Bounds, Container, ServiceSetup

CAPACITY = Bounds(0, 3)
EXEC_FROM = (1, 4, 0)
"""The first version of Fargate's platform with ECS Exec (ECS guide, "Considerations for using ECS Exec")."""


@dataclass(frozen=True)
class WayToZero:
    """What a scale-in takes beside the platform's own work, in seconds."""

    deregistration_s: int
    stop_s: int


def unfit_service(
    seen: ServiceSetup, container: str, *, commanded: bool, repeated: bool, killed: bool
) -> Iterator[Finding]:
    """What keeps the suite from looking into a service's tasks.

    Args:
        container: the name that the profile has for its container.
        commanded: whether the suite starts tasks of this definition with a command of its own.
        repeated: whether that command has the definition's own in it.
        killed: whether it kills what runs in its tasks. It enters them for that, and those that run a command of its
            own; of ECS Exec it has no other use.
    """
    whose = f"service {seen.name}"
    if seen.status != "ACTIVE":
        yield Finding(f"{whose} is {seen.status}, expected ACTIVE", "create it anew")
    entered = killed or (commanded and not repeated)
    if entered and not seen.exec_enabled:
        yield Finding(
            f"{whose} has enableExecuteCommand off",
            "switch it on and deploy anew: tasks that run already do not get it",
        )
    if entered and not _has_exec(seen.platform_version):
        yield Finding(
            f"{whose} runs on platform version {seen.platform_version}, expected 1.4.0 or later",
            "update it to LATEST: ECS Exec is not on earlier ones",
        )
    found = seen.container(container)
    if found is None:
        names = ", ".join(one.name for one in seen.containers)
        yield Finding(
            f"{whose} has no container {container}, only {names}",
            "name in [names] the one that runs the service, or mend its task definition",
        )
    else:
        if entered and found.read_only_root:
            yield Finding(
                f"container {container} of {whose} has a read-only root file system",
                "leave readonlyRootFilesystem out of the task definition: ECS Exec's agent writes there",
            )
        yield from _unfit_container(found, whose, commanded=commanded, repeated=repeated, killed=killed)


def _unfit_container(
    seen: Container, whose: str, *, commanded: bool, repeated: bool, killed: bool
) -> Iterator[Finding]:
    where = f"container {seen.name} of {whose}"
    if killed and not seen.init_process:
        yield Finding(
            f"{where} has linuxParameters.initProcessEnabled off",
            "switch it on in the task definition: the service is process 1 otherwise, which nothing inside can kill",
        )
    if repeated and not seen.command:
        yield Finding(
            f"{where} has no command in its task definition",
            "name it there: the suite starts a second Hermes by it, which ends by itself",
        )
    if commanded and seen.entry_point:
        yield Finding(
            f"{where} has an entry point, {' '.join(seen.entry_point)}",
            "start the service by `command` alone: what the suite runs in its place would be appended",
        )


def wrong_bounds(seen: Bounds) -> Iterator[Finding]:
    """A scalable target with other bounds than the contract's."""
    if seen != CAPACITY:
        yield Finding(
            f"the scalable target of Edit goes from {seen.least} to {seen.most}, "
            f"expected {CAPACITY.least} to {CAPACITY.most}",
            "register it with MinCapacity 0 and MaxCapacity 3",
        )


def too_slow(seen: WayToZero, patience: timedelta) -> Iterator[Finding]:
    """A scale-in that takes longer than the suite looks for it."""
    least = seen.deregistration_s + seen.stop_s
    if least > patience.total_seconds():
        yield Finding(
            f"a task may take {least} s to end (deregistration delay {seen.deregistration_s} s, stopTimeout "
            f"{seen.stop_s} s), and patience.scale_to_zero_s is {patience.total_seconds():g}",
            "shorten the delay or the stopTimeout, or be more patient in the profile",
        )


def _has_exec(version: str) -> bool:
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    return version == "LATEST" or numbers >= EXEC_FROM
