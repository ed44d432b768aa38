"""CloudWatch: the metrics of services and load balancer, a value for each minute, found as AWS finds them.

What services use is put here minute by minute. Requests are counted when somebody asks, in the load balancer's own log.
Sources: ELB user guide, "CloudWatch metrics for your Application Load Balancer"; CloudWatch API, GetMetricData and
GetMetricStatistics (how StartTime is rounded, and that all dimensions have to be named).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.models import (
    CloudWatchBackend,
    Dimension,
    MetricDatum,
    MetricDatumBase,
    Statistics,
    cloudwatch_backends,
)
from moto.core.utils import utcnow

from sandbox.aws_api import elbv2
from sandbox.aws_api.hooks import Hooks
from sandbox.settings import ACCOUNT, REGION

MINUTE = timedelta(minutes=1)
# Envoy's own, `--file-flush-interval-msec`: what it has served stands in its log by then.
LOG_DELAY = timedelta(seconds=10)


def install(access_log: Path) -> Callable[[], None]:
    """Have CloudWatch tell of the requests in `access_log`, and keep to AWS's rules; returns the undoing function."""
    hooks = Hooks()
    all_metrics: Callable[[CloudWatchBackend], list[MetricDatumBase]] = CloudWatchBackend.get_all_metrics
    metric_data: Callable[..., list[dict[str, Any]]] = CloudWatchBackend.get_metric_data

    def get_all_metrics(self: CloudWatchBackend) -> list[MetricDatumBase]:
        return [*all_metrics(self), *request_counts(access_log)]

    def get_metric_data(
        self: CloudWatchBackend, *, start_time: datetime, **given: Any
    ) -> list[dict[str, Any]]:
        return metric_data(self, start_time=whole_minute(start_time), **given)

    hooks.replace(CloudWatchBackend, "get_all_metrics", get_all_metrics)
    hooks.replace(CloudWatchBackend, "get_metric_data", get_metric_data)
    hooks.replace(CloudWatchBackend, "get_metric_statistics", get_metric_statistics)
    # moto compares dimensions in the order of this, which is none for two names.
    hooks.replace(Dimension, "__lt__", lambda self, other: _key(self) < _key(other))
    return hooks.remove


def put_metric_data(namespace: str, data: Sequence[Mapping[str, Any]]) -> None:
    """What AWS's own services publish; `data` is in the shape of PutMetricData, with naive times in UTC."""
    cloudwatch_backends[ACCOUNT][REGION].put_metric_data(namespace, [dict(datum) for datum in data])


def get_metric_statistics(
    self: CloudWatchBackend, *given: Any, dimensions: Sequence[Mapping[str, str]], unit: str | None = None
) -> list[Statistics]:
    """Of the metric with exactly these dimensions; periods are counted from the beginning of what is asked for."""
    namespace, metric_name, start, end, period, stats = given
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    first, step = whole_minute(start), timedelta(seconds=period)
    wanted = (namespace, metric_name, sorted((named["Name"], named["Value"]) for named in dimensions))
    found: dict[datetime, Statistics] = {}
    for datum in self.get_all_metrics():
        metric = (datum.namespace, datum.name, sorted(map(_key, datum.dimensions)))
        if metric == wanted and unit in (None, datum.unit) and first <= datum.timestamp < end:
            at = first + (datum.timestamp - first) // step * step
            found.setdefault(at, Statistics(stats, at, datum.unit)).metric_data.append(datum)
    return [found[at] for at in sorted(found)]


def request_counts(access_log: Path) -> Iterator[MetricDatum]:
    """For each minute that is over, how many requests began for which the load balancer chose a target; no zeros.

    A request is in its log once it has been answered, a socket once it has ended.
    """
    over = utcnow() - MINUTE - LOG_DELAY
    requests = Counter(
        datetime.fromisoformat(entry["time"][:16]) for entry in _entries(access_log) if entry["target"]
    )
    with elbv2.lock:
        names = [arn.partition(":loadbalancer/")[2] for arn in elbv2.backend().load_balancers]
    for name in names:
        dimensions = [{"Name": "LoadBalancer", "Value": name}]
        for minute, count in requests.items():
            if minute <= over:
                yield MetricDatum(
                    "AWS/ApplicationELB", "RequestCount", float(count), dimensions, minute, "Count"
                )


def whole_minute(moment: datetime) -> datetime:
    """The minute that it lies in."""
    return moment.replace(second=0, microsecond=0)


def _entries(access_log: Path) -> Iterator[dict[str, Any]]:
    """The lines of Envoy's log, but for one that is still being written."""
    with access_log.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.endswith("\n"))


def _key(dimension: Dimension) -> tuple[str, str]:
    return str(dimension.name), str(dimension.value)
