"""Platforms that do not wake, show or fall asleep as they should."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path
from typing import Any

from faults.platforms.scenarios import EXPIRES, EXPIRY, FIRST_REQUEST, FORGOTTEN_TAB, KEPT_AWAKE, ONE_TASK
from faults.registry import fault


@fault(
    "Edit sleeps on until Hermes runs.",
    part="session_api",
    caught_by=(ONE_TASK,),
    clause="then Hermes and Edit scale, both at once",
)
def edit_waits_for_hermes() -> None:
    """The session API has Hermes run and nothing else."""
    from sandbox.services.session_api.backend import Backend

    def never(self: Backend) -> bool:
        del self
        return False

    Backend._asleep = never  # type: ignore[method-assign]


@fault(
    "The customer is answered before her session is on record.",
    part="session_api",
    caught_by=(FIRST_REQUEST,),
    clause="the record is in DynamoDB before the answer leaves",
)
def record_after_answer() -> None:
    """Records are written half a second after `create` has returned."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    create = Records.create

    def later(self: Records, record: SessionRecord, *rest: Any) -> SessionRecord:
        threading.Timer(0.5, create, (self, record, *rest)).start()
        return record

    Records.create = later  # type: ignore[method-assign, assignment]


@fault(
    "The browser's update client is served outside the session's own path.",
    part="edit",
    caught_by=(FIRST_REQUEST,),
    clause="with Vite that takes `vite.base`",
)
def hmr_client_at_root() -> None:
    """The base is given to Astro and not to Vite: pages lie under the path, Vite's client at `/@vite/client`."""
    from sandbox.services.edit import preview

    settings = preview.preview_settings

    def misplaced(*, root: Path, **rest: Any) -> dict[str, object]:
        right = settings(root=root, **rest)
        return {**right, "base": right["viteBase"], "viteBase": "/"}

    preview.preview_settings = misplaced


@fault(
    "Nobody ever ends a session that is left alone.",
    part="hermes",
    caught_by=(EXPIRES,),
    clause="A session is idle after `idle_timeout`",
)
def idle_reaper_never_runs() -> None:
    """No session counts as idle."""
    from sandbox.services.hermes.session_steps import Steps
    from sandbox.services.session_record import SessionRecord

    def never(self: Steps, record: SessionRecord) -> bool:
        del self, record
        return False

    Steps.idle = never  # type: ignore[method-assign]


@fault(
    "A session expires after two thirds of its idle time.",
    part="hermes",
    caught_by=(EXPIRY,),
    clause="Its end begins then: not before",
)
def idle_too_short() -> None:
    """Hermes counts with a shorter idle time than it was given."""
    from sandbox.services.hermes.session_steps import Steps

    make = Steps.__init__

    def impatient(self: Steps, **parts: Any) -> None:
        make(self, **parts)
        self.config = dataclasses.replace(self.config, idle_timeout_s=self.config.idle_timeout_s * 2 / 3)

    Steps.__init__ = impatient  # type: ignore[method-assign]


@fault(
    "Hermes leaves as soon as the last session has ended.",
    part="hermes",
    caught_by=(EXPIRES,),
    clause="and for one idle time after",
)
def hermes_leaves_at_once() -> None:
    """It does not wait for one more idle time."""
    from sandbox.services.hermes.reconcile import Reconciler

    def now(self: Reconciler) -> float:
        return self._busy_at

    Reconciler._sleep_at = now  # type: ignore[method-assign]


@fault(
    "A customer who only reads her preview is put out of it.",
    part="edit",
    caught_by=(KEPT_AWAKE,),
    clause="a preview page request, an instruction or a keepalive",
)
def page_views_ignored() -> None:
    """Page requests are counted nowhere."""
    from sandbox.services.edit.activity import Activity

    def page(self: Activity, session_id: str, user_id: str) -> None:
        del self, session_id, user_id

    Activity.page = page  # type: ignore[method-assign]


@fault(
    "A customer who says that she is still there is not believed.",
    part="session_api",
    caught_by=(KEPT_AWAKE,),
    clause="a preview page request, an instruction or a keepalive",
)
def keepalives_ignored() -> None:
    """A keepalive is answered as ever, and changes nothing on record."""
    from sandbox.services.records import Records
    from sandbox.services.session_record import SessionRecord

    def touch(self: Records, record: SessionRecord) -> SessionRecord:
        del self
        return record

    Records.touch = touch  # type: ignore[method-assign]


@fault(
    "As long as one customer works, nobody's forgotten session ends.",
    part="hermes",
    caught_by=(FORGOTTEN_TAB,),
    clause="each session's life its own",
)
def activity_counts_for_everybody() -> None:
    """A session is idle once the latest activity of all sessions is long ago, as it is on record at that moment."""
    from sandbox.services.hermes.session_steps import Steps
    from sandbox.services.session_record import ACTIVE, SessionRecord

    idle = Steps.idle

    def of_all(self: Steps, record: SessionRecord) -> bool:
        latest = max(one.last_activity_at for one in (record, *self.records.with_status(ACTIVE)))
        return idle(self, dataclasses.replace(record, last_activity_at=latest))

    Steps.idle = of_all  # type: ignore[method-assign]


@fault(
    "For one session two Edit tasks are started.",
    part="hermes",
    caught_by=(ONE_TASK,),
    clause="Edit's desired count is min(3, sessions not ended)",
)
def second_edit_task() -> None:
    """One task more than there are sessions."""
    from sandbox.services.hermes.reconcile import Reconciler

    wanted = Reconciler.wanted

    def one_more(self: Reconciler) -> int:
        right = wanted(self)
        return right + 1 if right else 0

    Reconciler.wanted = one_more  # type: ignore[method-assign]


@fault(
    "The first preview after a sleep takes more than a minute.",
    part="hermes",
    caught_by=(FIRST_REQUEST,),
    clause="to a 200 preview with HMR connected, under 60 s",
)
def cold_start_of_65_s() -> None:
    """No session is placed before it is 62 s old."""
    from sandbox.services.hermes.reconcile import Reconciler
    from sandbox.services.hermes.session import Session
    from sandbox.services.session_record import epoch

    place = Reconciler._place

    def slowly(self: Reconciler, session: Session, fleet: Any) -> Any:
        age_s = time.time() - epoch(session.record.created_at)
        return place(self, session, fleet) if age_s > 62 else None

    Reconciler._place = slowly  # type: ignore[method-assign]
