"""CloudWatch has a value for each minute, and finds it by the rules of AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from sandbox.aws_api import metrics
from sandbox.aws_api.metrics import put_metric_data, request_counts
from tests.sandbox.alb.alb_stand import Target, client, control_plane, edge, eventually

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SERVICE = [{"Name": "ClusterName", "Value": "live-preview"}, {"Name": "ServiceName", "Value": "edit"}]
MINUTE = timedelta(minutes=1)


def line(at: str, target: str | None) -> str:
    return json.dumps({"time": f"2026-11-24T{at}Z", "target": target, "status": 200}) + "\n"


@pytest.fixture
def cloudwatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """CloudWatch at 12:05:09 of a day, with a load balancer named alb."""
    monkeypatch.setattr(metrics, "utcnow", lambda: datetime(2026, 11, 24, 12, 5, 9))
    log = tmp_path / "access.log"
    log.write_text(
        line("12:01:00.000", "127.0.0.1:1")
        + line("12:01:59.999", "127.0.0.1:2")
        + line("12:01:30.000", None)
        + line("12:02:00.000", None)
        + line("12:03:10.000", "127.0.0.1:1")
        + line("12:04:59.000", "127.0.0.1:1")
        + '{"time": "2026-11-24T12:0',
        encoding="utf-8",
    )
    with control_plane() as url:
        uninstall = metrics.install(log)
        ec2 = client(url, "ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")
            for i, zone in enumerate("ab")
        ]
        client(url, "elbv2").create_load_balancer(
            Name="alb", Subnets=[one["Subnet"]["SubnetId"] for one in subnets]
        )
        for minute, value in ((1, 10.0), (1, 30.0), (2, 50.0), (4, 70.0)):
            at = (NOON + minute * MINUTE).replace(tzinfo=None)
            datum = {
                "MetricName": "CPUUtilization",
                "Dimensions": SERVICE,
                "Timestamp": at,
                "Unit": "Percent",
            }
            put_metric_data("AWS/ECS", [{**datum, "Value": value}])
        yield client(url, "cloudwatch")
        uninstall()


def asked(cloudwatch: Any, dimensions: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    """CPUUtilization as GetMetricStatistics gives it from 12:00:30 on: averages, by the time."""
    wanted = {
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "StartTime": NOON + timedelta(seconds=30),
        "EndTime": NOON + timedelta(minutes=10),
        "Period": 60,
        "Statistics": ["Average"],
    }
    found = cloudwatch.get_metric_statistics(Dimensions=dimensions, **{**wanted, **more})["Datapoints"]
    assert all(point["Unit"] == "Percent" for point in found)
    return {point["Timestamp"].astimezone(UTC).strftime("%H:%M:%S"): point["Average"] for point in found}


def test_a_services_value_is_the_average_of_its_tasks_in_the_minute(cloudwatch: Any) -> None:
    every_minute = {"12:01:00": 20.0, "12:02:00": 50.0, "12:04:00": 70.0}
    assert asked(cloudwatch, SERVICE) == every_minute
    assert asked(cloudwatch, SERVICE[::-1]) == every_minute, "in whichever order the dimensions are named"
    assert asked(cloudwatch, SERVICE, Unit="Count") == {}


def test_periods_are_counted_from_the_beginning_of_what_is_asked_for(cloudwatch: Any) -> None:
    assert asked(cloudwatch, SERVICE, Period=180) == {"12:00:00": 30.0, "12:03:00": 70.0}


@pytest.mark.parametrize(
    "dimensions", [[], SERVICE[:1], [SERVICE[0], {"Name": "ServiceName", "Value": "hermes"}]]
)
def test_a_metric_is_found_by_all_of_its_dimensions(
    cloudwatch: Any, dimensions: list[dict[str, str]]
) -> None:
    assert asked(cloudwatch, dimensions) == {}


def test_an_end_before_the_start_is_refused(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="StartTime must be less than the parameter EndTime"):
        asked(cloudwatch, SERVICE, EndTime=NOON)


def test_requests_that_a_target_was_chosen_for_are_counted_by_the_minute(cloudwatch: Any) -> None:
    (metric,) = cloudwatch.list_metrics(Namespace="AWS/ApplicationELB")["Metrics"]
    assert metric["MetricName"] == "RequestCount"
    ((name, value),) = [(one["Name"], one["Value"]) for one in metric["Dimensions"]]
    assert name == "LoadBalancer"
    assert value.split("/")[:2] == ["app", "alb"]
    queries: list[dict[str, Any]] = [
        {"Id": "requests", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
        {
            "Id": "cpu",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/ECS",
                    "MetricName": "CPUUtilization",
                    "Dimensions": SERVICE[::-1],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        },
    ]
    results = cloudwatch.get_metric_data(
        MetricDataQueries=queries,
        StartTime=NOON + timedelta(seconds=30),
        EndTime=NOON + timedelta(minutes=10),
        ScanBy="TimestampAscending",
    )["MetricDataResults"]
    times = [[at.astimezone(UTC).strftime("%H:%M:%S") for at in result["Timestamps"]] for result in results]
    assert [(result["Id"], result["Values"]) for result in results] == [
        ("requests", [2.0, 1.0]),
        ("cpu", [30.0, 50.0, 70.0]),
    ], "what is of this minute, or may not stand in the log yet, is not told"
    assert times == [["12:01:00", "12:03:00"], ["12:01:00", "12:02:00", "12:04:00"]]


def test_what_the_load_balancer_answers_itself_is_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target()
    target.start()
    with edge() as alb:
        used, empty = alb.group("used"), alb.group("empty")
        alb.register(used, target)
        alb.rule(10, ["/echo"], used)
        alb.rule(20, ["/empty"], empty)
        eventually(lambda: alb.health(used), [("healthy", None)], 5)
        alb.balancer.settled(5)
        answers = [
            requests.get(alb.url + path, verify=alb.ca, timeout=5).status_code
            for path in ("/echo", "/empty", "/echo", "/elsewhere")
        ]
        assert answers == [200, 503, 200, 404]
        # It writes its log by the time it ends.
        alb.balancer.stop()
        later = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=5)
        monkeypatch.setattr(metrics, "utcnow", lambda: later)
        counted = list(request_counts(alb.state.access_log))
        assert sum(datum.value for datum in counted) == 2
        assert {datum.dimensions[0].value for datum in counted} == {alb.arn.partition(":loadbalancer/")[2]}
    target.stop()
