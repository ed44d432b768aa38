"""The policies allow what the suite's calls need, and nothing else."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import parliament
import pytest

from acceptance.drivers.aws import Clients, action_of
from acceptance.run import sweep
from tests.acceptance.doctor.broken_account import put
from tests.acceptance.doctor.deployment import Deployment
from tests.deployments.operations import Operation, called, methods_of

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ("policy.json", "sweep-policy.json")

OTHERWISE: dict[str, set[str]] = {
    # Whose it is may be asked by any credentials (IAM API, GetCallerIdentity).
    "sts:GetCallerIdentity": set(),
    # It hands the roles of its task definition on, and tags.
    "ecs:RunTask": {"ecs:RunTask", "iam:PassRole", "ecs:TagResource"},
    # A transaction needs what its parts need (DynamoDB guide, "IAM policies with transactions").
    "dynamodb:TransactWriteItems": {"dynamodb:PutItem"},
    # A batch needs what its entries need (SQS guide, "API permissions").
    "sqs:ChangeMessageVisibilityBatch": {"sqs:ChangeMessageVisibility"},
}
"""What calls need of which the action has another name, or more than one."""

OF_TASKS = {
    ("ecs", name) for name in ("DescribeTasks", "StopTask", "GetTaskProtection", "RunTask", "ExecuteCommand")
}
"""What the sweep calls where there are tasks to stop, and workspaces to be seen from a task alone."""

KNOWN = {("RESOURCE_STAR", "['ecs:ListTasks']")}
"""What the lint says and cannot be otherwise: ListTasks is narrowed to a cluster by condition alone."""

WORDS = {
    "cluster",
    "identity",
    "index",
    "log-group",
    "role",
    "service",
    "table",
    "task",
    "task-definition",
    "*",
}
"""What stands in ARNs beside names."""


def statements(policy: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / "deployments" / policy).read_text())["Statement"]
    return found


def listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def allowed(policy: str) -> set[str]:
    return {action for statement in statements(policy) for action in listed(statement["Action"])}


def needed(operations: set[Operation]) -> set[str]:
    """The actions that an account must allow for the calls."""
    session = botocore.session.get_session()
    models = [session.get_service_model(service).operation_model(name) for service, name in operations]
    actions = {action_of(model) for model in models}
    return {one for action in actions for one in OTHERWISE.get(action, {action})}


def test_a_run_is_allowed_what_the_suite_calls_and_nothing_else() -> None:
    files = list((ROOT / "acceptance").rglob("*.py"))
    assert allowed("policy.json") == needed(called(files))


def test_the_sweep_is_allowed_what_it_calls_and_nothing_else(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: set[Operation] = set()
    of: Any = Clients.of

    def recording(clients: Clients, service: str) -> Any:
        client = of(clients, service)
        client.meta.events.register("before-call", lambda model, **_: calls.add((service, model.name)))
        return client

    monkeypatch.setattr(Clients, "of", recording)
    deployment.settings["workspace.mounted_at"] = str(tmp_path)
    deployment.client("ecs").update_service(cluster="live-preview", service="hermes", desiredCount=1)
    mail = b"From: edit@x.example\r\nTo: anna-1125-130000-abcd@customers.example\r\n\r\nLive"
    deployment.client("s3").put_object(Bucket="customer-mail", Key="inbox/1", Body=mail)
    planted = {"S": "test-client-1125-130000-abcd-1"}
    put(deployment, "acme", clientId=planted, plantedByTheSuite={"BOOL": True})
    monkeypatch.setattr(sweep, "standing", lambda *_: deployment.platform())
    assert sweep.main([]) == 0
    assert {("s3", "DeleteObject"), ("ecs", "UpdateService")} <= calls
    assert allowed("sweep-policy.json") == needed(calls | OF_TASKS)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_sound(policy: str) -> None:
    text = (ROOT / "deployments" / policy).read_text()
    findings = parliament.analyze_policy_string(re.sub(r"[<>]", "", text)).findings
    assert {(one.issue, str(one.detail)) for one in findings} <= KNOWN


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_names_what_the_profile_names(policy: str) -> None:
    profile = tomllib.loads((ROOT / "deployments" / "aws.example.toml").read_text())
    names = {part for text in _texts(profile) for part in text.split("/")}
    for arn in (arn for statement in statements(policy) for arn in listed(statement["Resource"])):
        region, account, resource = ["", "", arn] if arn == "*" else arn.split(":", 5)[3:]
        assert {region, account} <= {"", "<us-east-1>", "<111122223333>"}, arn
        parts = {part.removesuffix("-*") for part in re.split("[:/]", resource) if part}
        assert parts - WORDS <= names, arn


def test_a_call_that_cannot_be_told_from_a_file_is_no_call_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "driver.py"
    said: dict[str, Any] = {
        'self._clients.of("ecs").run_task()': {("ecs", "RunTask")},
        'ecs = self._clients.of("ecs")\necs.get_paginator("list_tasks")': {("ecs", "ListTasks")},
        'self._clients.of("ecs").get_paginator(name)': "what does it page through",
        "self._clients.of(service).run_task()": "a client of which service",
        'self._clients.of("ecs").moonwalk()': "has no operation moonwalk",
        'ecs = [self._clients.of("ecs")]\necs[0].run_task()': "on which client is run_task called",
    }
    for text, wanted in said.items():
        file.write_text(text)
        if isinstance(wanted, set):
            assert called([file]) == wanted
        else:
            with pytest.raises(AssertionError, match=wanted):
                called([file])
    assert methods_of("s3")["list_objects_v2"] == "ListObjectsV2"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)
