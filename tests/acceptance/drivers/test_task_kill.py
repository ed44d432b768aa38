"""What befalls a task, in the one session that AWS gives to a task."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from acceptance.config.profile import Profile
from acceptance.drivers.ecs import EcsServices, Task
from acceptance.drivers.ecs_exec.channel import CommandOutput, ExecChannel, Heard
from acceptance.drivers.task_kill import Accidents
from acceptance.waiting.errors import NotReady, Unreachable
from acceptance.waiting.waits import Deadline
from tests.acceptance.drivers.test_shell import SERVING
from tests.filled_profile import filled


class OneSession:
    """A task that takes one command at a time, and dies of the first that says that it is armed, at its moment."""

    def __init__(self) -> None:
        self.task: Task = SERVING
        self.moment = threading.Event()
        self.taken = threading.Lock()
        self.commands: list[str] = []

    def run(
        self, task_arn: str, container: str, script: str, *, deadline: Deadline, heard: Heard | None = None
    ) -> CommandOutput:
        assert (task_arn, container) == (SERVING.arn, "edit")
        if not self.taken.acquire(blocking=False):
            raise NotReady("it has a session")
        self.commands.append(script)
        assert heard is not None
        assert "echo armed >&3" in script
        heard(b"noise\r\n")
        heard(b"noise\r\narmed\r\n")
        assert self.moment.wait(deadline.left_s())
        self.task = replace(SERVING, last_status="STOPPED", stop_code="EssentialContainerExited")
        raise Unreachable("the channel broke off")


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return filled(tmp_path)


def test_a_death_that_waits_for_its_moment_needs_no_second_session_to_be_seen_armed(profile: Profile) -> None:
    one = OneSession()

    class Fleet:
        def task(self, arn: str) -> Task:
            assert arn == SERVING.arn
            return one.task

    accidents = Accidents(cast(EcsServices, Fleet()), cast(ExecChannel, cast(Any, one)), profile)
    with accidents.dying_when(SERVING, "test -e /workspace/changed"):
        assert not one.task.stopped, "the block begins before the death"
        one.moment.set()
    assert one.task.stopped
    assert len(one.commands) == 1
