"""Sessions whose tasks something befalls: who serves before and after, and what is asked meanwhile."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType

from hamcrest.core.matcher import Matcher

from acceptance.drivers.ecs import Task
from acceptance.drivers.http import Answer
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_table import SessionRecord
from acceptance.journeys.customer_session import CustomerSession
from acceptance.journeys.preview_crash import crash_preview, hang_preview
from acceptance.matchers.answers import is_live
from acceptance.matchers.preview import served_by
from acceptance.waiting.errors import NotReady, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.observed import IN_A_ROW, Observed
from acceptance.waiting.waits import Deadline

SETTLED = 6
"""So many looks in a row at a record find it the same once nothing more is noted in it."""

MOST_CHANGES = 60
"""So many changes at most are asked for while something is under way, however slow it is."""


@dataclass(frozen=True)
class Service:
    """Who serves a session: what the record says, the task that it names, what its preview's health page answers, and
    what a visitor gets."""

    record: SessionRecord
    task: Task | None
    health: Answer
    page: Answer

    def __str__(self) -> str:
        task = (self.record.task_arn or "no task").rpartition("/")[2]
        says = f"{self.health}: {self.health.text[:200]}; {self.page}"
        ours, theirs = self.record.container_ip, self.task.ip if self.task else None
        at = "" if ours == theirs else f" at {ours}, where ECS has it at {theirs},"
        return f"session {self.record.status} on {task}{at} by its record; {says}"


def task_of(session: CustomerSession) -> Task:
    """The task that serves a session now; NotReady if its record names none that ECS knows."""
    arn = session.record.task_arn
    task = session.platform.fleet.task(arn) if arn else None
    if task is None:
        raise NotReady(f"{session}: expected a task on its record that ECS knows, found {arn}")
    return task


def sessions_by_task(sessions: Sequence[CustomerSession]) -> dict[str | None, tuple[CustomerSession, ...]]:
    """Sessions by the task that their records name."""
    found: dict[str | None, tuple[CustomerSession, ...]] = {}
    for session in sessions:
        arn = session.record.task_arn
        found[arn] = (*found.get(arn, ()), session)
    return found


def hermes(platform: Platform) -> Task:
    """The Hermes task at work; NotReady if there is none."""
    running = platform.fleet.running("hermes")
    if not running:
        raise NotReady("expected a Hermes task at work, found none")
    return running[0]


def _twice(befall: Callable[[CustomerSession], object]) -> Callable[[CustomerSession], None]:
    """Have it befall a session, and again once that is served again and open in a browser."""

    def and_again(session: CustomerSession) -> None:
        task = task_of(session)
        befall(session)
        # A preview's task stays: whether it is the same one is for the scenario to say.
        gone = None if befall is crash_preview else task
        service_of(session).becomes(is_served(session, but_not_by=gone))
        session.browsers.append(session.platform.open_page(session.preview_url, real=False))
        befall(session)

    return and_again


def _kill_task(session: CustomerSession) -> None:
    session.platform.accidents.kill(task_of(session))


ACCIDENTS: Mapping[tuple[str, str], Callable[[CustomerSession], object]] = MappingProxyType(
    {
        ("its Edit task", "dies suddenly"): _kill_task,
        ("its Edit task", "dies suddenly, and again once it is back"): _twice(_kill_task),
        ("its Edit task", "hangs"): lambda session: session.platform.accidents.hang(task_of(session)),
        ("its Edit task", "is stopped"): lambda session: session.platform.fleet.stop_task(
            task_of(session).arn, "maintenance"
        ),
        ("the customer's preview server", "hangs"): hang_preview,
        ("the customer's preview server", "dies suddenly, and again once it is back"): _twice(crash_preview),
        ("Hermes", "is scaled to zero"): lambda session: session.platform.fleet.scale("hermes", 0),
        ("Hermes", "dies suddenly"): lambda session: session.platform.accidents.kill(
            hermes(session.platform)
        ),
    }
)
"""What may befall a session, by whom it befalls and how. Death leaves no time to put anything away or to hand over;
what hangs has all its processes, of which none does anything; what is stopped is told to go, as for maintenance."""


def settled(session: CustomerSession) -> SessionRecord:
    """A session's record once it has stayed the same for a while: visits of its preview are noted some time after."""
    seen: list[SessionRecord] = []

    def look() -> SessionRecord:
        seen.append(session.record)
        return seen[-1]

    patience = session.platform.profile.patience
    same = DescribedMatcher[SessionRecord](
        "the same as before", lambda record: seen[-2:-1] == [record], lambda _: "another record"
    )
    return Observed(
        f"the record of {session}", look, patience.request, patience.poll, steadily=SETTLED
    ).becomes(same)


def hermes_after(platform: Platform, before: Iterable[Task]) -> Observed[Sequence[Task]]:
    """The Hermes tasks at work that are none of those."""
    known = {task.arn for task in before}
    return Observed(
        "Hermes",
        lambda: [task for task in platform.fleet.running("hermes") if task.arn not in known],
        within=platform.profile.patience.recovery,
        every=platform.profile.patience.poll,
    )


def until_begun(session: CustomerSession) -> None:
    """Wait until the platform has begun to wake a session: a task is wanted for it, or there.

    ECS may tell what is wanted seconds late (API reference, on eventual consistency), when a quick one serves already.
    """
    fleet = session.platform.fleet

    def look() -> tuple[int, int]:
        there = [task for task in fleet.tasks("edit") if task.desired_status == "RUNNING"]
        return len(there), fleet.counts("edit").desired

    begun = DescribedMatcher[tuple[int, int]](
        "an Edit task wanted, or there", any, lambda seen: f"{seen[0]} there, {seen[1]} wanted"
    )
    Observed(f"service edit for {session}", look, session.platform.profile.patience.wake).becomes(begun)


def ask_amid(dying: AbstractContextManager[threading.Event], session: CustomerSession) -> None:
    """Ask for one change of the heading after the other, as fast as they are accepted, all through somebody's death.

    `dying` begins when the first of them has been carried out, with more of them received and not: before, nobody has
    begun with anything that could be lost.
    """
    before = session.record.last_commit
    asked = 0

    def ask() -> bool:
        nonlocal asked
        asked += 1
        session.ask(f'Change the heading to "Change number {asked}"')
        return asked < MOST_CHANGES

    while ask() and session.record.last_commit == before:
        pass
    with dying as struck:
        while ask() and not struck.is_set():
            pass


def heading_in(instruction: str) -> str:
    """What an instruction wants the heading to be; ValueError if it is about something else."""
    found = re.fullmatch(r'Change the heading to "(.+)"', instruction)
    if found is None:
        raise ValueError(f"{instruction!r} is not about the heading")
    return found[1]


def last_heading(session: CustomerSession) -> str:
    """What the last instruction wants the heading to be; ValueError if it is about something else."""
    return heading_in(session.instructions[-1])


def service_of(session: CustomerSession) -> Observed[Service]:
    """Who serves a session."""
    platform = session.platform

    def look(deadline: Deadline) -> Service:
        health = session.health(deadline)
        page = platform.preview.get(session.preview_url, deadline=deadline)
        record = session.record
        task = platform.fleet.task(record.task_arn) if record.task_arn else None
        return Service(record, task, health, page)

    within = platform.profile.patience.recovery
    return Observed(str(session), look, within=within, steadily=IN_A_ROW, transient=(Unreachable,))


def is_served(
    session: CustomerSession, *, by: Task | None = None, but_not_by: Task | None = None
) -> Matcher[Service]:
    """A session active on the task on its record, under that task's address, which is that one or another one, if
    given, and which answers for it at the address that it was given."""

    def holds(seen: Service) -> bool:
        record = seen.record
        there = record.status == "active" and record.preview_url == session.preview_url
        right = by is None or record.task_arn == by.arn
        found = seen.task is not None and record.container_ip == seen.task.ip
        moved = but_not_by is None or record.task_arn != but_not_by.arn
        served = served_by(record).matches(seen.health) and is_live().matches(seen.page)
        return there and right and found and moved and served

    told = [f"by task {by.task_id}"] if by else []
    told += [f"by another task than {but_not_by.task_id}"] if but_not_by else []
    return DescribedMatcher(
        f"a session served {' and '.join(told) or 'by the task on its record'}", holds, str
    )
