"""A shell that sees the workspaces: in an Edit task through ECS Exec, or on this machine where they are mounted."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from acceptance.config.mark import Mark
from acceptance.config.profile import Profile
from acceptance.drivers.ecs import EcsServices, Task
from acceptance.drivers.ecs_exec.channel import CommandOutput, ExecChannel
from acceptance.drivers.standalone_task import StandaloneTask
from acceptance.waiting.errors import CutShort, NotReady, UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.trace import TRACE, Lane
from acceptance.waiting.waits import ClaimFailed, wait_until

MAINTENANCE_LIFETIME = timedelta(minutes=15)
"""A maintenance task ends by itself after this, should the suite be killed before it stops it."""

AGAIN_AFTER = timedelta(milliseconds=300)


class Shell(Protocol):
    """Runs POSIX shell scripts where the workspaces are."""

    @property
    def root(self) -> str:
        """The folder that holds all workspaces, as the script sees it."""
        ...

    @property
    def root_in_task(self) -> str:
        """The same as an Edit task sees it."""
        ...

    def run(self, script: str) -> CommandOutput:
        """Run a script to its end, whatever its exit code."""
        ...

    def read(self, script: str) -> CommandOutput:
        """Likewise for a script that may be run again where it is cut short: it changes nothing, or nothing twice."""
        ...

    def close(self) -> None:
        """Give back what was started for it."""
        ...


class MountedShell:
    """The workspaces are mounted on this machine."""

    def __init__(self, root: Path, timeout: timedelta, root_in_task: str = "") -> None:
        """`root_in_task`: where an Edit task has them; by default in the same place."""
        self._root = root
        self.root_in_task = root_in_task or str(root)
        self._timeout_s = timeout.total_seconds()

    @property
    def root(self) -> str:
        return str(self._root)

    def run(self, script: str) -> CommandOutput:
        """Raises Unreachable if the script does not end in time."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "COPYFILE_DISABLE": "1"}
        with TRACE.during(Lane.COMMANDS, "on this machine", script) as event:
            try:
                done = subprocess.run(
                    ["/bin/sh", "-c", script],
                    capture_output=True,
                    check=False,
                    stdin=subprocess.DEVNULL,
                    timeout=self._timeout_s,
                    env=environment,
                )
            except subprocess.TimeoutExpired as late:
                raise Unreachable(f"{script!r} did not end in {self._timeout_s:g} s") from late
            output = CommandOutput(done.returncode, done.stdout, done.stderr)
            event.outcome = output.told
        return output

    def read(self, script: str) -> CommandOutput:
        """Nothing cuts it short here."""
        return self.run(script)

    def close(self) -> None:
        pass


class ExecShell:
    """A running Edit task if there is one, else a maintenance task of the same definition that only sleeps."""

    def __init__(self, fleet: EcsServices, channel: ExecChannel, profile: Profile, mark: Mark) -> None:
        self._fleet = fleet
        self._channel = channel
        self._profile = profile
        self._maintenance = StandaloneTask(
            fleet,
            "edit",
            started_by=str(mark),
            command=["sleep", f"{MAINTENANCE_LIFETIME.total_seconds():.0f}"],
        )

    @property
    def root(self) -> str:
        return self._profile.workspace.root

    @property
    def root_in_task(self) -> str:
        return self.root

    def run(self, script: str) -> CommandOutput:
        """Raises NotReady if no task takes the command in time, or the maintenance task cannot start; CutShort if one
        ended under it.
        """
        return self._run(script, (NotReady,))

    def read(self, script: str) -> CommandOutput:
        """As `run`, in another task if one ended under it: Edit's last goes as soon as nobody is at work."""
        return self._run(script, (NotReady, CutShort))

    def _run(self, script: str, transient: tuple[type[Exception], ...]) -> CommandOutput:
        patience = self._profile.patience
        try:
            return wait_until(
                lambda deadline: self._channel.run(
                    self._task().arn, self._profile.names.edit_container, script, deadline=deadline
                ),
                DescribedMatcher[CommandOutput]("a command run to its end", lambda _: True, str),
                what="a command in an Edit task",
                within=patience.wake + patience.exec_agent + patience.request,
                every=AGAIN_AFTER,
                transient=transient,
            )
        except ClaimFailed as late:
            raise NotReady(str(late)) from late

    def close(self) -> None:
        """Stop the maintenance task and wait until it is gone; none started is no error."""
        self._maintenance.end(self._profile.patience.session_end)

    def _task(self) -> Task:
        """A task that takes commands now. NotReady if none does yet; one is started if none is on its way.

        Asked before every attempt: a task of the service that was there a moment ago may be on its way out.
        """
        ready = [task for task in self._fleet.running("edit") if task.exec_ready]
        if len(ready) > 1:
            # One that nobody works on may be scaled in, and would take the command with it.
            protected = self._fleet.protected(ready)
            ready.sort(key=lambda task: task.arn not in protected)
        if ready:
            return ready[0]
        known = self._maintenance.look()
        if known is not None and known.stopped and known.started_at is None:
            raise UnexpectedAnswer(f"{known} never ran: a maintenance task cannot start")
        if known is None or known.stopped:
            known = self._maintenance.start()
        if not known.exec_ready:
            raise NotReady(f"{known} does not take commands yet")
        return known


def shell_for(profile: Profile, fleet: EcsServices, channel: ExecChannel, mark: Mark) -> Shell:
    """The shell that the profile asks for."""
    told = profile.workspace
    if told.mounted_at is not None:
        return MountedShell(told.mounted_at, profile.patience.request, told.root)
    return ExecShell(fleet, channel, profile, mark)
