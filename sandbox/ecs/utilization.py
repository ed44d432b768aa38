"""How much of what it asked for a service's task uses, told at the end of each minute that it lives to see.

Source: Amazon ECS Developer Guide, "Amazon ECS CloudWatch metrics": the average over a service's tasks is its
utilization, against the CPU and memory of its task definition.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psutil

from sandbox.ecs.tasks import Definition, Task, now

# (namespace, data in the shape of PutMetricData's MetricData)
PutMetricData = Callable[[str, Sequence[Mapping[str, Any]]], None]

NAMESPACE = "AWS/ECS"
MINUTE_S = 60.0
# A clock that is a little behind the waiting would otherwise have a minute end twice.
AFTER_S = 0.1
CPU_UNITS, MIB = 1024, 1 << 20


def publish(task: Task, put_metric_data: PutMetricData) -> None:
    """Publish what a task uses, minute by minute, until it is to end; nothing of one that belongs to no service."""
    kind, _, service = task.launch.group.partition(":")
    if task.process is None or kind != "service":
        task.wake.wait()
        return
    cluster = task.launch.cluster_arn.rsplit("/", 1)[-1]
    dimensions = [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]
    meter = Meter(task.process.pid, task.launch.definition, task.times["startedAt"])
    while not task.wake.wait(MINUTE_S - time.time() % MINUTE_S + AFTER_S):
        minute = now().replace(second=0, microsecond=0, tzinfo=None) - timedelta(minutes=1)
        shared = {"Dimensions": dimensions, "Timestamp": minute, "Unit": "Percent"}
        # It may have ended just now.
        with contextlib.suppress(psutil.Error):
            read = meter.read()
            put_metric_data(NAMESPACE, [{**shared, "MetricName": name, "Value": read[name]} for name in read])


class Meter:
    """What a process that runs since then, and all that it started, use of what its definition reserves, in percent."""

    def __init__(self, pid: int, definition: Definition, since: datetime) -> None:
        self._pid = pid
        self._cpus = int(definition.cpu) / CPU_UNITS
        self._memory = int(definition.memory) * MIB
        self._used_s = 0.0
        self._read_at = since

    def read(self) -> dict[str, float]:
        """The CPU used since the last time, at first since its start, and the memory now; psutil.Error if it ended.

        The machine gives a task more CPU than it reserved, if there is more: Fargate never goes beyond 100.
        """
        usages = list(_usages(psutil.Process(self._pid)))
        used_s, read_at = sum(cpu_s for cpu_s, _ in usages), now()
        cpus = max(0.0, used_s - self._used_s) / (read_at - self._read_at).total_seconds()
        self._used_s, self._read_at = used_s, read_at
        memory = sum(resident for _, resident in usages)
        return {
            "CPUUtilization": 100 * cpus / self._cpus,
            "MemoryUtilization": 100 * memory / self._memory,
        }


def _group(leader: psutil.Process) -> Iterator[psutil.Process]:
    """All that runs in a task: not all of it are its children, since previews are forked from another process."""
    for one in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(one.pid) == leader.pid:
                yield one


def _usages(process: psutil.Process) -> Iterator[tuple[float, int]]:
    """CPU seconds that each has used in its life, its ended children included, and its resident memory in bytes."""
    for one in _group(process):
        # One that ends meanwhile is counted among its parent's ended children the next time; a forked preview's
        # parent is not of the task, so that what it used is no longer counted.
        with contextlib.suppress(psutil.NoSuchProcess), one.oneshot():
            cpu = one.cpu_times()
            yield cpu.user + cpu.system + cpu.children_user + cpu.children_system, one.memory_info().rss
