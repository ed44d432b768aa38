"""ECS under weather: what is not to be seen yet, what is told late, what is taken late; and until when."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.weather.chance import Chance
from sandbox.weather.ecs import BlindTasks, LateAgent, StaleServices
from sandbox.weather.kinds import Kind, kinds
from tests.sandbox.weather.weather_stand import Clock, Ecs

TASK = "arn:aws:ecs:us-east-1:123456789012:task/live-preview/one"
OLDER = "arn:aws:ecs:us-east-1:123456789012:task/live-preview/older"
SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/live-preview/edit"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_task_that_was_just_started_is_not_to_be_seen_and_an_older_one_is(clock: Clock) -> None:
    blind = BlindTasks(Chance(1, "blind"), clock)
    both = [{"taskArn": TASK}, {"taskArn": OLDER}]
    ecs = Ecs(
        RunTask={"tasks": [{"taskArn": TASK}], "failures": []},
        DescribeTasks={"tasks": both, "failures": []},
        ListTasks={"taskArns": [TASK, OLDER]},
    )
    assert ecs.ask(blind, "RunTask", taskDefinition="edit")["tasks"] == [{"taskArn": TASK}]
    seen = ecs.ask(blind, "DescribeTasks", tasks=[TASK, OLDER])
    assert seen == {"tasks": [{"taskArn": OLDER}], "failures": [{"arn": TASK, "reason": "MISSING"}]}
    assert ecs.ask(blind, "ListTasks") == {"taskArns": [OLDER]}
    clock.now += BlindTasks.LEAST_S * 0.99
    assert ecs.ask(blind, "ListTasks") == {"taskArns": [OLDER]}
    clock.now += BlindTasks.MOST_S
    assert ecs.ask(blind, "DescribeTasks", tasks=[TASK, OLDER]) == {"tasks": both, "failures": []}


def counting(desired: int, **more: Any) -> dict[str, Any]:
    """DescribeServices' document of one service."""
    return {"services": [{"serviceArn": SERVICE, "desiredCount": desired, **more}], "failures": []}


def test_a_service_is_told_as_it_was_before_it_was_changed(clock: Clock) -> None:
    stale = StaleServices(Chance(1, "stale"), clock)
    ecs = Ecs(DescribeServices=counting(0), UpdateService={"service": {"desiredCount": 1}})
    assert ecs.ask(stale, "UpdateService", service="edit")["service"]["desiredCount"] == 1
    ecs.documents["DescribeServices"] = counting(1)
    assert ecs.ask(stale, "DescribeServices", services=["edit"]) == counting(0)
    clock.now += StaleServices.LEAST_S * 0.99
    assert ecs.ask(stale, "DescribeServices", services=["edit"]) == counting(0)
    clock.now += StaleServices.MOST_S
    assert ecs.ask(stale, "DescribeServices", services=["edit"]) == counting(1)


def test_a_stale_service_has_the_tags_that_were_asked_for(clock: Clock) -> None:
    stale = StaleServices(Chance(1, "stale"), clock)
    ecs = Ecs(DescribeServices=counting(0))
    ecs.ask(stale, "DescribeServices", services=["edit"])
    ecs.documents["DescribeServices"] = counting(1, tags=[{"key": "a", "value": "b"}])
    (told,) = ecs.ask(stale, "DescribeServices", services=["edit"], include=["TAGS"])["services"]
    assert (told["desiredCount"], told["tags"]) == (0, [{"key": "a", "value": "b"}])


def commanded(started_at: float | None) -> dict[str, Any]:
    """DescribeTasks' document of a task whose agent runs."""
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "RUNNING", "lastStartedAt": started_at}
    task: dict[str, Any] = {"taskArn": TASK, "containers": [{"managedAgents": [agent]}]}
    return {"tasks": [task | ({"startedAt": started_at} if started_at else {})], "failures": []}


def test_a_shell_comes_after_its_task_first_refused_then_not_connected(clock: Clock) -> None:
    late = LateAgent(Chance(1, "agent"), clock)
    ecs = Ecs(DescribeTasks=commanded(clock.now), ExecuteCommand={"session": {}})

    def agent() -> str:
        (container,) = ecs.ask(late, "DescribeTasks", tasks=[TASK])["tasks"][0]["containers"]
        return str(container["managedAgents"][0]["lastStatus"])

    answers = []
    while (answer := ecs.ask(late, "ExecuteCommand", task=TASK)) != {"session": {}}:
        answers.append((answer["__type"], agent()))
        clock.now += 0.1
    met = list(dict.fromkeys(answers))
    assert met == [("InvalidParameterException", "PENDING"), ("TargetNotConnectedException", "RUNNING")]
    least, most = (sum(bounds) for bounds in zip(LateAgent.AGENT_S, LateAgent.CONNECTED_S, strict=True))
    assert least <= clock.now - 1000.0 <= most + 0.1


def test_a_task_that_has_not_started_takes_no_shell(clock: Clock) -> None:
    late = LateAgent(Chance(1, "agent"), clock)
    ecs = Ecs(DescribeTasks=commanded(None), ExecuteCommand={"session": {}})
    assert ecs.ask(late, "ExecuteCommand", task=TASK)["__type"] == "InvalidParameterException"


def test_a_seed_repeats_itself_and_another_is_another() -> None:
    draws = [[Chance(seed, "mail").between(10, 40) for _ in range(3)] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert Chance(1, "mail").between(0, 1) != Chance(1, "agent").between(0, 1)


def test_weather_is_named_by_kind_or_all_at_once() -> None:
    assert kinds("aws") | {Kind.NODES, Kind.INITIAL_TARGETS} == frozenset(Kind) != kinds("aws")
    assert kinds("pages,late-mail") == {Kind.PAGES, Kind.LATE_MAIL}
    with pytest.raises(ValueError, match="fog"):
        kinds("pages,fog")
