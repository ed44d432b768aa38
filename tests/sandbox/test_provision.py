"""What the provisioning creates is the contract's table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import aws_api
from sandbox.aws_access import AwsAccess, Keys
from sandbox.aws_api.metrics import put_metric_data
from sandbox.aws_api.server import ControlPlane
from sandbox.ecs.addresses import Addresses
from sandbox.ecs.scheduler import Scheduler
from sandbox.ecs.targets import TargetGroups
from sandbox.ecs.task_run import Host
from sandbox.host.processes import Processes
from sandbox.host.state import State
from sandbox.provision import Plan, Provisioned, provision
from sandbox.settings import INSTANT, Images, Names

NAMES = Names()
KEYS = Keys.create()
Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Provisioned]]:
    control = ControlPlane(KEYS)
    state = State.create()
    addresses = Addresses()
    processes = Processes(state)
    host = Host(
        processes,
        addresses,
        state,
        INSTANT,
        Images(),
        control.access,
        TargetGroups(control.access),
        None,
        put_metric_data,
    )
    scheduler = Scheduler(host)
    remove = aws_api.install(scheduler=scheduler, pace=INSTANT, open_session=lambda *_: {})
    root: Path = tmp_path_factory.mktemp("efs")
    plan = Plan(
        control.access,
        NAMES,
        INSTANT,
        "https://localhost:4443",
        addresses.cidr,
        addresses.container_port,
        root,
        root,
        {"NODE": "/n"},
    )
    yield control.access.client, provision(plan)
    remove()
    scheduler.close()
    processes.close()
    addresses.close()
    control.close()
    state.remove()


def test_the_table_has_both_indexes_and_ttl(made: tuple[Client, Provisioned]) -> None:
    dynamodb = made[0]("dynamodb")
    table = dynamodb.describe_table(TableName="edit-sessions")["Table"]
    keys = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["sessionId", "userId"]
    assert keys == {
        "clientId-status-index": ["clientId", "status"],
        "status-lastActivityAt-index": ["status", "lastActivityAt"],
    }
    ttl = dynamodb.describe_time_to_live(TableName="edit-sessions")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_claims_have_a_table_of_their_own_that_forgets(made: tuple[Client, Provisioned]) -> None:
    client, provisioned = made
    dynamodb = client("dynamodb")
    name = provisioned.session_api_environment["CLAIMS_TABLE"]
    assert name != provisioned.session_api_environment["TABLE_NAME"]
    assert dynamodb.describe_table(TableName=name)["Table"]["KeySchema"] == [
        {"AttributeName": "name", "KeyType": "HASH"}
    ]
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}


def test_services_sleep_and_edit_scales_to_three(made: tuple[Client, Provisioned]) -> None:
    services = made[0]("ecs").describe_services(cluster="live-preview", services=["hermes", "edit"])[
        "services"
    ]
    assert [(entry["serviceName"], entry["desiredCount"], entry["runningCount"]) for entry in services] == [
        ("hermes", 0, 0),
        ("edit", 0, 0),
    ]
    assert all(entry["enableExecuteCommand"] for entry in services)
    targets = made[0]("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
    assert [(t["ResourceId"], t["MinCapacity"], t["MaxCapacity"]) for t in targets["ScalableTargets"]] == [
        ("service/live-preview/edit", 0, 3)
    ]


def test_cluster_and_load_balancer_say_that_a_suite_may_work_here(made: tuple[Client, Provisioned]) -> None:
    client, provisioned = made
    cluster = client("ecs").describe_clusters(clusters=["live-preview"], include=["TAGS"])["clusters"][0]
    balancer = client("elbv2").describe_tags(ResourceArns=[provisioned.load_balancer])
    assert cluster["tags"] == [{"key": "live-preview:acceptance", "value": "yes"}]
    assert balancer["TagDescriptions"][0]["Tags"] == [{"Key": "live-preview:acceptance", "Value": "yes"}]


def test_the_front_door_has_its_listeners_and_rules(made: tuple[Client, Provisioned]) -> None:
    client, provisioned = made
    elb = client("elbv2")
    door = provisioned
    listeners = elb.describe_listeners(LoadBalancerArn=door.load_balancer)["Listeners"]
    actions = {entry["Protocol"]: entry["DefaultActions"][0] for entry in listeners}
    assert actions["HTTP"]["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert actions["HTTPS"]["FixedResponseConfig"]["StatusCode"] == "404"
    rules = elb.describe_rules(ListenerArn=door.https_listener)["Rules"]
    found = {
        rule["Priority"]: (
            [v for c in rule["Conditions"] for v in c.get("PathPatternConfig", c)["Values"]],
            rule["Actions"][0].get("TargetGroupArn"),
        )
        for rule in rules
    }
    assert {priority: found[priority] for priority in ("30000", "30010", "30020")} == {
        "30000": (["/api/*"], door.session_api_group),
        "30010": (["/hermes/*"], door.hermes_group),
        "30020": (["/session/*"], door.session_api_group),
    }


def test_commands_queue_in_order_with_a_dead_letter_queue(made: tuple[Client, Provisioned]) -> None:
    client, provisioned = made
    sqs = client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=provisioned.queue_url, AttributeNames=["All"])[
        "Attributes"
    ]
    assert (attributes["FifoQueue"], attributes["ContentBasedDeduplication"]) == ("true", "false")
    assert json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"].endswith(
        ":session-commands-dead.fifo"
    )


def test_mail_to_the_platform_goes_to_the_session_api(made: tuple[Client, Provisioned]) -> None:
    client, provisioned = made
    rules = client("ses").describe_active_receipt_rule_set()["Rules"]
    assert [(rule["Recipients"], list(rule["Actions"][0])) for rule in rules] == [
        (["edit.preview.example"], ["SNSAction"]),
        (["example.com", "example.org", "customers.example"], ["S3Action"]),
    ]
    subscriptions = client("sns").list_subscriptions_by_topic(TopicArn=provisioned.topic_arn)["Subscriptions"]
    assert [(entry["Protocol"], entry["Endpoint"]) for entry in subscriptions] == [
        ("lambda", provisioned.session_api_arn)
    ]


def test_tasks_mount_the_workspaces_and_know_their_settings(made: tuple[Client, Provisioned]) -> None:
    client, provisioned = made
    definition = client("ecs").describe_task_definition(taskDefinition="edit")["taskDefinition"]
    container = definition["containerDefinitions"][0]
    environment = {entry["name"]: entry["value"] for entry in container["environment"]}
    assert definition["volumes"][0]["efsVolumeConfiguration"]["fileSystemId"] == provisioned.file_system_id
    assert container["mountPoints"][0]["containerPath"] == "/workspace"
    assert environment["PREVIEW_ORIGIN"] == "https://localhost:4443"
    assert environment["NODE"] == "/n"
    assert "SITE_REMOTE_ROOT" in environment


def test_the_scheduler_reaches_target_groups_and_survives_missing_ones(
    made: tuple[Client, Provisioned],
) -> None:
    client, provisioned = made
    group = provisioned.hermes_group
    elb = client("elbv2")
    targets = TargetGroups(AwsAccess(elb.meta.endpoint_url, KEYS))
    targets.register(group, "127.1.2.3", 8080)
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(entry["Target"]["Id"], entry["Target"]["Port"]) for entry in health] == [("127.1.2.3", 8080)]
    targets.deregister(group, "127.1.2.3", 8080)
    assert elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"] == []
    targets.register(f"{group}0", "127.1.2.3", 8080)
    assert not targets.healthy(f"{group}0", "127.1.2.3", 8080)
