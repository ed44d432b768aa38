"""ECS as the suite asks it, on a scripted one: tasks, services, events and protection."""

from __future__ import annotations

import signal
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acceptance.config.mark import Mark
from acceptance.drivers.ecs import Counts, EcsServices
from acceptance.waiting.errors import UnexpectedAnswer
from tests.acceptance.drivers.names import NAMES


class Ecs:
    """ECS as a script: one service with these counts, and tasks by desired status."""

    def __init__(self, *tasks: dict[str, Any], services: tuple[str, ...] = ("hermes", "edit")) -> None:
        self.all = {task["taskArn"]: task for task in tasks}
        self.services = services
        self.asked: dict[str, Any] = {}
        self.described: list[str] = []
        self.own_command = ["echo", "two words"]

    def of(self, _service: str) -> Ecs:
        return self

    def describe_services(self, *, services: list[str], **_: Any) -> dict[str, Any]:
        common = {
            "runningCount": 0,
            "pendingCount": 0,
            "taskDefinition": "edit:1",
            "networkConfiguration": {"a": "b"},
        }
        named = [name for name in services if name in self.services]
        return {
            "services": [{"serviceName": n, "desiredCount": 0, **common, "events": EVENTS} for n in named]
        }

    def describe_task_definition(self, *, taskDefinition: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert taskDefinition == "edit:1"
        containers = [{"name": "sidecar", "command": ["x"]}, {"name": "hermes", "command": self.own_command}]
        return {"taskDefinition": {"containerDefinitions": containers}}

    def get_paginator(self, _name: str) -> Ecs:
        return self

    def paginate(self, *, desiredStatus: str, serviceName: str = "", **_: Any) -> list[dict[str, Any]]:  # noqa: N803
        known = {arn: task for arn, task in self.all.items() if task["desiredStatus"] == desiredStatus}
        arns = [a for a, t in known.items() if not serviceName or t["group"] == f"service:{serviceName}"]
        return [{"taskArns": arns}]

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        self.described += tasks
        return {"tasks": [self.all[arn] for arn in tasks if arn in self.all]}

    def get_task_protection(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        told = [{"taskArn": arn, "protectionEnabled": arn.endswith("/working")} for arn in tasks]
        return {"protectedTasks": told, "failures": []}

    def run_task(self, **wanted: Any) -> dict[str, Any]:
        self.asked = wanted
        return {"tasks": [], "failures": [{"reason": "RESOURCE:ENI"}]}


EVENTS = [
    {"createdAt": datetime(2026, 1, 1, 0, 0, minute, tzinfo=UTC), "message": f"event {minute}"}
    for minute in (3, 2, 1)
]


def task(
    name: str, last: str, desired: str, group: str = "service:edit", agent: str = "PENDING"
) -> dict[str, Any]:
    return {
        "taskArn": f"arn:task/live/{name}", "lastStatus": last, "desiredStatus": desired, "group": group,
        "containers": [{
            "networkInterfaces": [{"privateIpv4Address": "10.0.0.9"}],
            "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": agent}],
        }],
    }  # fmt: skip


def test_a_task_on_its_way_out_is_not_yet_sleep() -> None:
    awake = EcsServices(Ecs(task("a", "STOPPING", "STOPPED")), NAMES)  # type: ignore[arg-type]
    assert not awake.state().asleep
    assert awake.running("edit") == ()
    done = EcsServices(
        Ecs(task("a", "STOPPED", "STOPPED"), task("m", "RUNNING", "RUNNING", "family:edit")),  # type: ignore[arg-type]
        NAMES,
    )
    assert done.state().asleep
    assert [t.task_id for t in done.history("edit")] == ["a"]


def test_a_stopped_task_is_described_once_and_a_living_one_each_time() -> None:
    ecs = Ecs(task("a", "STOPPED", "STOPPED"), task("b", "RUNNING", "RUNNING"))
    fleet = EcsServices(ecs, NAMES)  # type: ignore[arg-type]
    for _ in range(2):
        assert [t.task_id for t in fleet.history("edit")] == ["a", "b"]
        assert [t.task_id for t in fleet.state().edit_tasks] == ["b"]
    described = [arn.rpartition("/")[2] for arn in ecs.described]
    assert (described.count("a"), described.count("b")) == (1, 4)


def test_a_task_is_read_with_its_address_and_agent() -> None:
    fleet = EcsServices(Ecs(task("a", "RUNNING", "RUNNING", agent="RUNNING")), NAMES)  # type: ignore[arg-type]
    (found,) = fleet.running("Edit")
    assert (found.ip, found.exec_ready, found.task_id) == ("10.0.0.9", True, "a")
    assert fleet.task("arn:none") is None
    assert fleet.counts("hermes") == Counts(0, 0, 0)


def test_tasks_that_no_scale_in_stops_are_told() -> None:
    fleet = EcsServices(Ecs(task("idle", "RUNNING", "RUNNING"), task("working", "RUNNING", "RUNNING")), NAMES)  # type: ignore[arg-type]
    assert fleet.protected(fleet.running("edit")) == {"arn:task/live/working"}


def test_events_are_told_oldest_first_from_an_instant_on() -> None:
    fleet = EcsServices(Ecs(), NAMES)  # type: ignore[arg-type]
    assert [e.message for e in fleet.events("edit", since=EVENTS[1]["createdAt"])] == ["event 2", "event 3"]  # type: ignore[arg-type]


def test_a_service_that_is_missing_is_no_sleeping_one() -> None:
    with pytest.raises(UnexpectedAnswer, match="has no service hermes"):
        EcsServices(Ecs(services=("edit",)), NAMES).state()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="say hermes or edit"):
        EcsServices(Ecs(), NAMES).counts("web")  # type: ignore[arg-type]


def test_a_maintenance_task_uses_edits_own_definition_and_network() -> None:
    ecs = Ecs()
    with pytest.raises(UnexpectedAnswer, match="RESOURCE:ENI"):
        EcsServices(ecs, NAMES).start_task("edit", started_by="acc", command=["sleep", "600"])  # type: ignore[arg-type]
    assert ecs.asked["taskDefinition"] == "edit:1"
    assert ecs.asked["networkConfiguration"] == {"a": "b"}
    assert ecs.asked["enableExecuteCommand"] is True
    assert ecs.asked["startedBy"] == "acc"
    assert ecs.asked["tags"] == [{"key": "live-preview:acceptance-run", "value": "acc"}]
    assert ecs.asked["overrides"]["containerOverrides"] == [{"name": "edit", "command": ["sleep", "600"]}]


def lasting(ecs: Ecs, seconds: float) -> list[str]:
    """What the container of a task that ends by itself runs."""
    with pytest.raises(UnexpectedAnswer, match="RESOURCE:ENI"):
        EcsServices(ecs, NAMES).start_task("hermes", started_by="acc", lifetime=timedelta(seconds=seconds))  # type: ignore[arg-type]
    (override,) = ecs.asked["overrides"]["containerOverrides"]
    assert override["name"] == "hermes"
    return list(override["command"])


def test_a_task_with_a_lifetime_runs_its_definitions_own_command() -> None:
    done = subprocess.run(lasting(Ecs(), 60), capture_output=True, text=True, check=True, timeout=10)
    assert done.stdout == "two words\n"


def test_a_task_with_a_lifetime_ends_by_itself_whatever_becomes_of_its_starter() -> None:
    ecs = Ecs()
    ecs.own_command = ["sleep", "60"]
    assert subprocess.run(lasting(ecs, 1), check=False, timeout=20).returncode == -signal.SIGTERM


def test_a_definition_without_a_command_is_told() -> None:
    ecs = Ecs()
    ecs.own_command = []
    with pytest.raises(
        UnexpectedAnswer, match="container hermes has no `command` in its task definition edit:1"
    ):
        EcsServices(ecs, NAMES).start_task("hermes", started_by="acc", lifetime=timedelta(seconds=1))  # type: ignore[arg-type]


def test_tasks_of_a_run_are_told_from_everybody_elses() -> None:
    run = "acc-1125-130000-abcd"
    mine, other, ended, service = (
        task(name, "RUNNING", "RUNNING") for name in ("mine", "other", "ended", "service")
    )
    mine["startedBy"], other["startedBy"], ended["startedBy"] = run, "acc-lab", run
    ended["lastStatus"] = "STOPPED"
    fleet = EcsServices(Ecs(mine, other, ended, service), NAMES)  # type: ignore[arg-type]
    assert [one.task_id for one in fleet.marked(Mark("acc"))] == ["mine"]
    assert fleet.marked(Mark("acc", "1125-130000-ffff")) == ()
