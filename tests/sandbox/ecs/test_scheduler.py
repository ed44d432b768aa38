"""Services get the tasks they want, at the sandbox's pace, and give them up in order."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.ecs import metadata, rollout
from sandbox.ecs.service_state import Service
from sandbox.ecs.tasks import Definition, Launch, Task
from sandbox.settings import Images
from tests.sandbox.ecs.ecs_stand import CRASHER, QUICK, SLEEPER, Stand

PROFILES = Path(__file__).resolve().parents[3] / "deployments"
STUBBORN = ["/bin/sh", "-c", "trap '' TERM; echo up > $HOME/up; while :; do sleep 0.05; done"]
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/hermes/1"
MakeStand = Callable[..., Stand]


@pytest.fixture
def make_stand() -> Iterator[MakeStand]:
    made: list[Stand] = []

    def make(**more: object) -> Stand:
        pace = dataclasses.replace(QUICK, **{key: value for key, value in more.items() if key != "images"})  # type: ignore[arg-type]
        images = more.get("images")
        made.append(
            Stand(images if isinstance(images, Images) else Images(hermes=SLEEPER, edit=SLEEPER), pace)
        )
        return made[-1]

    yield make
    for stand in made:
        stand.close()


def balanced(stand: Stand) -> list[dict[str, object]]:
    return [
        {"targetGroupArn": GROUP, "containerName": "hermes", "containerPort": stand.addresses.container_port}
    ]


def test_scaling_follows_the_desired_count_and_takes_the_newest_first(make_stand: MakeStand) -> None:
    stand = make_stand()
    stand.create_service("edit", 2)
    first = stand.until_running("edit", 2)
    stand.scale("edit", 3)
    stand.until_running("edit", 3)
    stand.scale("edit", 2)
    assert stand.until_running("edit", 2) == first
    stand.scale("edit", 0)
    stand.until_running("edit", 0)
    assert stand.processes.living() == []
    assert {task.stop_code for task in stand.tasks("edit")} == {"ServiceSchedulerInitiated"}


def test_a_task_is_up_within_moments_in_the_instant_pace(make_stand: MakeStand) -> None:
    stand = make_stand()
    stand.create_service("edit", 0)
    begun = time.monotonic()
    stand.scale("edit", 1)
    stand.until_running("edit", 1)
    assert time.monotonic() - begun < 2.0


def test_the_walk_takes_the_time_of_the_pace(make_stand: MakeStand) -> None:
    stand = make_stand(provisioning_s=0.4, pending_s=0.4, exec_agent_s=0.4, deprovisioning_s=0.4)
    stand.create_service("edit", 1)
    stand.until(lambda: bool(stand.tasks("edit")), "a task")
    (task,) = stand.tasks("edit")
    seen = [task.last_status]
    stand.until(lambda: task.last_status == "PENDING", "PENDING")
    assert stand.describe("edit")["pendingCount"] == 1
    (task,) = stand.until_running("edit", 1)
    assert task.agent_status == "PENDING"
    stand.until(lambda: task.agent_status == "RUNNING", "a running agent")
    stand.scale("edit", 0)
    stand.until(lambda: task.last_status == "DEPROVISIONING", "DEPROVISIONING")
    assert not task.alive
    stand.until(lambda: task.last_status == "STOPPED", "STOPPED")
    times = task.times
    assert seen == ["PROVISIONING"]
    assert (times["startedAt"] - times["createdAt"]).total_seconds() >= 0.8
    assert (times["stoppedAt"] - times["executionStoppedAt"]).total_seconds() >= 0.4


def test_sigkill_comes_when_the_stop_timeout_is_over(make_stand: MakeStand) -> None:
    stand = make_stand(images=Images(hermes=SLEEPER, edit=STUBBORN), stop_timeout_s=1.0)
    stand.create_service("edit", 1)
    (task,) = stand.until_running("edit", 1)
    up = stand.state.scratch / task.id / "up"
    for _ in range(200):
        if up.exists():
            break
        stand.scheduler.wait_for(lambda: False, 0.02)
    stand.scale("edit", 0)
    stand.until_running("edit", 0)
    assert task.exit_code == 137
    assert (task.times["executionStoppedAt"] - task.times["stoppingAt"]).total_seconds() >= 1.0


def test_targets_come_and_go_with_the_tasks(make_stand: MakeStand) -> None:
    stand = make_stand(deregistration_delay_s=0.5)
    stand.create_service("hermes", 1, loadBalancers=balanced(stand))
    (task,) = stand.until_running("hermes", 1)
    target = (GROUP, task.address, stand.addresses.container_port)
    assert stand.targets.calls == [("register", *target)]
    stand.scale("hermes", 0)
    stand.until(lambda: task.last_status == "DEACTIVATING", "draining")
    assert task.alive
    stand.until_running("hermes", 0)
    assert stand.targets.calls == [("register", *target), ("deregister", *target)]
    assert (task.times["executionStoppedAt"] - task.times["stoppingAt"]).total_seconds() >= 0.5
    told = [event["message"] for event in stand.describe("hermes")["events"]]
    assert f"(service hermes) registered 1 targets in (target-group {GROUP})" in told
    assert "(service hermes) has begun draining connections on 1 tasks." in told


def test_a_deployment_keeps_the_old_task_until_the_new_one_is_healthy(make_stand: MakeStand) -> None:
    stand = make_stand()
    stand.create_service("hermes", 1, loadBalancers=balanced(stand))
    (old,) = stand.until_running("hermes", 1)
    stand.targets.all_healthy = False
    stand.scale("hermes", 1, taskDefinition=stand.register("hermes"))
    new = max(stand.until_running("hermes", 2), key=lambda task: task.order)
    described = stand.describe("hermes")
    assert [entry["status"] for entry in described["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert not stand.scheduler.wait_for(lambda: old.desired_status == "STOPPED", 0.5)
    stand.targets.all_healthy = True
    assert stand.until_running("hermes", 1) == [new]
    assert new.launch.definition.revision == old.launch.definition.revision + 1
    stand.until(lambda: stand.scheduler.service(stand.cluster_arn, "hermes").steady, "a steady state")
    assert len(stand.describe("hermes")["deployments"]) == 1


def test_a_crash_at_start_backs_off_and_is_told(make_stand: MakeStand) -> None:
    stand = make_stand(images=Images(hermes=CRASHER, edit=SLEEPER))
    stand.create_service("hermes", 1)
    found = stand.scheduler.service(stand.cluster_arn, "hermes")
    stand.until(lambda: found.crashes >= 3, "three crashes")
    described = stand.describe("hermes")
    assert described["runningCount"] == 0
    assert described["deployments"][0]["failedTasks"] >= 3
    told = [event["message"] for event in described["events"]]
    assert "(service hermes) is unable to consistently start tasks successfully." in told
    assert len(stand.tasks("hermes")) < 10


def test_commands_inside_a_task_end_with_it(make_stand: MakeStand) -> None:
    stand = make_stand()
    stand.create_service("edit", 1)
    (task,) = stand.until_running("edit", 1)
    argv, environment, folder = stand.scheduler.exec(task.arn, "edit", "sleep 600")
    command = stand.processes.spawn(
        argv, env=environment, cwd=folder, log=stand.state.logs / "exec.log", name="exec"
    )
    stand.scale("edit", 0)
    stand.until_running("edit", 0)
    assert command.wait(5) == -signal.SIGKILL


def test_a_command_inside_a_task_can_kill_all_of_it_at_once(make_stand: MakeStand) -> None:
    parent = 'sleep 600 & echo $! > "$HOME/child"; wait'
    stand = make_stand(images=Images(hermes=SLEEPER, edit=["/bin/sh", "-c", parent]), stop_timeout_s=30.0)
    stand.create_service("edit", 1)
    (task,) = stand.until_running("edit", 1)
    profile = tomllib.loads((PROFILES / "sandbox.toml").read_text(encoding="utf-8"))
    command = f'until test -s child; do sleep 0.02; done; cp child "$KEPT"; {profile["exec"]["kill"]}'
    argv, environment, folder = stand.scheduler.exec(task.arn, "edit", command)
    kept, log = stand.state.root / "child", stand.state.logs / "exec.log"
    stand.processes.spawn(argv, env={**environment, "KEPT": str(kept)}, cwd=folder, log=log, name="exec")
    stand.until(
        lambda: task.exit_code == 128 + signal.SIGKILL, "the task's end, long before its stop timeout"
    )
    assert task.stop_code == "EssentialContainerExited"
    stand.until(lambda: task.last_status == "STOPPED", "the task to be put away")
    child = int(kept.read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_running_is_never_said_of_a_dead_process(make_stand: MakeStand) -> None:
    stand = make_stand()
    stand.create_service("edit", 1)
    (task,) = stand.until_running("edit", 1)
    assert task.process is not None
    os.kill(task.process.pid, signal.SIGKILL)
    task.process.wait(5)
    stand.until(lambda: task.last_status != "RUNNING", "another state")
    assert "stoppingAt" in task.times


def test_closing_leaves_no_process(make_stand: MakeStand) -> None:
    stand = make_stand(images=Images(hermes=SLEEPER, edit=STUBBORN), stop_timeout_s=30.0)
    stand.create_service("edit", 2)
    pids = [task.process.pid for task in stand.until_running("edit", 2) if task.process]
    begun = time.monotonic()
    stand.scheduler.close()
    stand.processes.close(0.0)
    assert time.monotonic() - begun < 8.0
    assert len(pids) == 2
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


def definition(revision: int = 1) -> Definition:
    return Definition(f"arn:edit:{revision}", "edit", revision, "256", "512", {"name": "edit"})


def started(service: Service, count: int) -> list[Task]:
    return [Task(service.launch()) for _ in range(count)]


def test_a_plan_starts_what_is_missing_and_stops_what_is_too_much() -> None:
    service = Service("edit", "arn:aws:ecs:::cluster/c", definition(), 3)
    tasks = started(service, 1)
    assert rollout.plan(service, tasks, ()) == rollout.Plan(2, ())
    service.desired_count = 0
    assert rollout.plan(service, tasks, ()) == rollout.Plan(0, tuple(tasks))


def test_a_plan_spares_protected_tasks_and_counts_them() -> None:
    service = Service("edit", "arn:aws:ecs:::cluster/c", definition(), 1)
    kept, other = started(service, 2)
    kept.protect(1)
    other.protect(1)
    assert rollout.plan(service, [kept, other], ()) == rollout.Plan(0, ())
    other.protect(None)
    assert rollout.plan(service, [kept, other], ()) == rollout.Plan(0, (other,))


def test_a_plan_rolls_between_the_minimum_and_the_maximum() -> None:
    service = Service("edit", "arn:aws:ecs:::cluster/c", definition(), 2)
    old = started(service, 2)
    service.deploy(definition(2))
    assert rollout.plan(service, old, set(old)) == rollout.Plan(2, ())
    new = started(service, 2)
    assert rollout.plan(service, old + new, ()) == rollout.Plan(0, ())
    assert rollout.plan(service, old + new, {new[0]}) == rollout.Plan(0, (old[1],))
    assert rollout.plan(service, old + new, set(new)) == rollout.Plan(0, (old[1], old[0]))


def test_the_first_reason_of_an_end_stays() -> None:
    task = Task(Launch(definition(), "arn:aws:ecs:::cluster/c", "family:edit"))
    assert task.end("UserInitiated", "one")
    assert not task.end("EssentialContainerExited", "two")
    assert task.document()["stoppedReason"] == "one"


def test_metadata_is_for_tasks_that_exist() -> None:
    task = Task(Launch(definition(), "arn:aws:ecs:::cluster/c", "family:edit"))
    task.address = "127.1.2.3"
    documents = {task.id: metadata.document(task)}
    status, body = metadata.answer(f"/v4/{task.id}/task", documents.__getitem__)
    assert (status, body) == (200, documents[task.id])
    assert documents[task.id]["Containers"][0]["Networks"][0]["IPv4Addresses"] == ["127.1.2.3"]
    assert metadata.answer("/v4/other/task", documents.__getitem__)[0] == 404
    assert metadata.answer(f"/v4/{task.id}/other", documents.__getitem__)[0] == 404
