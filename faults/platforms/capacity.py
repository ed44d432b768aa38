"""Platforms with too few tasks or too many, that sleep too early, too late or not at all, or that forget somebody."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from faults.platforms.scenarios import (
    ALL_COME_BACK,
    COMES_BACK,
    EXPIRES,
    EXPIRY,
    HERMES_AGAIN,
    HUNG_TASK,
    MANY,
    NEVER_BACK,
    SHRINKING,
    THREE,
)
from faults.registry import fault

if TYPE_CHECKING:
    from sandbox.services.hermes.capacity import Fleet, Task


@fault(
    "A session that nobody uses lives half as long again as it should.",
    part="hermes",
    caught_by=(EXPIRY,),
    clause="a third of an idle time later at the latest",
)
def idle_half_as_long_again() -> None:
    """Hermes counts with one and a half idle times."""
    from sandbox.services.hermes.session_steps import Steps

    make = Steps.__init__

    def patient(self: Steps, **parts: Any) -> None:
        make(self, **parts)
        self.config = dataclasses.replace(self.config, idle_timeout_s=self.config.idle_timeout_s * 1.5)

    Steps.__init__ = patient  # type: ignore[method-assign]


@fault(
    "Hermes stays three idle times after the last session.",
    part="hermes",
    caught_by=(EXPIRES,),
    clause="Hermes runs while any session is not ended",
)
def hermes_stays_for_three() -> None:
    """It waits three times as long as it should."""
    from sandbox.services.hermes.reconcile import Reconciler

    def later(self: Reconciler) -> float:
        return self._busy_at + 3 * self.config.idle_timeout_s

    Reconciler._sleep_at = later  # type: ignore[method-assign]


@fault(
    "One Edit task is kept when nobody is left, to be quick for the next.",
    part="hermes",
    caught_by=(EXPIRES,),
    clause="When the last session ends, Edit goes to 0, then Hermes to 0",
)
def one_task_kept_warm() -> None:
    """Edit never goes below one again."""
    from sandbox.services.hermes.capacity import Capacity

    set_edit = Capacity.set_edit

    def at_least_one(self: Capacity, desired: int) -> None:
        set_edit(self, max(1, desired))

    Capacity.set_edit = at_least_one  # type: ignore[method-assign]


@fault(
    "Hermes never has more Edit tasks run than the one that woke with it.",
    part="hermes",
    caught_by=(THREE,),
    clause="Edit's desired count is min(3, sessions not ended)",
)
def hermes_never_scales_edit() -> None:
    """The reconciler's scaling does nothing."""
    from sandbox.services.hermes.reconcile import Reconciler

    def scale(self: Reconciler) -> None:
        del self

    Reconciler.scale = scale  # type: ignore[method-assign]


@fault(
    "Whoever comes fourth is put where most are already.",
    part="hermes",
    caught_by=(MANY,),
    clause="Beyond three sessions, tasks host several, the least loaded first",
)
def most_loaded_first() -> None:
    """Once every task has somebody, the fullest is chosen."""
    from sandbox.services.hermes import reconcile

    sound = reconcile.choose  # type: ignore[attr-defined]

    def fullest(fleet: Fleet, hosts: Iterable[str | None], wanted: int) -> Task | None:
        placed = list(hosts)
        task: Task | None = sound(fleet, placed, wanted)
        load = Counter(placed)
        if task is None or load[task.arn] == 0:
            return task
        return max(fleet.tasks, key=lambda one: load[one.arn])

    reconcile.choose = fullest  # type: ignore[attr-defined]


@fault(
    "When the third session comes, four tasks are started for a moment.",
    part="hermes",
    caught_by=(THREE,),
    clause="at most 3 tasks RUNNING at every moment",
)
def four_for_a_moment() -> None:
    """Edit's desired count is 4 for two seconds, then 3."""
    from sandbox.services.hermes.capacity import Capacity

    set_edit = Capacity.set_edit

    def over(self: Capacity, desired: int) -> None:
        set_edit(self, 4 if desired == 3 else desired)
        if desired == 3:
            threading.Timer(2.0, set_edit, (self, 3)).start()

    Capacity.set_edit = over  # type: ignore[method-assign]


@fault(
    "One task in three may be stopped while somebody is at work there.",
    part="hermes",
    caught_by=(SHRINKING,),
    clause="Ending one session touches no other",
)
def third_task_unprotected() -> None:
    """The protection of every third task, by age, is called done and is not."""
    from sandbox.services.hermes.capacity import Capacity

    protect = Capacity.protect
    numbers: dict[str, int] = {}

    def mostly(self: Capacity, arns: Iterable[str]) -> set[str]:
        wanted = set(arns)
        by_age = sorted(self._tasks(), key=lambda task: str(task["createdAt"]))
        for number, task in enumerate(by_age, 1):
            numbers.setdefault(task["taskArn"], number)
        safe = {arn for arn in wanted if numbers.get(arn, 1) % 3}
        return protect(self, safe) | (wanted - safe)

    Capacity.protect = mostly  # type: ignore[method-assign]


@fault(
    "A Hermes that is told to stop while people are at work stays away.",
    part="hermes",
    caught_by=(HERMES_AGAIN,),
    clause="told to stop earlier, it has another run",
)
def stopped_hermes_stays_away() -> None:
    """Nobody has another one run."""
    from sandbox.services.hermes.sleep import Sleep

    def leave(self: Sleep) -> None:
        del self

    Sleep.put_off = leave  # type: ignore[method-assign]


@fault(
    "Of two sessions whose task dies, one comes back.",
    part="hermes",
    caught_by=(ALL_COME_BACK,),
    clause="its sessions come back on the replacement",
)
def one_of_two_comes_back() -> None:
    """Where somebody of the same lost task is placed already, the next is forgotten."""
    from sandbox.services.hermes.reconcile import Reconciler
    from sandbox.services.hermes.session import Session

    place = Reconciler._place
    returned: dict[str, str] = {}

    def first_only(self: Reconciler, session: Session, fleet: Fleet) -> Task | None:
        lost = session.record.task_arn
        if lost is not None and returned.get(lost, session.session_id) != session.session_id:
            return None
        task = place(self, session, fleet)
        if lost is not None and task is not None:
            returned[lost] = session.session_id
        return task

    Reconciler._place = first_only  # type: ignore[method-assign]


@fault(
    "A session comes back from one task's death, and not from a second.",
    part="hermes",
    caught_by=(NEVER_BACK,),
    clause="its sessions come back on the replacement",
)
def second_death_is_final() -> None:
    """A session is placed twice at most."""
    from sandbox.services.hermes.reconcile import Reconciler
    from sandbox.services.hermes.session import Session

    place = Reconciler._place
    placed: Counter[str] = Counter()

    def twice(self: Reconciler, session: Session, fleet: Fleet) -> Task | None:
        if placed[session.session_id] >= 2:
            return None
        task = place(self, session, fleet)
        placed[session.session_id] += task is not None
        return task

    Reconciler._place = twice  # type: ignore[method-assign]


@fault(
    "A task that is slow for a moment is stopped, with all that happens on it.",
    part="hermes",
    caught_by=(HUNG_TASK,),
    clause="An Edit task whose control port answers none of five pings",
    values=True,
)
def impatient_with_tasks() -> None:
    """One ping of a second and a half without an answer is enough."""
    from sandbox.services.hermes import liveness

    liveness.PINGS, liveness.PING_LIMIT_S = 1, 1.5


@fault(
    "A task that hangs is stopped after a minute.",
    part="hermes",
    caught_by=(HUNG_TASK,),
    clause="An Edit task whose control port answers none of five pings",
    values=True,
)
def hung_tasks_stopped_late() -> None:
    """Fifteen pings in place of five."""
    from sandbox.services.hermes import liveness

    liveness.PINGS = 15


@fault(
    "A task that has died is not replaced.",
    part="sandbox",
    caught_by=(COMES_BACK,),
    clause="A task that dies is replaced",
)
def dead_tasks_not_replaced() -> None:
    """What ended by itself counts as running to the scheduler."""
    from sandbox.ecs import rollout
    from sandbox.ecs.service_state import Service
    from sandbox.ecs.tasks import Task as EcsTask

    plan = rollout.plan

    def content(service: Service, tasks: Any, settled: Any) -> rollout.Plan:
        known: list[EcsTask] = list(tasks)
        right = plan(service, known, settled)
        died = sum(task.stop_code == "EssentialContainerExited" for task in known)
        return dataclasses.replace(right, start=max(0, right.start - died))

    rollout.plan = content
