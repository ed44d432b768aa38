"""The ECS scheduler: keeps each service's running tasks at its desired count, and knows the truth about every task."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from sandbox.ecs import metadata, rollout
from sandbox.ecs.service_state import Service
from sandbox.ecs.task_run import Host, TaskRun
from sandbox.ecs.tasks import STARTING, Launch, Task, now

# Stopped tasks stay visible for an hour (Amazon ECS Developer Guide, "Task lifecycle").
STOPPED_KEPT = timedelta(hours=1)
# How often a roll-out looks at its targets' health, which nothing announces.
HEALTH_LOOK_S = 0.1
UNSTABLE = 3
CLOSE_S = 3.0


class Scheduler:
    """Services and tasks of one sandbox. Every method may be called from any thread."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = threading.Condition()
        self._generation = 0
        self._closing = threading.Event()
        self._services: dict[tuple[str, str], Service] = {}
        self._tasks: dict[str, Task] = {}
        self._runs: dict[str, TaskRun] = {}
        self._metadata = metadata.MetadataServer(self._metadata_document)
        self._thread = host.processes.parts.thread("the ECS scheduler", self._loop)

    def start(self) -> None:
        """Begin to keep services at their desired counts."""
        self._thread.start()

    def close(self) -> None:
        """Stop every task, quickly and for good: SIGTERM, then SIGKILL after `CLOSE_S` seconds."""
        with self._lock:
            self._closing.set()
            for task in self._tasks.values():
                task.end("ServiceSchedulerInitiated", "The sandbox is shutting down")
            self._changed()
            runs = list(self._runs.values())
        if self._thread.is_alive():
            self._thread.join()
        deadline = time.monotonic() + CLOSE_S
        for run in runs:
            run.join(max(0.0, deadline - time.monotonic()))
        for run in runs:
            if run.task.process is not None:
                run.task.process.kill()
        self._metadata.close()

    def locked(self) -> AbstractContextManager[object]:
        """Hold the lock under which services and tasks change: what is read inside belongs together."""
        return self._lock

    def changed(self) -> None:
        """Say that a service or a task has changed; the scheduler acts on it at once."""
        with self._lock:
            self._changed()

    def wait_for(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `condition`, looked at under the lock after every change; False when time is up first."""
        with self._lock:
            return self._lock.wait_for(condition, timeout_s)

    def add_service(self, service: Service) -> None:
        """Take a service in; it replaces an inactive one of the same name."""
        with self._lock:
            self._services[service.cluster_arn, service.name] = service
            self._changed()

    def services(self, cluster_arn: str) -> list[Service]:
        """The services of a cluster, inactive ones included, in the order of their names."""
        with self._lock:
            found = [service for (cluster, _), service in self._services.items() if cluster == cluster_arn]
            return sorted(found, key=lambda service: service.name)

    def service(self, cluster_arn: str, name: str) -> Service:
        """One service; KeyError when the cluster has none of that name."""
        with self._lock:
            return self._services[cluster_arn, name]

    def tasks(self, cluster_arn: str) -> list[Task]:
        """The tasks of a cluster, those stopped within the last hour included, the oldest first."""
        with self._lock:
            return [task for task in self._tasks.values() if task.launch.cluster_arn == cluster_arn]

    def tasks_of(self, service: Service) -> list[Task]:
        """The tasks of a service, likewise."""
        return [task for task in self.tasks(service.cluster_arn) if task.launch.group == service.group]

    def task(self, arn_or_id: str) -> Task:
        """One task; KeyError when there is none such."""
        with self._lock:
            return self._tasks[arn_or_id.rsplit("/", 1)[-1]]

    def run(self, launch: Launch) -> Task:
        """Start a task."""
        with self._lock:
            if self._closing.is_set():
                raise RuntimeError("no task is started, the sandbox is shutting down")
            task = Task(launch)
            self._tasks[task.id] = task
            run = self._runs[task.id] = TaskRun(
                task,
                self._host,
                lock=self._lock,
                metadata_url=self._metadata.url(task),
                changed=self._changed,
                tell=lambda message: self._tell(launch, message),
                closing=self._closing,
            )
            self._changed()
        run.start()
        return task

    def stop(self, task: Task, code: str, reason: str) -> None:
        """Ask for a task's end; its service, if it has one, replaces it."""
        with self._lock:
            task.end(code, reason)
            self._changed()

    def exec(
        self, task_arn: str, container: str | None, command: str
    ) -> tuple[Sequence[str], dict[str, str], Path]:
        """Argument vector, environment and working folder for a command inside a running task.

        `TASK_PROCESS_GROUP` names the task's processes to the command, which on AWS would see no others.
        KeyError for an unknown task or container, RuntimeError for a task that does not run.
        """
        with self._lock:
            task = self.task(task_arn)
            if container not in (None, task.launch.definition.container_name):
                raise KeyError(container)
            if task.process is None or not task.alive:
                raise RuntimeError(f"expected task {task.id} to run; it is {task.last_status}")
            run = self._runs[task.id]
            environment = {**run.environment(), "TASK_PROCESS_GROUP": str(task.process.pid)}
            return ["/bin/sh", "-c", command], environment, run.scratch

    def _metadata_document(self, task_id: str) -> dict[str, object]:
        with self._lock:
            return metadata.document(self._tasks[task_id])

    def _changed(self) -> None:
        self._generation += 1
        self._lock.notify_all()

    def _tell(self, launch: Launch, message: str) -> None:
        service = self._services.get((launch.cluster_arn, launch.group.removeprefix("service:")))
        if service is not None and launch.group == service.group:
            service.tell(message)

    def _loop(self) -> None:
        while not self._closing.is_set():
            with self._lock:
                seen = self._generation
                awaited = [task for service in self._services.values() for task in self._awaited(service)]
            # Outside the lock: it asks the load balancer, which may take a while.
            settled = {task for task in awaited if self._healthy(task)}
            with self._lock:
                if self._closing.is_set():
                    return
                waits = [self._reconcile(service, settled) for service in list(self._services.values())]
                self._forget_old()
                if self._generation == seen:
                    self._lock.wait(min((wait for wait in waits if wait is not None), default=None))

    def _awaited(self, service: Service) -> list[Task]:
        """The running tasks of a new deployment whose health decides whether older tasks may go."""
        if len(service.deployments) == 1:
            return []
        return [task for task in self._running(service) if task.launch.started_by == service.primary.id]

    def _healthy(self, task: Task) -> bool:
        groups = [entry for entry in task.launch.load_balancers if "targetGroupArn" in entry]
        return all(
            self._host.targets.healthy(
                entry["targetGroupArn"], str(task.address), int(entry["containerPort"])
            )
            for entry in groups
        )

    def _running(self, service: Service) -> list[Task]:
        return [task for task in self.tasks_of(service) if task.last_status == "RUNNING"]

    def _reconcile(self, service: Service, settled: Iterable[Task]) -> float | None:
        """One step for one service, under the lock; the seconds until the next look, None when only a change counts."""
        tasks = self.tasks_of(service)
        self._count_crashes(service, tasks)
        plan = rollout.plan(service, tasks, set(settled))
        for task in plan.stop:
            service.tell(f"has stopped 1 running tasks: (task {task.id}).")
            task.end(
                "ServiceSchedulerInitiated",
                f"Scaling activity initiated by (deployment {service.primary.id})",
            )
            self._changed()
        delay_s = service.not_before - time.monotonic()
        if plan.start and delay_s <= 0:
            for _ in range(plan.start):
                task = self.run(service.launch())
                service.tell(f"has started 1 tasks: (task {task.id}).")
        if plan.start or plan.stop:
            service.steady = False
        else:
            self._settle(service, tasks)
        waits = [delay_s] if plan.start and delay_s > 0 else []
        waits += [HEALTH_LOOK_S] if self._awaited(service) else []
        waits += [
            (task.protected_until - now()).total_seconds()
            for task in tasks
            if task.protected_until and task.protected and task.desired_status == "RUNNING"
        ]
        return max(0.0, min(waits)) if waits else None

    def _count_crashes(self, service: Service, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if task.counted or task.desired_status == "RUNNING":
                continue
            task.counted = True
            if task.stop_code in ("EssentialContainerExited", "TaskFailedToStart"):
                lived = (task.times["stoppingAt"] - task.times["createdAt"]).total_seconds()
                service.crashes = 1 if lived > rollout.SETTLED_S else service.crashes + 1
                service.not_before = time.monotonic() + rollout.backoff_s(service.crashes)
                for deployment in service.deployments:
                    deployment.failed_tasks += deployment.id == task.launch.started_by
                if service.crashes == UNSTABLE:
                    service.tell("is unable to consistently start tasks successfully.")

    def _settle(self, service: Service, tasks: Sequence[Task]) -> None:
        left = {task.launch.started_by for task in tasks if task.last_status != "STOPPED"}
        service.deployments[1:] = [entry for entry in service.deployments[1:] if entry.id in left]
        if service.status == "DRAINING" and not left:
            service.status = "INACTIVE"
            self._changed()
        if service.status != "ACTIVE" or service.steady or len(service.deployments) > 1:
            return
        if any(task.last_status not in ("RUNNING", "STOPPED") for task in tasks):
            return
        service.steady = True
        if service.primary.rollout_state != "COMPLETED":
            service.primary.rollout_state = "COMPLETED"
            service.primary.updated_at = now()
            service.tell(f"(deployment {service.primary.id}) deployment completed.")
        service.tell("has reached a steady state.")
        self._changed()

    def _forget_old(self) -> None:
        limit = now() - STOPPED_KEPT
        for task in [task for task in self._tasks.values() if task.times.get("stoppedAt", now()) < limit]:
            del self._tasks[task.id], self._runs[task.id]


def counts(tasks: Iterable[Task]) -> tuple[int, int]:
    """How many tasks are running, and how many are pending."""
    tasks = list(tasks)
    running = sum(task.last_status == "RUNNING" for task in tasks)
    return running, sum(task.last_status in STARTING for task in tasks)
