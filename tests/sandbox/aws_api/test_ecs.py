"""What the ECS API says is what runs."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws_api import dynamodb
from sandbox.settings import Images
from tests.sandbox.ecs.ecs_stand import CLUSTER, SLEEPER, Stand, service


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    stand = Stand(Images(hermes=SLEEPER, edit=service()))
    stand.create_service("edit", 0)
    yield stand
    stand.close()


@pytest.fixture(autouse=True)
def asleep(stand: Stand) -> Iterator[None]:
    yield
    stand.scale("edit", 0)
    arns = stand.ecs.list_tasks(cluster=CLUSTER)["taskArns"]
    stand.ecs.update_task_protection(cluster=CLUSTER, tasks=arns, protectionEnabled=False) if arns else None
    for arn in arns:
        stand.ecs.stop_task(cluster=CLUSTER, task=arn)
    stand.until(
        lambda: all(task.last_status == "STOPPED" for task in stand.all_tasks()), "all tasks to have stopped"
    )


def describe(stand: Stand, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = stand.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]
    return found


def error_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def run(stand: Stand, *command: str, **more: Any) -> str:
    override = {"name": "edit", "command": list(command), "environment": [{"name": "EXTRA", "value": "x"}]}
    answer = stand.ecs.run_task(
        cluster=CLUSTER,
        taskDefinition="edit",
        networkConfiguration=stand.network,
        enableExecuteCommand=True,
        overrides={"containerOverrides": [override]},
        **more,
    )
    arn: str = answer["tasks"][0]["taskArn"]
    return arn


def test_a_running_task_is_a_process_that_serves_on_its_own_address(stand: Stand) -> None:
    stand.scale("edit", 1)
    (task,) = stand.until_running("edit", 1)
    (arn,) = stand.ecs.list_tasks(cluster=CLUSTER, serviceName="edit")["taskArns"]
    found = describe(stand, arn)
    address = found["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    details = {entry["name"]: entry["value"] for entry in found["attachments"][0]["details"]}
    assert (found["lastStatus"], found["desiredStatus"], found["group"]) == (
        "RUNNING",
        "RUNNING",
        "service:edit",
    )
    assert details["privateIPv4Address"] == address
    assert found["startedAt"] >= found["createdAt"]
    assert (found["containers"][0]["lastStatus"], found["containers"][0].get("exitCode")) == ("RUNNING", None)
    stand.until(lambda: task.agent_status == "RUNNING", "a running agent")
    wait_for_line(stand, task.id, "serving")
    with urllib.request.urlopen(f"http://{address}:{stand.addresses.container_port}/", timeout=5) as answer:
        said = json.load(answer)
    assert said["meta"]["TaskARN"] == arn
    assert said["environment"]["GREETING"] == "hello"
    assert said["environment"]["AWS_ENDPOINT_URL"] == stand.control.access.endpoint
    counts = stand.describe("edit")
    assert (counts["runningCount"], counts["pendingCount"]) == (1, 0)


def wait_for_line(stand: Stand, task_id: str, line: str) -> None:
    path = stand.state.logs / "edit" / f"{task_id}.log"
    stand.scheduler.wait_for(lambda: False, 0.05)
    for _ in range(200):
        if line in path.read_text():
            return
        stand.scheduler.wait_for(lambda: False, 0.05)
    raise AssertionError(f"expected {line!r} in {path}; found {path.read_text()!r}")


def test_a_task_whose_process_died_is_not_running_and_is_replaced(stand: Stand) -> None:
    stand.scale("edit", 1)
    (task,) = stand.until_running("edit", 1)
    assert task.process is not None
    os.kill(task.process.pid, signal.SIGKILL)
    stand.until(lambda: task.last_status == "STOPPED", "the killed task to be STOPPED")
    found = describe(stand, task.arn)
    assert (found["stopCode"], found["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert found["containers"][0]["exitCode"] == 137
    assert found["stoppedAt"] >= found["stoppingAt"]
    (successor,) = stand.until_running("edit", 1)
    assert successor.arn != task.arn
    assert successor.address != task.address


def test_list_tasks_hides_stopped_tasks_unless_asked(stand: Stand) -> None:
    arn = run(stand, "true")
    stand.until(lambda: stand.scheduler.task(arn).last_status == "STOPPED", "the task to end")
    assert arn not in stand.ecs.list_tasks(cluster=CLUSTER)["taskArns"]
    assert arn in stand.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]
    assert arn in stand.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED", family="edit")["taskArns"]
    assert (
        arn
        not in stand.ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED", serviceName="edit")["taskArns"]
    )


def test_unknown_things_are_told_as_aws_tells_them(stand: Stand) -> None:
    ecs = stand.ecs
    unknown = f"arn:aws:ecs:us-east-1:123456789012:task/{CLUSTER}/{'0' * 32}"
    assert ecs.describe_tasks(cluster=CLUSTER, tasks=[unknown])["failures"] == [
        {"arn": unknown, "reason": "MISSING"}
    ]
    assert ecs.describe_services(cluster=CLUSTER, services=["nobody"])["failures"][0]["reason"] == "MISSING"
    assert error_of(lambda: ecs.stop_task(cluster=CLUSTER, task=unknown))[0] == "InvalidParameterException"
    assert error_of(lambda: ecs.list_tasks(cluster="other"))[0] == "ClusterNotFoundException"
    assert error_of(lambda: ecs.list_tasks(cluster=CLUSTER, serviceName="x"))[0] == "ServiceNotFoundException"
    assert error_of(lambda: stand.create_service("edit", 1))[1] == "Creation of service was not idempotent."


def test_stop_task_keeps_the_reason(stand: Stand) -> None:
    arn = run(stand, "sleep", "600")
    stand.until(lambda: stand.scheduler.task(arn).last_status == "RUNNING", "the task to run")
    answer = stand.ecs.stop_task(cluster=CLUSTER, task=arn, reason="because")["task"]
    assert answer["desiredStatus"] == "STOPPED"
    stand.until(lambda: stand.scheduler.task(arn).last_status == "STOPPED", "the task to stop")
    found = describe(stand, arn)
    assert (found["stopCode"], found["stoppedReason"]) == ("UserInitiated", "because")
    assert found["containers"][0]["exitCode"] == 143


def test_a_command_needs_a_running_agent_and_gets_the_tasks_environment(stand: Stand) -> None:
    arn = run(stand, "sleep", "600")
    task = stand.scheduler.task(arn)
    call: dict[str, Any] = {"cluster": CLUSTER, "task": arn, "command": "ls", "interactive": True}
    stand.until(lambda: task.agent_status == "RUNNING", "a running agent")
    answer = stand.ecs.execute_command(**call)
    assert answer["session"]["streamUrl"].startswith("ws://")
    assert stand.opened[-1] == (arn, "edit", "ls")
    argv, environment, folder = stand.scheduler.exec(arn, "edit", "ls")
    assert (list(argv), environment["EXTRA"], folder.is_dir()) == (["/bin/sh", "-c", "ls"], "x", True)
    refused = error_of(lambda: stand.ecs.execute_command(**call | {"interactive": False}))
    assert refused[0] == "InvalidParameterException"
    stand.ecs.stop_task(cluster=CLUSTER, task=arn)
    stand.until(lambda: task.last_status == "STOPPED", "the task to stop")
    assert "agent isn't running" in error_of(lambda: stand.ecs.execute_command(**call))[1]
    assert not folder.exists()


def test_protected_tasks_survive_scale_in_until_the_protection_ends(stand: Stand) -> None:
    stand.scale("edit", 3)
    newest = max(stand.until_running("edit", 3), key=lambda task: task.order)
    answer = stand.ecs.update_task_protection(cluster=CLUSTER, tasks=[newest.arn], protectionEnabled=True)
    assert answer["protectedTasks"][0]["expirationDate"] > datetime.now(UTC)
    stand.scale("edit", 0)
    assert [task.id for task in stand.until_running("edit", 1)] == [newest.id]
    assert stand.ecs.get_task_protection(cluster=CLUSTER)["protectedTasks"][0]["taskArn"] == newest.arn
    stand.ecs.update_task_protection(cluster=CLUSTER, tasks=[newest.arn], protectionEnabled=False)
    stand.until_running("edit", 0)


def test_protection_is_for_service_tasks_only(stand: Stand) -> None:
    arn = run(stand, "sleep", "600")
    answer = stand.ecs.update_task_protection(cluster=CLUSTER, tasks=[arn, "0" * 32], protectionEnabled=True)
    assert sorted(failure["reason"] for failure in answer["failures"]) == ["MISSING", "TASK_NOT_VALID"]


def test_events_and_deployment_tell_the_story(stand: Stand) -> None:
    before = datetime.now(UTC)
    stand.scale("edit", 1)
    (task,) = stand.until_running("edit", 1)
    found = stand.scheduler.service(stand.cluster_arn, "edit")
    stand.until(lambda: found.steady, "a steady state")
    waiter = stand.ecs.get_waiter("services_stable")
    waiter.wait(cluster=CLUSTER, services=["edit"], WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    told = [entry["message"] for entry in stand.describe("edit")["events"] if entry["createdAt"] >= before]
    assert told[0] == "(service edit) has reached a steady state."
    assert any(
        re.fullmatch(rf"\(service edit\) has started 1 tasks: \(task {task.id}\)\.", line) for line in told
    )
    deployments = stand.describe("edit")["deployments"]
    assert [(d["status"], d["rolloutState"], d["runningCount"]) for d in deployments] == [
        ("PRIMARY", "COMPLETED", 1)
    ]


def test_a_scalable_target_clamps_a_count_that_was_set_by_hand(stand: Stand) -> None:
    stand.scale("edit", 2)
    stand.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{CLUSTER}/edit",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=0,
        MaxCapacity=1,
    )
    assert stand.describe("edit")["desiredCount"] == 1
    stand.until_running("edit", 1)
    scaling = stand.client("application-autoscaling")
    told = scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=f"service/{CLUSTER}/edit")
    (activity,) = told["ScalingActivities"]
    assert (activity["Description"], activity["Cause"], activity["StatusCode"]) == (
        "Setting desired count to 1.",
        "maximum capacity was set to 1",
        "Successful",
    )
    assert activity["StartTime"] <= activity["EndTime"] <= datetime.now(UTC)
    other = scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId="service/other/edit")
    assert other["ScalingActivities"] == []


def test_output_reaches_cloudwatch_logs(stand: Stand) -> None:
    arn = run(stand, "/bin/sh", "-c", "echo one; echo; echo two >&2; printf three")
    stand.until(lambda: stand.scheduler.task(arn).last_status == "STOPPED", "the task to end")
    stream = f"ecs/edit/{arn.rsplit('/', 1)[-1]}"
    events = stand.client("logs").get_log_events(
        logGroupName="/ecs/edit", logStreamName=stream, startFromHead=True
    )["events"]
    assert [event["message"] for event in events] == ["one", "two", "three"]


def test_a_service_drains_before_it_is_inactive(stand: Stand) -> None:
    stand.create_service("hermes", 1)
    (task,) = stand.until_running("hermes", 1)
    code, _ = error_of(lambda: stand.ecs.delete_service(cluster=CLUSTER, service="hermes"))
    assert code == "InvalidParameterException"
    stand.ecs.delete_service(cluster=CLUSTER, service="hermes", force=True)
    found = stand.scheduler.service(stand.cluster_arn, "hermes")
    stand.until(lambda: found.status == "INACTIVE", "the service to be INACTIVE")
    assert task.last_status == "STOPPED"
    arns = stand.ecs.list_services(cluster=CLUSTER)["serviceArns"]
    assert [arn.rsplit("/", 1)[-1] for arn in arns] == ["edit"]


def test_expired_items_are_deleted_late_and_others_stay(stand: Stand) -> None:
    client = stand.client("dynamodb")
    client.create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
    )
    client.update_time_to_live(
        TableName="t", TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )
    now = datetime.now(UTC).timestamp()
    for key, ttl in {"past": now - 10, "future": now + 1000, "ancient": now - 6 * 365 * 86_400}.items():
        client.put_item(TableName="t", Item={"k": {"S": key}, "ttl": {"N": str(int(ttl))}})
    client.put_item(TableName="t", Item={"k": {"S": "without"}})
    assert client.get_item(TableName="t", Key={"k": {"S": "past"}})["Item"]["k"] == {"S": "past"}
    assert dynamodb.delete_expired() == 1
    left = {item["k"]["S"] for item in client.scan(TableName="t")["Items"]}
    assert left == {"future", "ancient", "without"}
