"""Provisioning: the platform of the contract's table, created through boto3 as it would be on AWS, asleep."""

from __future__ import annotations

import functools
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.aws_access import AwsAccess
from sandbox.network import (
    LEAVE,
    Client,
    FrontDoor,
    Network,
    create_file_system,
    create_front_door,
    create_network,
)
from sandbox.settings import REGION, Names, Pace
from sandbox.tables import create_tables

EDIT_MIN, EDIT_MAX = 0, 3
MAX_RECEIVES = 5
SESSION_RULE_PRIORITIES = "1000-29999"
HEALTH_CHECK_INTERVAL_S = 5
ASSUME_ROLE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]},
        }
    ],
}


@dataclass(frozen=True)
class Plan:
    """What the provisioning has to know. `preview_origin` has no trailing slash; `cidr` is the tasks' block."""

    aws: AwsAccess
    names: Names
    pace: Pace
    preview_origin: str
    cidr: str
    container_port: int
    workspaces: Path
    remotes: Path
    edit_environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Provisioned:
    """What was created; `session_api_environment` is the function's environment, without the AWS settings."""

    network: Network
    front_door: FrontDoor
    cluster_arn: str
    queue_url: str
    dead_letter_url: str
    topic_arn: str
    subscription_arn: str
    file_system_id: str
    session_api_arn: str
    session_api_environment: Mapping[str, str]


def provision(plan: Plan) -> Provisioned:
    """Create everything at the AWS API `plan.aws`, with both services at a desired count of 0.

    botocore's ClientError passes through: a half-provisioned platform is of no use.
    """
    client: Client = functools.cache(plan.aws.client)
    names = plan.names
    network = create_network(client, plan.cidr)
    file_system, access_point = create_file_system(client, names, network)
    create_tables(client, names)
    queue_url, dead_letter_url = create_queues(client, names, plan.pace)
    role = client("iam").create_role(
        RoleName="live-preview", AssumeRolePolicyDocument=json.dumps(ASSUME_ROLE)
    )["Role"]["Arn"]
    common = _common_environment(plan, queue_url)
    session_api_environment = {
        **common,
        "HERMES_SERVICE": names.hermes,
        "EDIT_SERVICE": names.edit,
        "MAIL_DOMAIN": names.mail_domain,
    }
    session_api = _create_function(client, names, role, session_api_environment)
    delay_s = math.ceil(plan.pace.deregistration_delay_s)
    front_door = create_front_door(
        client, names, network, plan.container_port, lambda_arn=session_api, deregistration_delay_s=delay_s
    )
    cluster = client("ecs").create_cluster(
        clusterName=names.cluster, tags=[{"key": key, "value": value} for key, value in LEAVE.items()]
    )["cluster"]["clusterArn"]
    hermes = {
        **common,
        "PORT": str(plan.container_port),
        "EDIT_SERVICE": names.edit,
        "HERMES_SERVICE": names.hermes,
        "EDIT_PORT": str(plan.container_port),
        "LISTENER_ARN": front_door.https_listener,
        "VPC_ID": network.vpc_id,
        "RECONCILE_INTERVAL_S": str(plan.pace.reconcile_interval_s),
        "LEASE_S": str(plan.pace.lease_s),
        "HEALTH_CHECK_INTERVAL_S": str(HEALTH_CHECK_INTERVAL_S),
        "DEREGISTRATION_DELAY_S": str(delay_s),
        "SESSION_RULE_PRIORITIES": SESSION_RULE_PRIORITIES,
    }
    edit = {
        **common,
        "PORT": str(plan.container_port),
        "WORKSPACE_ROOT": str(plan.workspaces),
        "SITE_REMOTE_ROOT": str(plan.remotes),
        **plan.edit_environment,
    }
    volume = {
        "name": names.file_system,
        "efsVolumeConfiguration": {
            "fileSystemId": file_system,
            "transitEncryption": "ENABLED",
            "authorizationConfig": {"accessPointId": access_point, "iam": "ENABLED"},
        },
    }
    _register(client, plan, names.hermes, hermes, role=role, volumes=[])
    _register(client, plan, names.edit, edit, role=role, volumes=[volume])
    balancers = [
        {
            "targetGroupArn": front_door.hermes_group,
            "containerName": names.hermes,
            "containerPort": plan.container_port,
        }
    ]
    _create_service(client, names, names.hermes, network, loadBalancers=balancers)
    _create_service(client, names, names.edit, network)
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{names.cluster}/{names.edit}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=EDIT_MIN,
        MaxCapacity=EDIT_MAX,
    )
    topic, subscription = create_mail(client, names, session_api)
    return Provisioned(
        network=network,
        front_door=front_door,
        cluster_arn=cluster,
        queue_url=queue_url,
        dead_letter_url=dead_letter_url,
        topic_arn=topic,
        subscription_arn=subscription,
        file_system_id=file_system,
        session_api_arn=session_api,
        session_api_environment=session_api_environment,
    )


def create_queues(client: Client, names: Names, pace: Pace) -> tuple[str, str]:
    """The command queue and its dead-letter queue: their URLs."""
    sqs = client("sqs")
    dead: str = sqs.create_queue(QueueName=names.dead_letters, Attributes={"FifoQueue": "true"})["QueueUrl"]
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    queue: str = sqs.create_queue(
        QueueName=names.queue,
        Attributes={
            "FifoQueue": "true",
            "ContentBasedDeduplication": "false",
            "VisibilityTimeout": str(math.ceil(pace.visibility_timeout_s)),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": MAX_RECEIVES}),
        },
    )["QueueUrl"]
    return queue, dead


def create_mail(client: Client, names: Names, lambda_arn: str) -> tuple[str, str]:
    """Mail in and out: the inbound topic's ARN and its subscription's."""
    sns, ses, s3 = client("sns"), client("ses"), client("s3")
    topic: str = sns.create_topic(Name=names.topic)["TopicArn"]
    subscription: str = sns.subscribe(
        TopicArn=topic, Protocol="lambda", Endpoint=lambda_arn, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    s3.create_bucket(Bucket=names.customer_bucket)
    for domain in (names.mail_domain, *names.customer_domains):
        ses.verify_domain_identity(Domain=domain)
    ses.verify_email_identity(EmailAddress=names.mail_sender)
    ses.create_receipt_rule_set(RuleSetName="live-preview")
    rules = {
        "edit": ([names.mail_domain], {"SNSAction": {"TopicArn": topic, "Encoding": "UTF-8"}}),
        "customers": (
            list(names.customer_domains),
            {"S3Action": {"BucketName": names.customer_bucket, "ObjectKeyPrefix": names.customer_prefix}},
        ),
    }
    after: dict[str, str] = {}
    for name, (recipients, action) in rules.items():
        rule = {"Name": name, "Enabled": True, "Recipients": recipients, "Actions": [action]}
        ses.create_receipt_rule(RuleSetName="live-preview", Rule=rule, **after)
        after = {"After": name}
    ses.set_active_receipt_rule_set(RuleSetName="live-preview")
    return topic, subscription


def _common_environment(plan: Plan, queue_url: str) -> dict[str, str]:
    return {
        "TABLE_NAME": plan.names.table,
        "CLAIMS_TABLE": plan.names.claims,
        "COMMAND_QUEUE_URL": queue_url,
        "CLUSTER": plan.names.cluster,
        "PREVIEW_ORIGIN": plan.preview_origin,
        "MAIL_FROM": plan.names.mail_sender,
        "IDLE_TIMEOUT_S": str(plan.pace.idle_timeout_s),
        "RECORD_TTL_S": str(int(plan.pace.record_ttl_s)),
    }


def _create_function(client: Client, names: Names, role: str, environment: Mapping[str, str]) -> str:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("README", "The sandbox runs this function from its own source.\n")
    arn: str = client("lambda").create_function(
        FunctionName=names.session_api,
        Runtime="python3.13",
        Role=role,
        Handler="sandbox.services.session_api.handler.handle",
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": dict(environment)},
    )["FunctionArn"]
    return arn


def _register(
    client: Client,
    plan: Plan,
    family: str,
    environment: Mapping[str, str],
    *,
    role: str,
    volumes: list[dict[str, Any]],
) -> None:
    group = f"/ecs/{family}"
    client("logs").create_log_group(logGroupName=group)
    client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="1024",
        memory="2048",
        taskRoleArn=role,
        executionRoleArn=role,
        volumes=volumes,
        containerDefinitions=[
            {
                "name": family,
                "image": f"{family}:latest",
                "essential": True,
                "portMappings": [{"containerPort": plan.container_port, "protocol": "tcp"}],
                "environment": [{"name": name, "value": value} for name, value in environment.items()],
                "mountPoints": [
                    {"sourceVolume": volume["name"], "containerPath": "/workspace"} for volume in volumes
                ],
                "linuxParameters": {"initProcessEnabled": True},
                "stopTimeout": max(2, math.ceil(plan.pace.stop_timeout_s)),
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": group,
                        "awslogs-region": REGION,
                        "awslogs-stream-prefix": "ecs",
                    },
                },
            }
        ],
    )


def _create_service(client: Client, names: Names, family: str, network: Network, **more: Any) -> None:
    client("ecs").create_service(
        cluster=names.cluster,
        serviceName=family,
        taskDefinition=family,
        desiredCount=0,
        launchType="FARGATE",
        enableExecuteCommand=True,
        networkConfiguration=network.configuration(),
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
        **more,
    )
