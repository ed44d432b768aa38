"""Refusals under weather: in the words of each protocol, and as many as the documents say."""

from __future__ import annotations

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.weather.chance import Chance
from sandbox.weather.throttling import Throttling
from tests.sandbox.weather.weather_stand import Clock, Ecs, weathered

ONCE = Config(retries={"total_max_attempts": 1})


class Always(Chance):
    """Every share happens."""

    def __init__(self) -> None:
        super().__init__(1, "always")

    def happens(self, share: float) -> bool:
        """It does."""
        return share > 0


class Calm(Always):
    """Nothing happens by chance."""

    def happens(self, share: float) -> bool:
        """It does not."""
        return share > 1


def test_a_bucket_empties_and_fills_again_and_each_group_has_its_own() -> None:
    clock = Clock()
    throttling = Throttling(Calm(), clock)
    ecs = Ecs(DescribeServices={}, DescribeTasks={}, ListTasks={})

    def refused(*actions: str) -> int:
        return sum("__type" in ecs.ask(throttling, action) for action in actions)

    assert refused(*["DescribeTasks", "ListTasks"] * 60) == 20
    assert refused(*["DescribeServices"] * 100) == 0
    clock.now += 1
    assert refused(*["DescribeTasks"] * 30) == 10
    assert ecs.calls.count("DescribeTasks") + ecs.calls.count("ListTasks") == 120, (
        "what is refused is not done"
    )


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ecs", "list_clusters", "ThrottlingException"),
        ("elbv2", "describe_load_balancers", "Throttling"),
        ("ses", "list_identities", "Throttling"),
        ("s3", "list_buckets", "SlowDown"),
    ],
)
def test_boto3_understands_a_refusal(service: str, call: str, code: str) -> None:
    with weathered(Throttling(Always())) as (client, own):
        access = client._session.client(service, endpoint_url=client.endpoint, config=ONCE)
        with pytest.raises(ClientError) as refused:
            getattr(access, call)()
        assert refused.value.response["Error"]["Code"] == code
        getattr(own.client(service), call)()


def test_one_call_of_a_thousand_fails() -> None:
    throttling = Throttling(Chance(7, "throttling"))
    ecs = Ecs(ListClusters={})
    answers = [ecs.ask(throttling, "ListClusters").get("__type", "") for _ in range(20_000)]
    failed = sum(answer in ("InternalFailure", "ServiceUnavailable") for answer in answers)
    assert 10 <= failed <= 35
    assert 70 <= answers.count("ThrottlingException") <= 135
