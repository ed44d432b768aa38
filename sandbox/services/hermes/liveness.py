"""Edit tasks that hang: ECS sees a task that dies, nobody but Hermes sees one that lives and does nothing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from sandbox.services.aws import AWS_ERRORS
from sandbox.services.hermes.capacity import Task
from sandbox.services.hermes.edit import Edit, EditUnavailable

log = logging.getLogger(__name__)

PINGS = 5
"""So many pings in a row must go without an answer: one is soon lost on a busy machine, five of them never were."""
PING_LIMIT_S = 3.0
"""How long a task may take over an answer that costs it a millisecond."""
PAUSE_S = 1.0
"""Between an answer and the next ping; silence has been a pause itself. A task that hangs is stopped within 20 s; its
stop timeout and a new task's start come on top."""


class Liveness:
    """Pings each Edit task on a thread of its own; one that hangs is stopped, for ECS to replace it."""

    def __init__(self, edit: Edit, stop: Callable[[str, str], None]) -> None:
        """`stop` takes a task's ARN and the reason; it may raise AWS_ERRORS."""
        self._edit = edit
        self._stop = stop
        self._lock = threading.Lock()
        self._wanted: frozenset[str] = frozenset()
        self._watched: set[str] = set()

    def watch(self, tasks: Iterable[Task]) -> None:
        """Watch these tasks from now on, and no others."""
        found = list(tasks)
        with self._lock:
            self._wanted = frozenset(task.arn for task in found)
            new = [task for task in found if task.arn not in self._watched]
            self._watched.update(task.arn for task in new)
        for task in new:
            threading.Thread(target=self._keep, args=(task,), name=f"ping-{task.ip}", daemon=True).start()

    def _keep(self, task: Task) -> None:
        pause, missed = threading.Event(), 0
        while missed < PINGS and task.arn in self._wanted:
            if self._hangs(task):
                missed += 1
            else:
                missed = 0
                pause.wait(PAUSE_S)
        if task.arn in self._wanted:
            self._replace(task)
        with self._lock:
            self._watched.discard(task.arn)

    def _hangs(self, task: Task) -> bool:
        """Whether one ping ran into its limit. A refusal is none of ours: the task is starting, or ECS sees it die."""
        asked = time.monotonic()
        try:
            self._edit.ping(task.ip, PING_LIMIT_S)
        except EditUnavailable as error:
            log.info("no answer to a ping: %s", error)
            return time.monotonic() - asked >= PING_LIMIT_S
        return False

    def _replace(self, task: Task) -> None:
        log.warning("task %s hangs: %d pings in a row without an answer", task.arn, PINGS)
        try:
            self._stop(task.arn, f"hangs: its control port did not answer {PINGS} times in a row")
        except AWS_ERRORS:
            log.exception("task %s is not stopped; it is watched anew", task.arn)
