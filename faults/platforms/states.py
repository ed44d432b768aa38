"""Platforms whose sessions are called what they are not."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

from faults.platforms.scenarios import (
    ENDED_AGAIN,
    ENDING,
    EXPIRES,
    NEVER_BACK,
    READY,
    STATUS,
    TOLD_WHY,
    TOO_LATE,
)
from faults.registry import fault


@fault(
    "A session that nobody used is said to have been ended.",
    part="hermes",
    caught_by=(EXPIRES,),
    clause="`initializing -> active -> draining -> inactive`",
    values=True,
)
def expiry_called_an_end() -> None:
    """An idle session ends as `inactive`."""
    from sandbox.services.hermes import session_steps

    session_steps.EXPIRED = "inactive"  # type: ignore[attr-defined]


@fault(
    "A session that failed is said to have been ended.",
    part="hermes",
    caught_by=(TOLD_WHY,),
    clause="any `-> failed`",
    values=True,
)
def failure_called_an_end() -> None:
    """What cannot be opened ends as `inactive`."""
    from sandbox.services.hermes import session_steps

    session_steps.FAILED = "inactive"  # type: ignore[attr-defined]


@fault(
    "A session is called active while its visitors still wait.",
    part="hermes",
    caught_by=(READY,),
    clause="A session is `active` only once its target is healthy behind its rule",
)
def active_before_it_is_served() -> None:
    """It is active when its task has it open; rule and health come a second later."""
    from sandbox.services.hermes.session_steps import Steps

    open_ = Steps.open
    since: dict[str, float] = {}

    def early(self: Steps, session: Any, task: Any) -> bool:
        began = since.setdefault(session.session_id, time.monotonic())
        if session.opened_on is not None:
            self._activate(session)
            if time.monotonic() < began + 1:
                return False
        return open_(self, session, task)

    Steps.open = early  # type: ignore[method-assign]


@fault(
    "What was written of a session since is written over by a later request.",
    part="session_api",
    caught_by=(ENDED_AGAIN, TOO_LATE),
    clause="Changes are conditional writes: two writers cannot both win",
)
def later_writer_wins() -> None:
    """The session API writes what it has made up its mind to, whatever the record says."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    change = Records.change

    def regardless(
        self: Records, record: SessionRecord, changes: Mapping[str, Any], expect: Mapping[str, Any]
    ) -> SessionRecord | None:
        del expect
        return change(self, record, changes, {})

    Records.change = regardless  # type: ignore[method-assign]


@fault(
    "Whoever asks for a session's status twice is told the same twice, whatever has happened.",
    part="session_api",
    caught_by=(STATUS,),
    clause="A deactivated session is `draining` in the answer and on record",
)
def status_from_a_cache() -> None:
    """An answer of the status call is good for five seconds."""
    from sandbox.services.session_api import sessions

    status = sessions.status
    kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def cached(record: Any) -> dict[str, Any]:
        at, told = kept.get(record.session_id, (0.0, {}))
        if time.monotonic() > at + 5:
            at, told = kept[record.session_id] = time.monotonic(), status(record)
        return told

    sessions.status = cached


@fault(
    "A session whose task dies is called initializing again until it is back.",
    part="hermes",
    caught_by=(NEVER_BACK,),
    clause="Never backwards",
)
def set_back_by_a_death() -> None:
    """Whoever is placed on another task begins from the first state."""
    from sandbox.services.hermes.capacity import Fleet, Task
    from sandbox.services.hermes.reconcile import Reconciler
    from sandbox.services.hermes.session import Session
    from sandbox.services.session_record import ACTIVE, INITIALIZING

    place = Reconciler._place

    def anew(self: Reconciler, session: Session, fleet: Fleet) -> Task | None:
        task = place(self, session, fleet)
        if task is not None and session.record.status == ACTIVE:
            session.record = (
                self.records.change(session.record, {"status": INITIALIZING}, {"status": ACTIVE})
                or session.record
            )
        return task

    Reconciler._place = anew  # type: ignore[method-assign]


@fault(
    "Whoever ends a session is told that it has ended, and it has not.",
    part="session_api",
    caught_by=(ENDING,),
    clause='202 `{sessionId, status: "draining"}`',
)
def end_called_done() -> None:
    """The answer says `inactive`."""
    from sandbox.services.session_api import sessions

    deactivate = sessions.deactivate

    def done(platform: Any, record: Any) -> Any:
        return dataclasses.replace(deactivate(platform, record), status="inactive")

    sessions.deactivate = done
