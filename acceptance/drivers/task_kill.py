"""What may befall a running task: death, a standstill, its service forced to zero. All by public protocols."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from acceptance.capabilities import Capability
from acceptance.config.profile import Profile
from acceptance.config.sections import Exec
from acceptance.drivers.ecs import EcsServices, Task
from acceptance.drivers.ecs_exec.channel import ExecChannel, Heard
from acceptance.drivers.standalone_task import stopped
from acceptance.waiting.errors import NotOffered, NotReady, UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import Deadline, wait_until

MOMENT_S = 60
"""A death that waits for its moment gives up after this, so that no busy loop stays behind."""


ARMED = "armed"
"""What a death says that waits for its moment from then on."""


class Accidents:
    """Befall tasks of one deployment."""

    def __init__(self, fleet: EcsServices, channel: ExecChannel, profile: Profile) -> None:
        self._fleet = fleet
        self._channel = channel
        self._profile = profile

    @property
    def _exec(self) -> Exec:
        if self._profile.exec is None:
            raise NotOffered(Capability.TASK_KILL)
        return self._profile.exec

    def kill(self, task: Task) -> Task:
        """Kill all that runs in a task at once, as SIGKILL does; returns once ECS knows that its container is dead.

        Raises:
            CommandFailed: the profile's kill command does not work there.
            NotInTime: the task did not take the command, or lived on. NeverWill: it has stopped already.
        """
        self._strike(task, self._exec.kill)
        return self._dead(task)

    def hang(self, task: Task) -> None:
        """Stop all that runs in a task without ending it, as SIGSTOP does; ECS sees nothing of it. Raises as `kill`."""
        self._strike(task, self._exec.hang)

    @contextmanager
    def dying(self, task: Task) -> Iterator[threading.Event]:
        """Have a task killed while the block runs; it yields what is set when that was done. Raises as `kill`.

        At the end of the block ECS knows that the task is dead.
        """
        with self._meanwhile(task, self._exec.kill) as struck:
            yield struck

    @contextmanager
    def dying_when(self, task: Task, condition: str) -> Iterator[None]:
        """Have a task killed at the moment at which a POSIX shell condition holds in it; at the end it is dead.

        The block begins once the task watches for that moment. In the condition, `$armed` is a file made just before.
        Raises as `kill`.
        """
        armed = threading.Event()
        flag = f"${{TMPDIR:-/tmp}}/armed-{secrets.token_hex(4)}"
        script = f"""armed="{flag}"; : > "$armed"; end=$(($(date +%s) + {MOMENT_S})); echo {ARMED} >&3
until {condition}; do
  if [ "$(date +%s)" -ge "$end" ]; then echo "the moment never came" >&2; exit 3; fi
done
{self._exec.kill}"""

        def hear(said: bytes) -> None:
            if ARMED.encode() in said:
                armed.set()

        with self._meanwhile(task, script, hear):
            wait_until(
                armed.is_set,
                DescribedMatcher[bool]("armed", bool, lambda _: "not armed yet"),
                what=f"the death of {task}",
                within=self._profile.patience.exec_agent,
            )
            yield

    def shut_down(self, role: str) -> tuple[Task, ...]:
        """Force a service (`hermes` or `edit`) to zero: none wanted, every task stopped. The tasks that there were."""
        tasks = self._fleet.tasks(role)
        self._fleet.scale(role, 0)
        for task in tasks:
            self._fleet.stop_task(task.arn, "the service is forced to zero")
        for task in tasks:
            wait_until(
                partial(self._fleet.task, task.arn),
                stopped(),
                what=str(task),
                within=self._profile.patience.session_end,
            )
        return tasks

    @contextmanager
    def _meanwhile(self, task: Task, script: str, heard: Heard | None = None) -> Iterator[threading.Event]:
        failures: list[Exception] = []
        struck = threading.Event()

        def strike() -> None:
            try:
                self._strike(task, script, heard)
            except Exception as failure:  # noqa: BLE001 - raised again below, in the thread that asked
                failures.append(failure)
            finally:
                struck.set()

        striking = threading.Thread(target=strike, name=f"death of {task.task_id}", daemon=True)
        striking.start()
        try:
            yield struck
        finally:
            striking.join()
        if failures:
            raise failures[0]
        self._dead(task)

    def _strike(self, task: Task, script: str, heard: Heard | None = None) -> None:
        """Run a script that befalls its own task, as soon as the task takes commands."""
        wait_until(
            partial(self._fleet.task, task.arn),
            DescribedMatcher[Task | None](
                "a task that takes commands", lambda seen: seen is not None and seen.exec_ready, str
            ),
            what=str(task),
            within=self._profile.patience.exec_agent,
            fatal=stopped(),
        )
        wait_until(
            lambda deadline: self._struck(task, script, deadline, heard),
            DescribedMatcher[bool]("a command run", bool, str),
            what=f"the command that befalls {task}",
            within=self._profile.patience.exec_agent,
            transient=(NotReady,),
        )

    def _struck(self, task: Task, script: str, deadline: Deadline, heard: Heard | None) -> bool:
        names = self._profile.names
        of_hermes = task.group == f"service:{names.hermes}"
        container = names.hermes_container if of_hermes else names.edit_container
        try:
            self._channel.run(task.arn, container, script, deadline=deadline, heard=heard).checked(script)
        except (Unreachable, UnexpectedAnswer):
            # The command may die or stop with its task, and the channel with it: what the task does next tells.
            return True
        return True

    def _dead(self, task: Task) -> Task:
        seen = wait_until(
            partial(self._fleet.task, task.arn),
            DescribedMatcher[Task | None](
                "a task whose container has exited",
                lambda seen: seen is not None and seen.stop_code == "EssentialContainerExited",
                lambda seen: f"{seen}, stop code {seen.stop_code}" if seen else "no such task",
            ),
            what=str(task),
            within=self._profile.patience.session_end,
        )
        return seen or task
