"""The AWS API is for who has the run's keys: no web page, no other user of the machine, whatever they send."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.aws_access import AwsAccess, Keys
from sandbox.aws_api.server import ControlPlane
from sandbox.settings import REGION

EVIL = "https://evil.example"
# What an attacker's page sent to have a command of its own run on the machine of whoever ran the sandbox.
RUN_TASK = json.dumps(
    {"cluster": "live-preview", "taskDefinition": "edit", "overrides": {"containerOverrides": []}}
)
TARGET = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.RunTask"}
BOGUS = (
    "AWS4-HMAC-SHA256 Credential={id}/20261124/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature="
    + "0" * 64
)


@pytest.fixture(scope="module")
def access() -> Iterator[AwsAccess]:
    """The API of a control plane."""
    control = ControlPlane(Keys.create())
    yield control.access
    control.close()


def ask(
    access: AwsAccess, method: str, path: str, headers: Mapping[str, str], body: str = ""
) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of the answer to exactly this."""
    connection = http.client.HTTPConnection(urlsplit(access.endpoint).netloc, timeout=10)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return (
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            answer.read().decode(),
        )
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("OPTIONS", "/", {"Origin": EVIL, "Access-Control-Request-Method": "POST"}),
        ("POST", "/", {"Origin": EVIL, "Content-Type": "text/plain", **TARGET}),
        ("POST", "/", {"Origin": "null", "Content-Type": "text/plain", **TARGET}),
        ("POST", "/", {"Host": "evil.example", **TARGET}),
        ("POST", "/", {"Content-Type": "text/plain", **TARGET}),
        ("POST", "/moto-api/reset", {}),
        ("GET", "/moto-api/data.json", {}),
        ("GET", "/", {}),
    ],
)
def test_a_web_page_is_refused_and_can_read_nothing(
    access: AwsAccess, method: str, path: str, headers: Mapping[str, str]
) -> None:
    status, answered, _ = ask(access, method, path, headers, RUN_TASK)
    assert status == 403
    assert [name for name in answered if name.startswith("access-control-")] == []


def test_even_a_well_signed_request_of_a_web_page_is_refused(access: AwsAccess) -> None:
    ecs = access.client("ecs")
    for name, value in (("Origin", EVIL), ("Origin", access.endpoint), ("Host", "evil.example")):
        ecs.meta.events.register("before-send.ecs", with_header(name, value), unique_id="page")
        with pytest.raises(ClientError, match="403"):
            ecs.list_clusters()
        ecs.meta.events.unregister("before-send.ecs", unique_id="page")
    assert ecs.list_clusters()["clusterArns"] == []


def with_header(name: str, value: str) -> Callable[..., None]:
    """Puts a header into a request that is signed already."""

    def put(request: Any, **_: object) -> None:
        request.headers[name] = value

    return put


@pytest.mark.parametrize("given", ["sandbox", "{id}"])
def test_an_invented_signature_is_refused(access: AwsAccess, given: str) -> None:
    authorization = BOGUS.format(id=given.format(id=access.keys.id))
    headers = {"Authorization": authorization, "X-Amz-Date": "20261124T210304Z", **TARGET}
    status, answered, body = ask(access, "POST", "/", headers, RUN_TASK)
    assert (status, answered["x-amzn-errortype"]) == (
        403,
        "UnrecognizedClientException" if given == "sandbox" else "InvalidSignatureException",
    )
    assert access.keys.id not in body
    assert access.keys.secret not in body


def other(access: AwsAccess, service: str, *, key: str, secret: str) -> Any:
    """A client with these keys."""
    return boto3.client(
        service, REGION, endpoint_url=access.endpoint, aws_access_key_id=key, aws_secret_access_key=secret
    )


CALLS: dict[str, Callable[[Any], object]] = {
    "ecs": lambda client: client.list_clusters(),
    "sts": lambda client: client.get_caller_identity(),
    "efs": lambda client: client.describe_file_systems(),
    "s3": lambda client: client.list_buckets(),
}


@pytest.mark.parametrize(
    ("service", "wrong_key", "wrong_secret"),
    [
        ("ecs", "UnrecognizedClientException", "InvalidSignatureException"),
        ("sts", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("efs", "UnrecognizedClientException", "InvalidSignatureException"),
        ("s3", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    ],
)
def test_wrong_keys_are_refused_in_the_services_own_words(
    access: AwsAccess, service: str, wrong_key: str, wrong_secret: str
) -> None:
    for key, secret, code in (
        ("sandbox", access.keys.secret, wrong_key),
        (access.keys.id, "sandbox", wrong_secret),
    ):
        with pytest.raises(ClientError) as refused:
            CALLS[service](other(access, service, key=key, secret=secret))
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_body_that_is_not_the_signed_one_is_refused(access: AwsAccess) -> None:
    def swap(request: Any, **_: object) -> None:
        request.body = request.body.replace(b"mine", b"evil")

    ecs, s3 = access.client("ecs"), access.client("s3")
    s3.create_bucket(Bucket="tagged")
    for client in (ecs, s3):
        client.meta.events.register("before-send", swap)
    with pytest.raises(ClientError, match="InvalidSignature"):
        ecs.create_cluster(clusterName="mine")
    assert access.client("ecs").list_clusters()["clusterArns"] == []
    # S3's clients say in a signed header which body is meant.
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3.put_bucket_tagging(Bucket="tagged", Tagging={"TagSet": [{"Key": "owner", "Value": "mine"}]})


def test_every_kind_of_request_that_is_signed_is_served(access: AwsAccess) -> None:
    """Query, JSON and REST protocols; S3 with odd keys, checksums and queries."""
    for service, call in CALLS.items():
        call(access.client(service))
    s3 = access.client("s3")
    s3.create_bucket(Bucket="mail")
    for key in ("inbox/a b+c&d=e/ü.eml", "inbox//two", "inbox/%41"):
        s3.put_object(Bucket="mail", Key=key, Body=b"hello", Metadata={"one": "two  three"})
        assert s3.get_object(Bucket="mail", Key=key)["Body"].read() == b"hello"
    listed = s3.list_objects_v2(Bucket="mail", Prefix="inbox/a b+c&d=e/")
    assert [entry["Key"] for entry in listed["Contents"]] == ["inbox/a b+c&d=e/ü.eml"]
    logs = access.client("logs")
    logs.create_log_group(logGroupName="/ecs/edit")
    logs.create_log_stream(logGroupName="/ecs/edit", logStreamName="ä/b")
    assert access.client("lambda").list_functions()["Functions"] == []


def test_keys_differ_from_run_to_run_and_are_no_part_of_each_other() -> None:
    made = [Keys.create() for _ in range(50)]
    assert len({keys.id for keys in made}) == len({keys.secret for keys in made}) == 50
    assert all(len(keys.id) == 20 and len(keys.secret) == 40 for keys in made)
