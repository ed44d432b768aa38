"""The life of one task, from its address to its last log line, at the sandbox's pace."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sandbox.aws_access import AwsAccess
from sandbox.ecs import utilization
from sandbox.ecs.addresses import Addresses
from sandbox.ecs.task_logs import PutLogEvents, TaskLog, log_stream
from sandbox.ecs.tasks import Task, now
from sandbox.ecs.utilization import PutMetricData
from sandbox.host.processes import Process, Processes
from sandbox.host.state import State
from sandbox.settings import Pace

PROJECT = Path(__file__).resolve().parents[2]
LOG_TAIL_S = 2.0
_log = logging.getLogger(__name__)


class Images(Protocol):
    """Which program stands for a container image."""

    def command(self, family: str) -> Sequence[str]:
        """The argument vector for a task definition family; KeyError for one that has no image."""
        ...


class Targets(Protocol):
    """The load balancer's target groups, as the scheduler uses them for services that have load balancers."""

    def register(self, target_group: str, address: str, port: int) -> None:
        """Add a target."""
        ...

    def deregister(self, target_group: str, address: str, port: int) -> None:
        """Take a target away; its draining begins."""
        ...

    def healthy(self, target_group: str, address: str, port: int) -> bool:
        """Whether the target passes its health checks."""
        ...


@dataclass(frozen=True)
class Host:
    """What tasks run on. `aws` is the AWS API, as the tasks see it."""

    processes: Processes
    addresses: Addresses
    state: State
    pace: Pace
    images: Images
    aws: AwsAccess
    targets: Targets
    put_log_events: PutLogEvents | None
    put_metric_data: PutMetricData


class TaskRun:
    """Walks one task through its life on a thread of its own."""

    def __init__(
        self,
        task: Task,
        host: Host,
        *,
        lock: threading.Condition,
        metadata_url: str,
        changed: Callable[[], None],
        tell: Callable[[str], None],
        closing: threading.Event,
    ) -> None:
        """`changed` is called after every change of the task, `tell` with a service event; both with `lock` held."""
        self.task = task
        self.scratch = host.state.scratch / task.id
        self._host = host
        self._lock = lock
        self._metadata_url = metadata_url
        self._changed = changed
        self._tell = tell
        self._closing = closing
        self._registered: list[tuple[str, str, int]] = []
        self._log_output: TaskLog | None = None
        self._thread = threading.Thread(target=self._live, name=f"task-{task.id[:8]}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait until the task is STOPPED, at most so long."""
        self._thread.join(timeout_s)

    def environment(self) -> dict[str, str]:
        """The whole environment of the task's processes: as Fargate sets it, then the definition's, then overrides."""
        given = [
            *self.task.launch.definition.container.get("environment", []),
            *self.task.launch.override().get("environment", []),
        ]
        return {
            **base_environment(self._host.aws),
            # As in an image that trusts the public authorities: the load balancer's is this one.
            "SSL_CERT_FILE": str(self._host.state.ca_file),
            "ECS_CONTAINER_METADATA_URI_V4": self._metadata_url,
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            "HOME": str(self.scratch),
            "TMPDIR": str(self.scratch),
            **{entry["name"]: entry["value"] for entry in given},
        }

    def _live(self) -> None:
        try:
            self._begin()
            utilization.publish(self.task, self._host.put_metric_data)
        finally:
            self._finish()

    def _begin(self) -> None:
        task, pace = self.task, self._host.pace
        try:
            with self._lock:
                task.address = self._host.addresses.take()
                self._changed()
            if task.wake.wait(pace.provisioning_s):
                return
            self._move("PENDING", "connectivityAt", "pullStartedAt")
            if task.wake.wait(pace.pending_s):
                return
            self._spawn()
        except (KeyError, OSError, RuntimeError) as error:
            with self._lock:
                task.end("TaskFailedToStart", f"CannotStartContainerError: {type(error).__name__}: {error}")
                self._changed()
            return
        self._register()
        with self._lock:
            if task.desired_status == "RUNNING" and task.alive:
                task.move("RUNNING")
                self._changed()
        if task.launch.enable_execute_command and not task.wake.wait(pace.exec_agent_s):
            with self._lock:
                if task.desired_status == "RUNNING":
                    task.agent_status = "RUNNING"
                    self._changed()

    def _spawn(self) -> None:
        task = self.task
        self.scratch.mkdir()
        path = self._host.state.logs / task.launch.definition.family / f"{task.id}.log"
        stream = log_stream(task.launch.definition.container, task.id)
        output = self._log_output = TaskLog(path, stream, self._host.put_log_events)
        try:
            # Under the lock, so that an early exit is not told before the task knows its process.
            with self._lock:
                task.process = self._host.processes.spawn(
                    self.command(),
                    env=self.environment(),
                    cwd=self.scratch,
                    log=output.descriptor,
                    name=f"{task.launch.definition.family}-{task.id[:8]}",
                    on_exit=self._on_exit,
                )
                task.container_status = "RUNNING"
                task.move("ACTIVATING", "pullStoppedAt", "startedAt")
                self._changed()
        finally:
            output.started()

    def command(self) -> Sequence[str]:
        """What the container runs: the override's command, the definition's, or the image's own."""
        definition = self.task.launch.definition
        given = self.task.launch.override().get("command") or definition.container.get("command")
        return given or self._host.images.command(definition.family)

    def _on_exit(self, process: Process) -> None:
        code = process.wait()
        with self._lock:
            task = self.task
            task.container_status = task.agent_status = "STOPPED"
            task.exit_code = code if code >= 0 else 128 - code
            task.times.setdefault("executionStoppedAt", now())
            task.end("EssentialContainerExited", "Essential container in task exited")
            if task.last_status in ("ACTIVATING", "RUNNING"):
                task.move("DEACTIVATING")
            self._changed()

    def _register(self) -> None:
        task = self.task
        for balancer in task.launch.load_balancers:
            if task.address and task.alive and "targetGroupArn" in balancer:
                target = (balancer["targetGroupArn"], task.address, int(balancer["containerPort"]))
                self._registered.append(target)
                self._host.targets.register(*target)
                self._say(f"registered 1 targets in (target-group {target[0]})")

    def _finish(self) -> None:
        task, host = self.task, self._host
        with self._lock:
            task.end("TaskFailedToStart", "Task failed to start")
        try:
            if task.process is not None:
                self._move("DEACTIVATING", "stoppingAt")
                self._drain(task.process)
                self._move("STOPPING")
                task.process.terminate(stop_timeout_s(task, host.pace))
            self._move("DEPROVISIONING")
            self._closing.wait(host.pace.deprovisioning_s)
        finally:
            self._kill_all()
            if self._log_output is not None:
                self._log_output.finish(LOG_TAIL_S)
            shutil.rmtree(self.scratch, ignore_errors=True)
            if task.address is not None:
                host.addresses.release(task.address)
            with self._lock:
                task.container_status = task.agent_status = "STOPPED"
                self._move("STOPPED", "stoppedAt")

    def _kill_all(self) -> None:
        # Commands that ECS Exec runs inside the task end with its container, as they do on AWS.
        for process in self._host.processes.living():
            if process.cwd == self.scratch:
                process.kill()

    def _drain(self, process: Process) -> None:
        if self._registered:
            self._say("has begun draining connections on 1 tasks.")
        for target in self._registered:
            self._host.targets.deregister(*target)
            self._say(f"deregistered 1 targets in (target-group {target[0]})")
        if self._registered and not self._closing.is_set():
            try:
                process.wait(self._host.pace.deregistration_delay_s)
            except TimeoutError:
                _log.debug("%s drained", process.name)

    def _say(self, message: str) -> None:
        with self._lock:
            self._tell(message)

    def _move(self, status: str, *stamps: str) -> None:
        with self._lock:
            self.task.move(status, *stamps)
            self._changed()


def stop_timeout_s(task: Task, pace: Pace) -> float:
    """Seconds from SIGTERM to SIGKILL: the container definition's stopTimeout, or the pace's."""
    given = task.launch.definition.container.get("stopTimeout")
    return pace.stop_timeout_s if given is None else float(given)


def base_environment(aws: AwsAccess) -> dict[str, str]:
    """What every program of the platform finds in its environment: the AWS settings and the way to its code."""
    passed: dict[str, Any] = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL") if key in os.environ}
    return {
        **passed,
        **aws.environment(),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
    }
