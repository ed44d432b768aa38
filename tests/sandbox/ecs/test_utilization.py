"""What a service's tasks use is measured on their processes, and CloudWatch has it by the minute."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.ecs import utilization
from sandbox.ecs.tasks import Definition, Launch, Task, now
from sandbox.ecs.utilization import Meter, publish
from sandbox.host.processes import Processes
from sandbox.host.state import State
from sandbox.settings import ACCOUNT, REGION, Images
from tests.sandbox.alb.alb_stand import eventually
from tests.sandbox.ecs.ecs_stand import CLUSTER, PATIENCE_S, SLEEPER, Stand

# Half a second of CPU in a child that ends, then 128 MiB in one that stays.
BURN = "import time\nwhile time.process_time() < 0.5: pass"
HOLD = "import time\nheld = bytearray(b'x') * (128 << 20)\nprint('done', flush=True)\ntime.sleep(600)"
WORK = f"import subprocess, sys\nfor one in {[BURN, HOLD]!r}: subprocess.run([sys.executable, '-c', one])"
DEFINITION = Definition("arn", "edit", 1, cpu="512", memory="512", container={"name": "edit"})


@pytest.fixture
def worked() -> Iterator[int]:
    """A process that has done its work."""
    with subprocess.Popen(
        [sys.executable, "-c", WORK], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        os.killpg(process.pid, signal.SIGKILL)


def test_cpu_and_memory_are_measured_against_what_is_reserved_and_cpu_is_counted_once(worked: int) -> None:
    meter = Meter(worked, DEFINITION, now() - timedelta(seconds=10))
    read = meter.read()
    assert 10 <= read["CPUUtilization"] < 30, (
        "0.5 s of the 5 s that half a CPU has in 10 s, and Python's starts"
    )
    assert 25 <= read["MemoryUtilization"] < 40, "128 MiB of 512, and what Python has"
    assert meter.read()["CPUUtilization"] == 0


class Published:
    """What was published, until a second of each metric has come: then the task is to end."""

    def __init__(self, group: str) -> None:
        cluster = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"
        self.task = Task(Launch(DEFINITION, cluster, group))
        self.task.times["startedAt"] = now()
        self.data: list[tuple[str, Mapping[str, Any]]] = []

    def put(self, namespace: str, data: Sequence[Mapping[str, Any]]) -> None:
        """Take it."""
        self.data += [(namespace, datum) for datum in data]
        if len(self.data) == 4:
            self.task.wake.set()


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    """Minutes of half a second."""
    monkeypatch.setattr(utilization, "MINUTE_S", 0.5)
    state = State.create()
    processes = Processes(state)
    yield processes
    processes.close(0)
    state.remove()


def minute_before(moment: datetime) -> datetime:
    """The whole minute before the one of a moment, as moto holds times: naive, in UTC."""
    return moment.replace(second=0, microsecond=0, tzinfo=None) - timedelta(minutes=1)


def run(processes: Processes, published: Published) -> threading.Thread:
    state = processes._state
    published.task.process = processes.spawn(
        SLEEPER, env={}, cwd=state.scratch, log=state.logs / "task.log", name="task"
    )
    thread = threading.Thread(target=publish, args=(published.task, published.put), daemon=True)
    thread.start()
    return thread


def test_each_minute_of_a_services_task_is_told_once_it_is_over(processes: Processes) -> None:
    published = Published("service:edit")
    began = now()
    thread = run(processes, published)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert [(namespace, datum["MetricName"]) for namespace, datum in published.data] == 2 * [
        ("AWS/ECS", "CPUUtilization"),
        ("AWS/ECS", "MemoryUtilization"),
    ]
    for _, datum in published.data:
        assert datum["Dimensions"] == [
            {"Name": "ClusterName", "Value": CLUSTER},
            {"Name": "ServiceName", "Value": "edit"},
        ]
        assert datum["Unit"] == "Percent"
        assert datum["Timestamp"] in [minute_before(began), minute_before(now())]


@pytest.mark.parametrize("ends", ["a task of no service", "a task whose process has ended"])
def test_nothing_is_told_of(processes: Processes, ends: str) -> None:
    published = Published("family:edit" if ends == "a task of no service" else "service:edit")
    thread = run(processes, published)
    if ends == "a task whose process has ended":
        assert published.task.process is not None
        published.task.process.terminate(1)
    thread.join(1.3)
    assert thread.is_alive(), "until the task is to end"
    published.task.wake.set()
    thread.join(PATIENCE_S)
    assert (thread.is_alive(), published.data) == (False, [])


def test_cloudwatch_has_what_a_services_tasks_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utilization, "MINUTE_S", 0.5)
    stand = Stand(Images(edit=SLEEPER))
    try:
        stand.create_service("edit", 1)
        cloudwatch = stand.client("cloudwatch")
        eventually(
            lambda: [
                metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="AWS/ECS")["Metrics"]
            ],
            ["CPUUtilization", "MemoryUtilization"],
            PATIENCE_S,
        )
    finally:
        stand.close()
