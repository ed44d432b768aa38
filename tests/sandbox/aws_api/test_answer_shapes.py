"""What is no answer of AWS is told: the walk along botocore's shapes sees each kind of flaw."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws_api.answer_recorder import model, operation_of
from tests.sandbox.aws_api.answer_shapes import problems, refusal_problems

ALWAYS = {
    ("ecs", "Service"): frozenset({"serviceArn"}),
    ("elbv2", "TargetGroup"): frozenset({"TargetGroupArn"}),
}
SERVICE = {
    "serviceArn": "arn",
    "desiredCount": 1,
    "launchType": "FARGATE",
    "createdAt": 1_700_000_000.5,
    "enableExecuteCommand": True,
}
GROUP = "<TargetGroupArn>arn</TargetGroupArn>"


def of_ecs(**changes: Any) -> list[str]:
    service = {key: value for key, value in (SERVICE | changes).items() if value != "ABSENT"}
    body = json.dumps({"services": [service], "failures": []}).encode()
    return list(problems(model("ecs").operation_model("DescribeServices"), body, ALWAYS))


def of_elb(inner: str, result: str = "DescribeTargetGroupsResult") -> list[str]:
    body = (
        f'<R xmlns="urn:x"><{result}><TargetGroups><member>{inner}</member></TargetGroups></{result}>'
        "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></R>"
    )
    return list(problems(model("elbv2").operation_model("DescribeTargetGroups"), body.encode(), ALWAYS))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"serviceArn": "ABSENT"}, "always has, found no serviceArn"),
        ({"desiredCount": "1"}, "desiredCount: expected integer, found '1'"),
        ({"desiredCount": True}, "desiredCount: expected integer, found True"),
        ({"launchType": "MOON"}, "launchType: expected one of EC2, FARGATE"),
        ({"createdAt": "2026-01-01T00:00:00Z"}, "createdAt: expected epoch seconds"),
        ({"enableExecuteCommand": "true"}, "enableExecuteCommand: expected a boolean"),
        ({"roleArn": None}, "roleArn: expected string, or nothing at all, found null"),
        ({"mood": "good"}, "expected members of Service, found mood"),
        ({"events": {}}, "events: expected a list, found {}"),
        ({"deploymentConfiguration": []}, "deploymentConfiguration: expected a structure, found []"),
    ],
)
def test_a_flaw_of_a_json_answer_is_told(changes: dict[str, Any], told: str) -> None:
    assert of_ecs() == []
    (problem,) = of_ecs(**changes)
    assert told in problem


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ("", "always has, found no TargetGroupArn"),
        (f"{GROUP}<Port>80.0</Port>", "Port: expected integer, found '80.0'"),
        (f"{GROUP}<HealthCheckEnabled>True</HealthCheckEnabled>", "HealthCheckEnabled: expected boolean"),
        (f"{GROUP}<TargetType>moon</TargetType>", "TargetType: expected one of instance, ip"),
        (f"{GROUP}<Mood>good</Mood>", "expected members of TargetGroup, found Mood"),
        (
            f"{GROUP}<LoadBalancerArns><item>arn</item></LoadBalancerArns>",
            "expected elements member, found item",
        ),
    ],
)
def test_a_flaw_of_an_xml_answer_is_told(inner: str, told: str) -> None:
    assert of_elb(f"{GROUP}<Port>80</Port><HealthCheckEnabled>true</HealthCheckEnabled>") == []
    (problem,) = of_elb(inner)
    assert told in problem


def test_an_answer_to_something_else_is_told() -> None:
    (problem,) = of_elb(GROUP, "DescribeRulesResult")
    assert "expected an element DescribeTargetGroupsResult" in problem


def test_a_moment_without_its_zone_is_told() -> None:
    operation = model("elbv2").operation_model("DescribeLoadBalancers")

    def created(moment: str) -> list[str]:
        inner = f"<LoadBalancers><member><CreatedTime>{moment}</CreatedTime></member></LoadBalancers>"
        result = f"<R><DescribeLoadBalancersResult>{inner}</DescribeLoadBalancersResult></R>"
        return list(problems(operation, result.encode(), ALWAYS))

    assert created("2026-01-01T00:00:00.123Z") == []
    (problem,) = created("2026-01-01T00:00:00")
    assert "expected an ISO 8601 time in UTC" in problem


@pytest.mark.parametrize(
    ("scope", "request_line", "more", "body", "operation"),
    [
        ("ecs", "POST /", "AmazonEC2ContainerServiceV20141113.ListTasks", "", ("ecs", "ListTasks")),
        ("ses", "POST /", "", "Action=SendRawEmail&Version=1", ("ses", "SendRawEmail")),
        ("ses", "POST /v2/email/outbound-emails", "", "{}", ("sesv2", "SendEmail")),
        ("s3", "GET /bucket?list-type=2&prefix=in", "", "", ("s3", "ListObjectsV2")),
        ("s3", "GET /bucket/in/one", "", "", ("s3", "GetObject")),
        ("lambda", "POST /2015-03-31/functions/f/invocations", "", "{}", ("lambda", "Invoke")),
    ],
)
def test_an_operation_is_known_by_its_request(
    scope: str, request_line: str, more: str, body: str, operation: tuple[str, str]
) -> None:
    method, _, target = request_line.partition(" ")
    path, _, query = target.partition("?")
    environ = {
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/{scope}/aws4_request, S=1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        **({"HTTP_X_AMZ_TARGET": more} if more else {}),
    }
    found = operation_of(environ, body.encode())
    assert found is not None
    assert (found.service_model.service_name, found.name) == operation


@pytest.mark.parametrize(
    ("operation", "status", "body", "told"),
    [
        (("dynamodb", "PutItem"), 400, '{"__type": "a#ConditionalCheckFailedException"}', []),
        (("elbv2", "DeleteRule"), 400, "<E><Error><Code>RuleNotFound</Code></Error></E>", []),
        (("dynamodb", "PutItem"), 400, '{"__type": "a#Moonshine"}', ["found 'Moonshine'"]),
        (("elbv2", "DeleteRule"), 500, "", ["expected a refusal with 4xx, found 500", "found ''"]),
    ],
)
def test_a_refusal_that_aws_does_not_know_is_told(
    operation: tuple[str, str], status: int, body: str, told: list[str]
) -> None:
    api, name = operation
    found = list(refusal_problems(model(api).operation_model(name), status, body.encode()))
    assert len(found) == len(told)
    assert all(words in problem for words, problem in zip(told, found, strict=True))
