"""EC2 knows the network interfaces of tasks and mount targets; EFS knows how much lies in a file system."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws_api import file_systems
from sandbox.aws_api.file_systems import metered_bytes
from sandbox.settings import Images
from tests.sandbox.ecs.ecs_stand import CLUSTER, SLEEPER, Stand


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspaces")


@pytest.fixture(scope="module")
def stand(root: Path) -> Iterator[Stand]:
    stand = Stand(Images(hermes=SLEEPER, edit=SLEEPER))
    uninstall = file_systems.install(root)
    for target in ("WorkspacesInA", "WorkspacesInB"):
        stand.resources.made(target)
    stand.create_service("edit", 0)
    yield stand
    uninstall()
    stand.close()


def attachment(stand: Stand, arn: str) -> dict[str, str]:
    (task,) = stand.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"]
    return {entry["name"]: entry["value"] for entry in task["attachments"][0]["details"]}


def interface(stand: Stand, identifier: str) -> dict[str, Any]:
    answer = stand.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[identifier])
    found: dict[str, Any] = answer["NetworkInterfaces"][0]
    return found


def test_a_tasks_interface_is_there_as_long_as_the_task(stand: Stand) -> None:
    stand.scale("edit", 1)
    (task,) = stand.until_running("edit", 1)
    told = attachment(stand, task.arn)
    found = interface(stand, told["networkInterfaceId"])
    assert (found["Status"], found["RequesterManaged"]) == ("in-use", True)
    assert {
        "networkInterfaceId": found["NetworkInterfaceId"],
        "subnetId": found["SubnetId"],
        "macAddress": found["MacAddress"],
        "privateDnsName": found["PrivateDnsName"],
        "privateIPv4Address": found["PrivateIpAddress"],
    } == told
    assert found["Description"].endswith(f":attachment/{task.attachment_id}")
    assert found["Attachment"]["Status"] == "attached"
    assert [group["GroupId"] for group in found["Groups"]] == stand.network["awsvpcConfiguration"][
        "securityGroups"
    ]
    assert interface(stand, told["networkInterfaceId"]) == found
    stand.scale("edit", 0)
    stand.until(lambda: task.last_status == "STOPPED", "the task to end")
    with pytest.raises(ClientError) as caught:
        interface(stand, told["networkInterfaceId"])
    assert caught.value.response["Error"]["Code"] == "InvalidNetworkInterfaceID.NotFound"


def test_a_task_lies_in_the_subnet_that_it_tells_and_shares_its_address_with_nobody(stand: Stand) -> None:
    stand.scale("edit", 2)
    stand.until_running("edit", 2)
    ec2 = stand.client("ec2")
    found = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert len(found) == 4, "two of tasks, two of mount targets"
    assert len({entry["PrivateIpAddress"] for entry in found}) == 4
    (subnet,) = {entry["SubnetId"] for entry in found if ":attachment/" in entry["Description"]}
    block = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["CidrBlock"]
    addresses = [entry["PrivateIpAddress"] for entry in found if entry["SubnetId"] == subnet]
    free = {stand.addresses.take() for _ in range(20)}
    assert all(within(block, address) for address in {*addresses, *free})
    for address in free:
        stand.addresses.release(address)
    stand.scale("edit", 0)


def within(block: str, address: str) -> bool:
    """Whether the address is one of the block's that EC2 gives away."""
    hosts = list(ipaddress.ip_network(block).hosts())
    return ipaddress.ip_address(address) in hosts[3:]


def test_a_mount_targets_interface_is_in_use(stand: Stand) -> None:
    efs = stand.client("efs")
    (system,) = efs.describe_file_systems()["FileSystems"]
    targets = efs.describe_mount_targets(FileSystemId=system["FileSystemId"])["MountTargets"]
    assert len(targets) == 2
    for target in targets:
        found = interface(stand, target["NetworkInterfaceId"])
        assert (found["Status"], found["PrivateIpAddress"]) == ("in-use", target["IpAddress"])
        assert target["MountTargetId"] in found["Description"]


def test_a_file_system_is_as_big_as_what_lies_in_it(stand: Stand, root: Path) -> None:
    def size() -> dict[str, int]:
        (found,) = stand.client("efs").describe_file_systems()["FileSystems"]
        return {key: value for key, value in found["SizeInBytes"].items() if key != "Timestamp"}

    empty = {"Value": 6144, "ValueInStandard": 6144, "ValueInIA": 0, "ValueInArchive": 0}
    assert size() == empty
    (root / "site").mkdir()
    (root / "site" / "page.astro").write_text("x" * 5000)
    (root / "site" / "link").symlink_to("page.astro")
    folder, page, link = 2048 + 4096, 2048 + 2 * 4096, 2048 + 4096
    assert size() == empty | dict.fromkeys(("Value", "ValueInStandard"), 6144 + folder + page + link)


def test_what_is_not_there_has_the_size_of_nothing(tmp_path: Path) -> None:
    assert metered_bytes(tmp_path / "gone") == 6144
