"""Every answer that the suite and the platform get from the sandbox's AWS API is one that AWS could give.

A whole sandbox runs, with scenarios that make its parts and the suite ask for everything that they ever ask for.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from acceptance.config.sections import Aws
from acceptance.drivers.aws import Clients
from sandbox import settings
from sandbox.endpoints import RUN, Endpoints
from sandbox.host.parts import Parts
from sandbox.platform import Platform
from tests.sandbox.aws_api.answer_recorder import APIS, Answer, model, recorded
from tests.sandbox.aws_api.answer_shapes import problems, refusal_problems

PROJECT = Path(__file__).resolve().parents[3]
SCENARIOS_S = 500
SCENARIOS = (
    "An email does what a request does, and is answered in its thread",
    "A request that a client repeats makes one session",
    "Every instruction is one commit of its own files, pushed to the site's remote",
    "Instructions are carried out exactly once although Hermes dies among them",
    "Two Hermes tasks at once do no work twice",
    "Ending one session disturbs no other",
)
# Where somebody asks AWS for something.
CALLERS = (
    "drivers",
    "steps",
    "sandbox/services",
    "sandbox/provision.py",
    "sandbox/resources.py",
    "sandbox/ecs/targets.py",
)
# Methods of ours that are called as an operation of AWS is.
OWN_METHODS = {"publish"}

# What AWS never leaves out, beyond what the model calls required: the examples of the AWS CLI's reference for the
# describing command of each, and for ECS on Fargate the guide's "Task metadata" and "Service definition" pages.
ALWAYS: Mapping[tuple[str, str], frozenset[str]] = {
    (api, shape): frozenset(members.split())
    for api, shape, members in (
        ("application-autoscaling", "ScalableTarget", "SuspendedState ScalableTargetARN"),
        ("dynamodb", "TableDescription", "TableName TableStatus KeySchema CreationDateTime TableArn TableId"),
        (
            "ecs",
            "Service",
            "serviceArn serviceName clusterArn status desiredCount runningCount pendingCount taskDefinition launchType "
            "platformVersion platformFamily loadBalancers serviceRegistries deploymentConfiguration deployments events "
            "createdAt networkConfiguration placementConstraints placementStrategy schedulingStrategy "
            "enableECSManagedTags propagateTags enableExecuteCommand",
        ),
        (
            "ecs",
            "Deployment",
            "id status taskDefinition desiredCount pendingCount runningCount failedTasks createdAt updatedAt "
            "launchType platformVersion platformFamily networkConfiguration rolloutState rolloutStateReason",
        ),
        ("ecs", "ServiceEvent", "id createdAt message"),
        (
            "ecs",
            "Task",
            "taskArn clusterArn taskDefinitionArn group launchType platformVersion platformFamily availabilityZone "
            "desiredStatus lastStatus healthStatus createdAt cpu memory containers attachments overrides version "
            "enableExecuteCommand attributes inferenceAccelerators ephemeralStorage",
        ),
        ("ecs", "Container", "containerArn taskArn name image lastStatus networkInterfaces healthStatus cpu"),
        ("ecs", "Attachment", "id type status details"),
        ("ecs", "DescribeServicesResponse", "services failures"),
        ("ecs", "DescribeTasksResponse", "tasks failures"),
        ("ecs", "ListTasksResponse", "taskArns"),
        ("ecs", "RunTaskResponse", "tasks failures"),
        ("elbv2", "Listener", "ListenerArn LoadBalancerArn Port Protocol DefaultActions"),
        (
            "elbv2",
            "LoadBalancer",
            "LoadBalancerArn DNSName CanonicalHostedZoneId CreatedTime LoadBalancerName Scheme VpcId State Type "
            "AvailabilityZones SecurityGroups IpAddressType",
        ),
        ("elbv2", "Rule", "RuleArn Priority Conditions Actions IsDefault"),
        ("elbv2", "Action", "Type"),
        (
            "elbv2",
            "TargetGroup",
            "TargetGroupArn TargetGroupName HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckTimeoutSeconds "
            "HealthyThresholdCount UnhealthyThresholdCount TargetType IpAddressType",
        ),
        ("elbv2", "TargetHealthDescription", "Target TargetHealth"),
        ("elbv2", "TargetHealth", "State"),
        ("logs", "FilteredLogEvent", "logStreamName timestamp message ingestionTime eventId"),
        ("s3", "Object", "Key LastModified ETag Size StorageClass"),
        ("sqs", "Message", "MessageId ReceiptHandle MD5OfBody Body"),
        ("sqs", "SendMessageResult", "MessageId MD5OfMessageBody SequenceNumber"),
    )
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    with recorded() as heard:
        platform = Platform(
            settings.INSTANT,
            images=settings.IMAGES,
            names=settings.Names(),
            parts=Parts(),
            progress=lambda _line: None,
        )
        try:
            endpoints = platform.start(None, RUN)
            assert endpoints is not None
            run_scenarios(endpoints, tmp_path_factory.mktemp("run"))
            ask_for_more(endpoints)
            # Not what is answered while everything is taken apart.
            found = list(heard)
        finally:
            platform.stop()
    return found


def run_scenarios(endpoints: Endpoints, folder: Path) -> None:
    """Have the suite judge the sandbox by `SCENARIOS`; what it says when it does not pass."""
    names = [part for name in SCENARIOS for part in ("--name", f"^{name}$")]
    command = [
        sys.executable,
        "-m",
        "behave",
        "-D",
        f"sandbox={endpoints.info_url}",
        "-D",
        f"reports={folder}",
        *names,
    ]
    run = subprocess.run(
        command,
        cwd=PROJECT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=SCENARIOS_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]


def ask_for_more(endpoints: Endpoints) -> None:
    """What is asked for only when something went wrong, and what others ask for who look at the platform."""
    clients: Any = Clients(
        Aws(endpoints.region, endpoints.aws_endpoint, endpoints.access_key, endpoints.secret_key)
    )
    names = settings.Names()
    since = datetime.now(UTC) - timedelta(hours=1)
    pages = clients.of("logs").get_paginator("filter_log_events")
    for family in (names.hermes, names.edit):
        list(pages.paginate(logGroupName=f"/ecs/{family}", startTime=int(since.timestamp() * 1000)))
    clients.of("ec2").describe_network_interfaces()
    clients.of("efs").describe_file_systems()
    clients.of("efs").describe_mount_targets(
        FileSystemId=clients.of("efs").describe_file_systems()["FileSystems"][0]["FileSystemId"]
    )
    clients.of("application-autoscaling").describe_scaling_activities(ServiceNamespace="ecs")
    clients.of("ses").get_send_quota()
    clients.of("ecs").describe_clusters(clusters=[names.cluster])
    clients.of("ecs").describe_task_definition(taskDefinition=names.edit)
    clients.of("dynamodb").describe_table(TableName=names.table)
    clients.of("lambda").get_function(FunctionName=names.session_api)
    elb = clients.of("elbv2")
    balancer = elb.describe_load_balancers(Names=[names.load_balancer])["LoadBalancers"][0]["LoadBalancerArn"]
    elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)
    for group in elb.describe_target_groups()["TargetGroups"]:
        elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
    cloudwatch, span = clients.of("cloudwatch"), {"StartTime": since, "EndTime": datetime.now(UTC)}
    for metric in cloudwatch.list_metrics()["Metrics"]:
        cloudwatch.get_metric_statistics(**metric, **span, Period=60, Statistics=["Average", "Sum"])
        query = {"Id": "one", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}
        cloudwatch.get_metric_data(**span, MetricDataQueries=[query])


def test_every_answer_is_one_that_aws_could_give(answers: list[Answer]) -> None:
    wrong = {
        f"{'.'.join(answer.name)}: {problem}"
        for answer in answers
        for problem in (
            problems(answer.operation, answer.body, ALWAYS)
            if answer.status < 300
            else refusal_problems(answer.operation, answer.status, answer.body)
        )
    }
    assert not wrong, "\n".join(["not as AWS answers:", *sorted(wrong)])


def test_every_operation_that_is_called_anywhere_was_answered(answers: list[Answer]) -> None:
    """A call that is new in the code needs a scenario here, or is asked for in `ask_for_more`."""
    answered = {xform_name(answer.name[1]) for answer in answers if answer.status < 300}
    called = called_operations()
    assert len(called) > 40, "these must be found, or this test shows nothing"
    assert {name: where for name, where in called.items() if name not in answered} == {}


@cache
def called_operations() -> dict[str, str]:
    """The operations of AWS that the code names, as boto3 does, each with a file that does so."""
    known = {xform_name(name) for api in APIS for name in model(api).operation_names}
    files = [
        file
        for caller in CALLERS
        for file in (
            [PROJECT / caller] if caller.endswith(".py") else sorted((PROJECT / caller).rglob("*.py"))
        )
    ]
    return {
        name: str(file.relative_to(PROJECT))
        for file in files
        for name in named_in(ast.parse(file.read_text(encoding="utf-8"))) & known - OWN_METHODS
    }


def named_in(tree: ast.AST) -> set[str]:
    """The attributes that are looked up in a module, and the texts that it gives to calls: an operation is either."""
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    given = [argument for node in ast.walk(tree) if isinstance(node, ast.Call) for argument in node.args]
    return names | {a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)}
