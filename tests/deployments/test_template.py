"""The template is the contract's deployment: its names, its roles, and nothing that the sandbox passes over unsaid."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.session
import parliament
import pytest

from sandbox.provision import network, template
from sandbox.resources import LEFT_OUT, MAKERS, shaped
from sandbox.template import Made, Stack, Template
from tests.deployments.operations import called
from tests.deployments.test_policy import KNOWN, listed, needed

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "sandbox" / "services"
SHARED = ("mail", "records")
"""Files that services have in common and that call AWS."""
SHELL = {
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
"""What ECS Exec needs of a task's role (ECS guide, "ECS Exec permissions")."""
BESIDE: Mapping[str, set[str]] = {
    "session_api": set(),
    "hermes": SHELL,
    "edit": SHELL | {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"},
}
"""What a service's role needs that its code does not call."""
ROLES = {"session_api": "SessionApiRole", "hermes": "HermesRole", "edit": "EditRole"}


def files_of(service: str) -> list[Path]:
    """A service's own files, and those that it shares and imports."""
    own = sorted((SERVICES / service).rglob("*.py"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in own)
    return own + [SERVICES / f"{name}.py" for name in SHARED if f"from sandbox.services.{name} " in text]


def statements(role: str) -> list[dict[str, Any]]:
    """What a role of the template may do, with made-up ARNs."""

    def arn(name: str, kind: str, _properties: Mapping[str, Any]) -> Made:
        service = {"ElasticLoadBalancingV2": "elasticloadbalancing", "EFS": "elasticfilesystem"}.get(
            kind.split("::")[1], kind.split("::")[1].lower()
        )
        made = f"arn:aws:{service}:us-east-1:123456789012:{WHAT.get(name, name)}"
        ref = made if service == "elasticloadbalancing" else name.lower()
        return Made(ref, {"Arn": made, "GroupId": "sg-1"})

    given = {**network("10.0.0.0/24"), "PreviewDomain": "preview.example.org", "HostedZoneId": "Z1"}
    whole = template()
    policies = Stack(whole, given, arn).value(whole.resources[role]["Properties"]["Policies"])
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


WHAT = {
    "ClaimsTable": "table/claims",
    "Cluster": "cluster/live-preview",
    "Commands": "session-commands.fifo",
    "HttpsListener": "listener/app/live-preview-alb/1/2",
    "SessionTable": "table/edit-sessions",
    "Workspaces": "file-system/fs-1",
    "WorkspacesOfEdit": "access-point/fsap-1",
}


@pytest.mark.parametrize("service", ROLES)
def test_a_service_may_do_what_it_calls_and_nothing_else(service: str) -> None:
    allowed = {action for one in statements(ROLES[service]) for action in listed(one["Action"])}
    assert allowed == needed(called(files_of(service))) | BESIDE[service]


@pytest.mark.parametrize("role", ROLES.values())
def test_a_role_is_sound(role: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements(role)}
    findings = parliament.analyze_policy_string(json.dumps(policy)).findings
    assert [
        one for one in findings if (one.issue, str(one.detail)) not in KNOWN and not about_others(one)
    ] == []


def about_others(finding: Any) -> bool:
    """Whether the lint asks for rules of network load balancers, too: the platform has none."""
    return finding.issue == "RESOURCE_MISMATCH" and all(
        "/net/" in one["required_format"] for one in finding.detail
    )


def test_the_sandbox_makes_all_of_it_or_says_why_not() -> None:
    assert {one["Type"] for one in template().resources.values()} == MAKERS.keys() | LEFT_OUT.keys()
    assert not MAKERS.keys() & LEFT_OUT.keys()


def test_its_names_are_those_of_the_example_profile() -> None:
    profile = tomllib.loads((ROOT / "deployments" / "aws.example.toml").read_text())
    made = {name: one["Properties"] for name, one in template().resources.items() if "Properties" in one}
    found = {
        "load_balancer": made["LoadBalancer"]["Name"],
        "cluster": f"<{made['Cluster']['ClusterName']}>",
        "hermes": made["HermesService"]["ServiceName"],
        "edit": made["EditService"]["ServiceName"],
        "hermes_container": made["HermesTask"]["ContainerDefinitions"][0]["Name"],
        "edit_container": made["EditTask"]["ContainerDefinitions"][0]["Name"],
        "table": made["SessionTable"]["TableName"],
        "client_index": made["SessionTable"]["GlobalSecondaryIndexes"][0]["IndexName"],
        "queue": made["Commands"]["QueueName"],
        "dead_letters": f"<{made['DeadLetters']['QueueName']}>",
    }
    assert found == profile["names"]
    assert [made[log]["LogGroupName"] for log in ("HermesLog", "EditLog")] == profile["logs"]["groups"]
    assert template().defaults["IdleTimeoutSeconds"] == profile["timing"]["idle_timeout_s"]
    assert template().defaults["WorkspaceRoot"] == profile["workspace"]["root"]


def test_a_resource_is_made_after_what_it_needs_and_once(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(
        "Parameters: {Block: {Default: 10.0.0.0/16}, Host: {Type: String}}\n"
        "Resources:\n"
        "  Last: {Type: A, DependsOn: First, Properties: {Of: !Sub 'x/${Second.Arn}/${Host}/$1'}}\n"
        "  First: {Type: B, Properties: {In: !Select [1, !Cidr [!Ref Block, 2, 8]]}}\n"
        "  Second: {Type: C, Properties: {Of: [!Ref First]}}\n"
    )
    seen: list[tuple[str, str, object]] = []

    def make(name: str, kind: str, properties: Mapping[str, Any]) -> Made:
        seen.append((name, kind, dict(properties)))
        return Made(f"{name}-1", {"Arn": f"arn-{name}"})

    stack = Stack(Template.read(tmp_path / "small.yaml"), {"Host": "example.org"}, make)
    assert stack.made("Last") is stack.made("Last")
    assert seen == [
        ("First", "B", {"In": "10.0.1.0/24"}),
        ("Second", "C", {"Of": ["First-1"]}),
        ("Last", "A", {"Of": "x/arn-Second/example.org/$1"}),
    ]


def test_a_property_becomes_the_apis_parameter_or_is_refused() -> None:
    ecs = botocore.session.get_session().get_service_model("ecs")
    shape = ecs.operation_model("RegisterTaskDefinition").input_shape
    assert shape is not None
    volume = {"Name": "w", "EFSVolumeConfiguration": {"FilesystemId": "fs-1"}}
    container = {"Environment": [{"Name": "PORT", "Value": 80}], "StopTimeout": "5"}
    assert shaped(shape, {"Family": "edit", "Volumes": [volume], "ContainerDefinitions": [container]}) == {
        "family": "edit",
        "volumes": [{"name": "w", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
        "containerDefinitions": [{"environment": [{"name": "PORT", "value": "80"}], "stopTimeout": 5}],
    }
    with pytest.raises(ValueError, match="RegisterTaskDefinitionRequest has no Familie"):
        shaped(shape, {"Familie": "edit"})
