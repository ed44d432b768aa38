"""No web page reaches what is on loopback: neither by its own name, nor by one that it has bent to this machine."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from aiohttp.test_utils import TestClient, TestServer

from sandbox.ecs.metadata import MetadataServer
from sandbox.ecs.tasks import Task
from sandbox.services.edit.config import Identity
from sandbox.services.edit.control import application
from sandbox.strangers import refusal
from tests.sandbox.alb.alb_stand import Edge, edge

EVIL = "https://evil.example"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "127.5.6.7", "localhost:1", "[::1]:80", "LOCALHOST"])
def test_clients_on_this_machine_are_served(host: str) -> None:
    assert refusal(host, None) is None
    assert refusal(host, f"http://{host}") is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "10.0.0.1",
        "[::2]",
        "[",
        "a@b",
    ],
)
def test_another_name_is_refused(host: str | None) -> None:
    assert refusal(host, None) is not None


@pytest.mark.parametrize("origin", [EVIL, "null", "", "http://127.0.0.1:2", "https://127.0.0.1:1"])
def test_another_origin_is_refused(origin: str) -> None:
    assert refusal("127.0.0.1:1", origin) is not None


PAGES: list[Mapping[str, str]] = [{"Origin": EVIL}, {"Origin": "null"}, {"Host": "evil.example"}]


@pytest.mark.parametrize("headers", PAGES)
def test_a_page_reads_no_metadata(headers: Mapping[str, str]) -> None:
    found: dict[str, Any] = {"Containers": [{"DockerId": "x"}]}
    server = MetadataServer(lambda _: found)
    url = f"{server.url(cast(Task, dataclasses.make_dataclass('Task', ['id'])('one')))}/task"
    try:
        assert requests.get(url, timeout=5).json() == found
        assert requests.get(url, headers=headers, timeout=5).status_code == 403
    finally:
        server.close()


@pytest.mark.parametrize("headers", PAGES)
def test_a_page_instructs_no_editor(headers: Mapping[str, str]) -> None:
    identity = Identity(address="127.0.0.1", task_arn="arn:task")

    async def statuses() -> list[int]:
        async with TestClient(TestServer(application(cast(Any, None), identity))) as client:
            return [(await client.get("/health", headers=given)).status for given in ({}, headers)]

    assert asyncio.run(statuses()) == [200, 403]


@pytest.fixture(scope="module")
def alb() -> Iterator[Edge]:
    with edge() as made:
        yield made


def test_the_load_balancer_has_no_port_but_its_listeners(alb: Edge) -> None:
    [envoy] = [process for process in alb.processes.living() if process.name == "envoy"]
    listening = {
        connection.laddr.port
        for connection in psutil.Process(envoy.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {alb.balancer.http_port, alb.balancer.https_port}
    assert {urlsplit(alb.url).port} <= listening
