"""Platforms on which customers disturb each other, or where many at once are too many."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable

from faults.platforms.scenarios import (
    BURST,
    CRASH,
    ENDING,
    EXPIRY,
    HANGS,
    INSTRUCTION,
    MANY,
    SHRINKING,
    THREE,
    TWO_HERMES,
)
from faults.registry import fault


@fault(
    "Every session gets a task of its own, however many that makes.",
    part="hermes",
    caught_by=(MANY,),
    clause="never above the scalable target's maximum",
)
def maximum_ignored() -> None:
    """The scalable target's maximum is not asked for."""
    from sandbox.services.hermes.capacity import Capacity

    def maximum(self: Capacity) -> int:
        del self
        return 99

    Capacity.maximum = maximum  # type: ignore[method-assign]


@fault(
    "All sessions crowd on one task while the others stand idle.",
    part="hermes",
    caught_by=(THREE,),
    clause="the least loaded first",
)
def first_task_takes_all() -> None:
    """The oldest task is chosen, whatever it hosts."""
    from sandbox.services.hermes import reconcile
    from sandbox.services.hermes.capacity import Fleet, Task

    def choose(fleet: Fleet, hosts: Iterable[str | None], wanted: int) -> Task | None:
        del hosts, wanted
        return next(iter(fleet.tasks), None)

    reconcile.choose = choose  # type: ignore[attr-defined]


@fault(
    "All customers of one client work in one workspace.",
    part="edit",
    caught_by=(THREE,),
    clause="two people never share a workspace",
)
def client_shares_workspace() -> None:
    """The workspace is opened for the client and not for the customer and her thread."""
    from sandbox.services.edit import workspace
    from sandbox.services.edit.workspace import Places, Workspace

    open_workspace = workspace.open_workspace

    def shared(places: Places, client_id: str, user_id: str, thread_id: str) -> Workspace:
        del user_id, thread_id
        return open_workspace(places, client_id, "everybody@example.com", "shared")

    workspace.open_workspace = shared


@fault(
    "An edit makes every open page on the same task reload, whoever it belongs to.",
    part="edit",
    caught_by=(INSTRUCTION,),
    clause="an edit in one session sends nothing to another",
)
def edit_reloads_neighbours() -> None:
    """After an instruction the home page's source is touched in all workspaces of the task."""
    from sandbox.services.edit.sessions import Session, Sessions

    instruct = Sessions.instruct

    async def and_touch(self: Sessions, session: Session, instruction_id: str, instruction: str) -> str:
        commit = await instruct(self, session, instruction_id, instruction)
        for other in map(self.get, self.ids()):
            if other is not None and other.workspace is not None:
                page = other.workspace.root / "src" / "pages" / "index.astro"
                page.write_bytes(page.read_bytes())
        return commit

    Sessions.instruct = and_touch  # type: ignore[method-assign]


@fault(
    "A preview server that crashes takes its whole task along.",
    part="edit",
    caught_by=(CRASH,),
    clause="3 and more sessions at once, each isolated",
)
def crash_takes_the_task() -> None:
    """Edit ends when the process of a preview has ended."""
    from sandbox.services.edit.preview import Preview

    async def keep(self: Preview) -> None:
        await self._ended.wait()
        os._exit(1)

    Preview._keep = keep  # type: ignore[method-assign]


@fault(
    "Whoever ends a session ends those beside it on the same task.",
    part="edit",
    caught_by=(ENDING, EXPIRY),
    clause="Ending one session touches no other",
)
def ending_ends_all_on_the_task() -> None:
    """Closing one session closes all that Edit holds."""
    from sandbox.services.edit.sessions import Sessions

    close = Sessions.close

    async def close_all(self: Sessions, session_id: str) -> None:
        for held in {session_id, *self.ids()}:
            await close(self, held)

    Sessions.close = close_all  # type: ignore[method-assign]


@fault(
    "A scale-in stops the youngest task, even if somebody is at work there.",
    part="hermes",
    caught_by=(SHRINKING,),
    clause="no task that hosts another session stops",
)
def scale_in_asks_nobody() -> None:
    """No task is ever protected from a scale-in."""
    from sandbox.services.hermes.capacity import Capacity

    def protect(self: Capacity, arns: Iterable[str]) -> set[str]:
        del self
        return set(arns)

    Capacity.protect = protect  # type: ignore[method-assign]


@fault(
    "Capacity once paid for is kept until the last session ends.",
    part="hermes",
    caught_by=(SHRINKING,),
    clause="Edit's desired count is min(3, sessions not ended)",
)
def capacity_never_shrinks() -> None:
    """As many tasks are wanted as ever were, until nobody is left."""
    from sandbox.services.hermes.reconcile import Reconciler

    wanted = Reconciler.wanted
    most = 0

    def at_least_as_many(self: Reconciler) -> int:
        nonlocal most
        right = wanted(self)
        most = max(most, right) if right else 0
        return most

    Reconciler.wanted = at_least_as_many  # type: ignore[method-assign]


@fault(
    "Hermes waits for a task that hangs, and everybody waits with it.",
    part="hermes",
    caught_by=(HANGS,),
    clause="What is asked of sessions on other tasks is carried out meanwhile",
)
def one_session_at_a_time() -> None:
    """A session's step begins when the one before, of whichever session, has had its task's answer."""
    import threading

    from sandbox.services.hermes.reconcile import Reconciler
    from sandbox.services.hermes.session import Session

    step = Reconciler._step
    turn = threading.Lock()

    def in_turn(self: Reconciler, session: Session) -> None:
        with turn:
            step(self, session)

    Reconciler._step = in_turn  # type: ignore[method-assign]


@fault(
    "Two Hermes tasks both believe that they lead.",
    part="hermes",
    caught_by=(TWO_HERMES,),
    clause="an answer is claimed before it is sent",
)
def everybody_leads() -> None:
    """The lease is given to whoever asks."""
    from sandbox.services.hermes.lease import Lease

    def held(self: Lease) -> bool:
        del self
        return True

    Lease.held = held  # type: ignore[method-assign]


@fault(
    "Sessions are numbered, so that anybody can find the next one's.",
    part="session_api",
    caught_by=(BURST,),
    clause="unguessable: at least 122 random bits",
)
def sessions_are_numbered() -> None:
    """A counter in place of random bits."""
    from sandbox.services.session_api import sessions

    numbers = itertools.count(1)

    def next_number() -> str:
        return f"{next(numbers):032x}"

    sessions.new_session_id = next_number  # type: ignore[attr-defined]


@fault(
    "Of many requests at the same moment some are turned away.",
    part="session_api",
    caught_by=(BURST,),
    clause="202 `{sessionId, clientId, userId, threadId, status:",
)
def busy_api_turns_away() -> None:
    """While another activation is under way, a request is answered with 429."""
    import threading

    from sandbox.services.session_api import sessions
    from sandbox.services.session_api.web import ApiError

    activate = sessions.activate
    one = threading.Lock()

    def one_at_a_time(*given: object, **named: object) -> object:
        if not one.acquire(blocking=False):
            raise ApiError(429, "too_many_requests", "Too many requests.")
        try:
            return activate(*given, **named)  # type: ignore[arg-type]
        finally:
            one.release()

    sessions.activate = one_at_a_time  # type: ignore[assignment]
