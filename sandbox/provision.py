"""Provisioning: the platform of the contract's table, asleep, made from the file that makes it on AWS."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.aws_access import AwsAccess
from sandbox.resources import LEFT_OUT, MAKERS, Client
from sandbox.settings import ACCOUNT, IMAGES, REGION, Images, Names, Pace
from sandbox.template import Made, Stack, Template

TEMPLATE = Path(__file__).resolve().parents[1] / "deployments" / "template.yaml"


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
    """What the image of Edit sets on AWS."""
    images: Images = IMAGES


@dataclass(frozen=True)
class Provisioned:
    """What was created; `session_api_environment` is the function's environment, without the AWS settings."""

    load_balancer: str
    https_listener: str
    hermes_group: str
    session_api_group: str
    cluster_arn: str
    queue_url: str
    dead_letter_url: str
    topic_arn: str
    file_system_id: str
    session_api_arn: str
    session_api_environment: Mapping[str, str]


def template() -> Template:
    """deployments/template.yaml, read anew: whoever asks may change what it has."""
    return Template.read(TEMPLATE)


def provision(plan: Plan) -> Provisioned:
    """Create everything at the AWS API `plan.aws`, with both services at a desired count of 0.

    botocore's ClientError passes through: a half-provisioned platform is of no use.
    """
    client: Client = functools.cache(plan.aws.client)
    wanted = template()
    container = wanted.resources["EditTask"]["Properties"]["ContainerDefinitions"][0]
    container["Environment"] += [
        {"Name": name, "Value": value} for name, value in plan.edit_environment.items()
    ]
    stack = Stack(wanted, parameters(plan), functools.partial(make, client))
    for name, resource in wanted.resources.items():
        if resource["Type"] not in LEFT_OUT:
            stack.made(name)
    _as_a_person_does(client, plan.names)
    variables = stack.value(wanted.resources["SessionApi"]["Properties"]["Environment"]["Variables"])
    return Provisioned(
        load_balancer=stack.made("LoadBalancer").ref,
        https_listener=stack.made("HttpsListener").ref,
        hermes_group=stack.made("HermesTargets").ref,
        session_api_group=stack.made("SessionApiTargets").ref,
        cluster_arn=stack.made("Cluster").attributes["Arn"],
        queue_url=stack.made("Commands").ref,
        dead_letter_url=stack.made("DeadLetters").ref,
        topic_arn=stack.made("InboundMail").ref,
        file_system_id=stack.made("Workspaces").ref,
        session_api_arn=stack.made("SessionApi").attributes["Arn"],
        session_api_environment={name: str(value) for name, value in variables.items()},
    )


def make(client: Client, _name: str, kind: str, properties: Mapping[str, Any]) -> Made:
    """A resource of the template. KeyError for a type of which nobody says whether it is made here."""
    return Made("") if kind in LEFT_OUT else MAKERS[kind](client, properties)


def network(cidr: str) -> dict[str, Any]:
    """The parameters that are about the network: two subnets share the block."""
    return {
        "AWS::Region": REGION,
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "VpcCidr": cidr,
        "SubnetBits": 31 - int(cidr.partition("/")[2]),
        # There is nothing but this machine.
        "AssignPublicIp": "DISABLED",
    }


def parameters(plan: Plan) -> dict[str, Any]:
    """The template's parameters on this machine."""
    names, pace = plan.names, plan.pace
    return {
        **network(plan.cidr),
        "PreviewDomain": "localhost",
        "HostedZoneId": "none",
        "MailDomain": names.mail_domain,
        "CustomerDomains": list(names.customer_domains),
        "CustomerBucket": names.customer_bucket,
        "HermesCommand": list(plan.images.hermes),
        "HermesImage": f"{names.hermes}:latest",
        "EditImage": f"{names.edit}:latest",
        "SessionApiImage": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{names.session_api}:latest",
        "PreviewOrigin": plan.preview_origin,
        "WorkspaceRoot": str(plan.workspaces),
        "SiteRemoteRoot": str(plan.remotes),
        "ContainerPort": plan.container_port,
        "IdleTimeoutSeconds": pace.idle_timeout_s,
        "RecordTtlSeconds": int(pace.record_ttl_s),
        "ReconcileIntervalSeconds": pace.reconcile_interval_s,
        "LeaseSeconds": pace.lease_s,
        "VisibilityTimeoutSeconds": math.ceil(pace.visibility_timeout_s),
        "DeregistrationDelaySeconds": math.ceil(pace.deregistration_delay_s),
        "StopTimeoutSeconds": max(2, math.ceil(pace.stop_timeout_s)),
    }


def _as_a_person_does(client: Client, names: Names) -> None:
    """What CloudFormation cannot do, or makes for one domain only."""
    ses = client("ses")
    for domain in names.customer_domains[1:]:
        ses.verify_domain_identity(Domain=domain)
    ses.set_active_receipt_rule_set(RuleSetName="live-preview")
