"""A sandbox of which the core alone is there: who uses anything else by accident fails, and what is there works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acceptance.config.profile import Draft, read
from acceptance.drivers.platform import Platform
from acceptance.run.deployment import Deployment
from acceptance.waiting.errors import NotAllowed
from sandbox.absences import Absence

PROFILES = Path(__file__).resolve().parents[2] / "deployments"


@pytest.fixture(scope="module")
def core() -> Draft:
    """The profile of the core."""
    return read(PROFILES / "sandbox-core.toml")


@pytest.fixture(scope="module")
def platform(core: Draft, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The drivers of its sandbox."""
    assert core.command is not None
    deployment = Deployment.start(core.command, tmp_path_factory.mktemp("core") / "sandbox.log")
    yield Platform.of(core.fill(deployment.info))
    deployment.stop()


def test_the_profile_claims_nothing_and_its_sandbox_lacks_all_that_it_can(core: Draft) -> None:
    assert core.extended == frozenset()
    assert core.command is not None
    *_, option, absent = core.command.command
    assert (option, set(absent.split(","))) == ("--without", set(Absence))


def test_nobody_looks_into_the_queue_or_a_task(platform: Platform) -> None:
    with pytest.raises(NotAllowed) as refused:
        platform.clients.of("sqs").get_queue_url(QueueName="session-commands.fifo")
    assert refused.value.action == "sqs:GetQueueUrl"
    ecs = platform.clients.of("ecs")
    with pytest.raises(NotAllowed, match="ECS ExecuteCommand"):
        ecs.execute_command(cluster="live-preview", task="any", command="ls", interactive=True)
    services = ecs.describe_services(cluster="live-preview", services=["hermes", "edit"])["services"]
    assert [service["enableExecuteCommand"] for service in services] == [False, False]


def test_there_is_no_mail(platform: Platform) -> None:
    assert platform.clients.of("ses").list_identities()["Identities"] == []
    assert platform.clients.of("s3").list_buckets()["Buckets"] == []
    assert "Metadata" not in platform.clients.of("ses").describe_active_receipt_rule_set()


def test_answers_do_not_name_their_service_and_calls_beyond_the_core_are_not_there(
    platform: Platform,
) -> None:
    health = platform.web.get("/api/health")
    assert (health.status, "x-service" in health.headers) == (200, False)
    for call in ("instructions", "keepalive", "deactivate"):
        answer = platform.sessions.request("POST", f"/api/sessions/any/{call}")
        assert (answer.status, answer.text) == (404, f"This deployment has no {call}.")
    status = platform.sessions.request("GET", "/api/sessions/any/status")
    assert (status.status, status.media_type) == (404, "application/json"), "this one the session API answers"
