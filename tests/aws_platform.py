"""moto in this process, with the table, the queue and the listener that the platform has on AWS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

PATIENCE_S = 10.0


def create_table(name: str) -> str:
    """A session table with both indexes."""
    names = ("sessionId", "userId", "clientId", "status", "lastActivityAt")

    def keys(first: str, second: str) -> list[dict[str, str]]:
        return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]

    boto3.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in names],
        KeySchema=keys("sessionId", "userId"),
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
            for index, schema in (
                ("clientId-status-index", keys("clientId", "status")),
                ("status-lastActivityAt-index", keys("status", "lastActivityAt")),
            )
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def create_claims(name: str) -> str:
    """A table of claims."""
    boto3.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def create_queue(name: str) -> str:
    """A command queue with a short visibility timeout."""
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "1"}
    return str(boto3.client("sqs").create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"])


def create_listener(name: str) -> tuple[str, str]:
    """A load balancer's listener in a network of its own: (VPC id, listener ARN)."""
    ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}")[
            "Subnet"
        ]
        for n, z in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets])
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    return str(vpc_id), str(listener["Listeners"][0]["ListenerArn"])


@contextlib.contextmanager
def aws() -> Iterator[str]:
    """A moto server that boto3 clients made meanwhile use; its URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            yield url
        finally:
            server.stop()
