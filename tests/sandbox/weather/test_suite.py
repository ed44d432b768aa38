"""What AWS's lateness once led the suite to: a launch loop, a second Hermes that stays, a session that nobody ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from acceptance.config.mark import Mark
from acceptance.config.profile import Profile
from acceptance.config.sections import Aws
from acceptance.drivers.aws import Clients
from acceptance.drivers.ecs import EcsServices
from acceptance.drivers.ecs_exec.channel import CommandOutput
from acceptance.drivers.session_table import SessionTable
from acceptance.drivers.shell import ExecShell
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.hermes_takeover import SecondHermes
from acceptance.waiting.errors import NotReady
from sandbox.aws_access import AwsAccess
from sandbox.settings import REGION, Images
from sandbox.weather.chance import Chance
from sandbox.weather.dynamodb import LateIndex
from sandbox.weather.kinds import Kind
from sandbox.weather.weather import Weather
from tests.aws_platform import create_table
from tests.filled_profile import filled
from tests.sandbox.ecs.ecs_stand import SLEEPER, Stand
from tests.sandbox.weather.weather_stand import weathered

MARK = Mark("acc", "1125-130000-abcd")
OF_ECS = {Kind.BLIND_TASKS, Kind.STALE_SERVICES, Kind.PAGES, Kind.THROTTLING}
SEEDS = (1, 2, 3)


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return filled(tmp_path, "sandbox-weather.toml")


@pytest.fixture(params=SEEDS)
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    made = Stand(Images(hermes=SLEEPER, edit=SLEEPER), weather=Weather(OF_ECS, request.param))
    for family in ("hermes", "edit"):
        made.create_service(family, 0)
    yield made
    made.close()


def clients(client: AwsAccess) -> Clients:
    """The suite's own, as a client that meets the weather."""
    return Clients(Aws(REGION, client.endpoint, client.keys.id, client.keys.secret))


def fleet(stand: Stand, profile: Profile) -> EcsServices:
    """The suite's view of the cluster."""
    tenant = AwsAccess(stand.control.access.endpoint, stand.control.admit(()))
    return EcsServices(clients(tenant), profile.names)


def second_hermes(stand: Stand, profile: Profile) -> SecondHermes:
    """A second one, of a task definition that names its command."""
    container = {"name": "hermes", "image": "hermes", "memory": 512, "command": SLEEPER}
    stand.ecs.register_task_definition(
        family="hermes", networkMode="awsvpc", containerDefinitions=[container]
    )
    stand.ecs.update_service(cluster="live-preview", service="hermes", taskDefinition="hermes")
    platform: Any = SimpleNamespace(profile=profile, fleet=fleet(stand, profile), mark=MARK)
    return SecondHermes(platform)


class Channel:
    """Takes commands once the task runs, as the agent in it does."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    def run(self, task_arn: str, *_: str, **__: Any) -> CommandOutput:
        if self._stand.scheduler.task(task_arn).agent_status != "RUNNING":
            raise NotReady("it does not run yet")
        return CommandOutput(0, b"done", b"")


def test_one_task_is_started_although_ecs_does_not_know_it_at_first(stand: Stand, profile: Profile) -> None:
    shell = ExecShell(fleet(stand, profile), Channel(stand), profile, MARK)  # type: ignore[arg-type]
    for _ in range(3):
        assert shell.run("true").stdout == b"done"
    shell.close()
    assert len(stand.all_tasks()) == 1, "no launch loop"
    stand.until(lambda: stand.all_tasks()[0].last_status == "STOPPED", "the one task's end")


def test_a_second_hermes_comes_up_and_goes_although_ecs_does_not_know_it_at_first(
    stand: Stand, profile: Profile
) -> None:
    second = second_hermes(stand, profile)
    second.start()
    second.end()
    assert [task.last_status for task in stand.all_tasks()] == ["STOPPED"]


def test_a_second_hermes_that_is_to_go_at_once_does(stand: Stand, profile: Profile) -> None:
    """As when a scenario is interrupted: what RunTask told is enough to stop it."""
    second = second_hermes(stand, profile)
    second._task.start()
    second.end()
    assert [task.last_status for task in stand.all_tasks()] == ["STOPPED"]


def test_a_session_younger_than_the_index_is_ended_and_kept_awake_by_nobody(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with weathered(LateIndex(Chance(1, "index"), clock=lambda: 0.0)) as (client, own):
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        for name, value in own.environment().items():
            monkeypatch.setenv(name, value)
        create_table(profile.names.table)
        item = {"sessionId": "young", "userId": "u", "clientId": "acme", "status": "active"}
        table = client.client("dynamodb")
        table.put_item(TableName=profile.names.table, Item={name: {"S": item[name]} for name in item})
        left: list[str] = []

        def request(method: str, path: str) -> None:
            assert (method, path) == ("POST", "/api/sessions/young/deactivate")
            ended = {name: {"S": value} for name, value in {**item, "status": "inactive"}.items()}
            table.put_item(TableName=profile.names.table, Item=ended)

        records = SessionTable(clients(client), profile.names)
        platform: Any = SimpleNamespace(
            profile=profile,
            records=records,
            attendance=SimpleNamespace(leave=left.append),
            sessions=SimpleNamespace(request=request),
        )
        CustomerSessions(platform).end_all_of("acme")
        assert records.of_client("acme") == (), "the index does not know of it even now"
        assert left == ["young"]
        assert [record.status for record in records.all_of_client("acme")] == ["inactive"]
