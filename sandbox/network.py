"""The part of the provisioning that is network: VPC, file system, load balancer and its rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.settings import REGION, Names

# A service's name -> its boto3 client.
Client = Callable[[str], Any]

NOT_FOUND_PAGE = "<!doctype html><title>Not found</title><h1>Not found</h1><p>Nothing is served here.</p>"
LEAVE = {"live-preview:acceptance": "yes"}
"""The tag that says that an acceptance suite may stop and start what is here: it is nobody's production."""

RULES = {30000: "/api/*", 30010: "/hermes/*", 30020: "/session/*"}


@dataclass(frozen=True)
class Network:
    """Where the platform lives."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group_id: str

    def configuration(self) -> dict[str, Any]:
        """`networkConfiguration` of services and RunTask, in boto3's spelling."""
        return {
            "awsvpcConfiguration": {
                "subnets": list(self.subnet_ids),
                "securityGroups": [self.security_group_id],
                "assignPublicIp": "DISABLED",
            }
        }


@dataclass(frozen=True)
class FrontDoor:
    """ARNs of the load balancer and what hangs on it."""

    load_balancer: str
    https_listener: str
    hermes_group: str
    session_api_group: str


def create_network(client: Client, cidr: str) -> Network:
    """A VPC on the tasks' own block of addresses, with two subnets and a security group."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    halves = ipaddress.ip_network(cidr).subnets()
    subnets = tuple(
        ec2.create_subnet(VpcId=vpc, CidrBlock=str(half), AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for half, zone in zip(halves, "ab", strict=True)
    )
    group = ec2.create_security_group(GroupName="live-preview", Description="Live preview tasks", VpcId=vpc)
    return Network(vpc, subnets, group["GroupId"])


def create_file_system(client: Client, names: Names, network: Network) -> tuple[str, str]:
    """The workspaces' file system: its id and its access point's."""
    efs = client("efs")
    tags = [{"Key": "Name", "Value": names.file_system}]
    file_system = efs.create_file_system(CreationToken=names.file_system, Encrypted=True, Tags=tags)[
        "FileSystemId"
    ]
    access_point = efs.create_access_point(
        ClientToken=names.file_system,
        FileSystemId=file_system,
        PosixUser={"Uid": 1000, "Gid": 1000},
        RootDirectory={
            "Path": "/workspace",
            "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0750"},
        },
    )["AccessPointId"]
    for subnet in network.subnet_ids:
        efs.create_mount_target(
            FileSystemId=file_system, SubnetId=subnet, SecurityGroups=[network.security_group_id]
        )
    return file_system, access_point


def create_front_door(
    client: Client,
    names: Names,
    network: Network,
    container_port: int,
    *,
    lambda_arn: str,
    deregistration_delay_s: int,
) -> FrontDoor:
    """The load balancer with both listeners, the target groups of Hermes and the session API, and their rules."""
    elb = client("elbv2")
    balancer = elb.create_load_balancer(
        Name=names.load_balancer,
        Subnets=list(network.subnet_ids),
        SecurityGroups=[network.security_group_id],
        Scheme="internet-facing",
        Type="application",
        Tags=[{"Key": key, "Value": value} for key, value in LEAVE.items()],
    )["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[
            {
                "Type": "redirect",
                "RedirectConfig": {
                    "Protocol": "HTTPS",
                    "Port": "443",
                    "Host": "#{host}",
                    "Path": "/#{path}",
                    "Query": "#{query}",
                    "StatusCode": "HTTP_301",
                },
            }
        ],
    )
    certificate = client("acm").request_certificate(DomainName="localhost")["CertificateArn"]
    https = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        # What Envoy serves by default: TLS 1.2 and 1.3.
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        DefaultActions=[
            {
                "Type": "fixed-response",
                "FixedResponseConfig": {
                    "StatusCode": "404",
                    "ContentType": "text/html",
                    "MessageBody": NOT_FOUND_PAGE,
                },
            }
        ],
    )["Listeners"][0]["ListenerArn"]
    hermes = _hermes_group(elb, names, network, container_port, deregistration_delay_s)
    session_api = _lambda_group(elb, names, lambda_arn)
    for priority, pattern in RULES.items():
        elb.create_rule(
            ListenerArn=https,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [pattern]}}],
            Actions=[
                {"Type": "forward", "TargetGroupArn": hermes if pattern == "/hermes/*" else session_api}
            ],
        )
    return FrontDoor(balancer, https, hermes, session_api)


def _hermes_group(elb: Any, names: Names, network: Network, container_port: int, delay_s: int) -> str:
    group: str = elb.create_target_group(
        Name=names.hermes,
        Protocol="HTTP",
        Port=container_port,
        VpcId=network.vpc_id,
        TargetType="ip",
        HealthCheckPath="/hermes/health",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
        Matcher={"HttpCode": "200"},
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=group,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay_s)}],
    )
    return group


def _lambda_group(elb: Any, names: Names, lambda_arn: str) -> str:
    group: str = elb.create_target_group(Name=names.session_api, TargetType="lambda")["TargetGroups"][0][
        "TargetGroupArn"
    ]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": lambda_arn}])
    return group
