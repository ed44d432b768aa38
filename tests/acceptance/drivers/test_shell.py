"""The shell finds a task that takes commands, whatever becomes of the one it found first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from acceptance.config.mark import Mark
from acceptance.config.profile import Profile
from acceptance.drivers.ecs import EcsServices, Task
from acceptance.drivers.ecs_exec.channel import CommandOutput, ExecChannel
from acceptance.drivers.shell import ExecShell
from acceptance.waiting.errors import CutShort, NotReady, UnexpectedAnswer
from acceptance.waiting.waits import Deadline
from tests.filled_profile import filled

RUN = "1125-130000-abcd"

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVING = Task(
    "arn:task/serving", "service:edit", "RUNNING", "RUNNING", "127.0.0.9", NOW, NOW, None, None, None, True
)
RESTING = replace(SERVING, arn="arn:task/resting", group="family:edit")


class FakeFleet:
    """Edit's tasks, and the maintenance tasks that were started."""

    def __init__(self, *serving: Task, maintenance: Task = RESTING) -> None:
        self.serving = list(serving)
        self.maintenance = maintenance
        self.working: frozenset[str] = frozenset()
        self.started = 0
        self.looks = 0
        self.blind = 0
        """How many looks at the maintenance task find nothing."""

    def running(self, role: str) -> tuple[Task, ...]:
        assert role == "edit"
        return tuple(self.serving)

    def protected(self, tasks: Sequence[Task]) -> frozenset[str]:
        assert list(tasks) == self.serving
        return self.working

    def task(self, arn: str) -> Task | None:
        assert arn == self.maintenance.arn
        self.looks += 1
        return self.maintenance if self.looks > self.blind else None

    def start_task(
        self, role: str, *, started_by: str, command: Sequence[str] | None, lifetime: timedelta | None
    ) -> Task:
        assert (role, started_by, command, lifetime) == ("edit", f"acc-{RUN}", ["sleep", "900"], None)
        self.started += 1
        return self.maintenance


class FakeChannel:
    """Runs what it is given, but on a task that is going fails so once and makes it go."""

    def __init__(self, fleet: FakeFleet, going: str | None = None, how: type[Exception] = NotReady) -> None:
        self.fleet = fleet
        self.going = going
        self.how = how
        self.asked: list[str] = []

    def run(self, task_arn: str, container: str, script: str, *, deadline: Deadline) -> CommandOutput:
        assert container and script and deadline
        self.asked.append(task_arn)
        if task_arn == self.going:
            self.fleet.serving.clear()
            raise self.how("the task is stopping")
        return CommandOutput(0, b"done", b"")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return filled(tmp_path_factory.mktemp("ca"))


def shell(fleet: FakeFleet, channel: FakeChannel, profile: Profile) -> ExecShell:
    """A shell on fakes."""
    return ExecShell(
        cast(EcsServices, fleet), cast(ExecChannel, cast(Any, channel)), profile, Mark("acc", RUN)
    )


def test_it_runs_in_a_task_of_the_service_if_there_is_one(profile: Profile) -> None:
    fleet = FakeFleet(SERVING)
    channel = FakeChannel(fleet)
    assert shell(fleet, channel, profile).run("true").stdout == b"done"
    assert (channel.asked, fleet.started) == ([SERVING.arn], 0)


def test_of_several_it_takes_one_that_somebody_works_on(profile: Profile) -> None:
    fleet = FakeFleet(SERVING, replace(SERVING, arn="arn:task/working"))
    fleet.working = frozenset({"arn:task/working"})
    channel = FakeChannel(fleet)
    shell(fleet, channel, profile).run("true")
    fleet.working = frozenset()
    shell(fleet, channel, profile).run("true")
    assert channel.asked == ["arn:task/working", SERVING.arn]


def test_it_starts_one_maintenance_task_and_keeps_it_if_nothing_runs(profile: Profile) -> None:
    fleet = FakeFleet()
    channel = FakeChannel(fleet)
    with_none = shell(fleet, channel, profile)
    with_none.run("true")
    with_none.run("true")
    assert (channel.asked, fleet.started) == ([RESTING.arn] * 2, 1)


def test_it_starts_no_other_while_ecs_does_not_know_the_first_yet(profile: Profile) -> None:
    fleet = FakeFleet()
    fleet.blind = 3
    with_late_news = shell(fleet, FakeChannel(fleet), profile)
    for _ in range(4):
        with_late_news.run("true")
    assert (fleet.started, fleet.looks) == (1, 3)


def test_a_task_that_goes_away_under_it_is_replaced_by_a_maintenance_task(profile: Profile) -> None:
    fleet = FakeFleet(SERVING)
    channel = FakeChannel(fleet, going=SERVING.arn)
    assert shell(fleet, channel, profile).run("true").stdout == b"done"
    assert (channel.asked, fleet.started) == ([SERVING.arn, RESTING.arn], 1)


def test_what_a_task_cuts_short_is_run_again_if_it_changes_nothing(profile: Profile) -> None:
    fleet = FakeFleet(SERVING)
    channel = FakeChannel(fleet, going=SERVING.arn, how=CutShort)
    with pytest.raises(CutShort):
        shell(fleet, channel, profile).run("echo >> file")
    fleet.serving.append(SERVING)
    assert shell(fleet, channel, profile).read("cat file").stdout == b"done"
    assert channel.asked == [SERVING.arn, SERVING.arn, RESTING.arn]


def test_a_maintenance_task_that_never_starts_is_told_with_its_reason(profile: Profile) -> None:
    dead = replace(
        RESTING, last_status="STOPPED", started_at=None, exec_ready=False, stopped_reason="no image"
    )
    fleet = FakeFleet(maintenance=dead)
    with pytest.raises(UnexpectedAnswer, match="no image"):
        shell(fleet, FakeChannel(fleet), profile).run("true")
