"""How late the suite notices: from the moment at which a state is true to the return of the wait for it.

The moment is the platform's own stamp where it writes one, the arrival of the dev server's message for what a page
shows, and the write itself for a file. The watch begins first and the change falls at a random
moment between two looks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hamcrest import equal_to

from acceptance.bench.hmr import local_folder
from acceptance.bench.spread import Spread, spread
from acceptance.bench.stand import Stand, soon
from acceptance.bench.waiter import SideBySide, side_by_side
from acceptance.drivers.ecs import Task
from acceptance.journeys.customer_session import CustomerSession
from acceptance.matchers.answers import has_heading
from acceptance.matchers.preview import has_update_since
from acceptance.waiting.errors import NoData, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import wait_until

TARGET_P95_S = 0.25
"""So late may the suite be in 95 of 100 cases."""

ONE = DescribedMatcher[tuple[Task, ...]](
    "exactly one", lambda found: len(found) == 1, lambda found: f"{len(found)} of them"
)


@dataclass(frozen=True)
class Notices:
    """Seconds from true to noticed: by what was waited for, and all together; beside them boto3's own waiter."""

    kinds: Mapping[str, Spread]
    together: Spread
    waiter: SideBySide | None

    @property
    def met(self) -> bool:
        """Whether the 95th percentile of all is within the target."""
        return self.together.p95 <= TARGET_P95_S


def measure(stand: Stand) -> Notices:
    """Notice tasks that start and stop, sessions that become active and end, edits that show, files that appear."""
    late: dict[str, list[float]] = {}

    def note(kind: str, seconds: float) -> None:
        late.setdefault(kind, []).append(max(0.0, seconds))

    with _bare_tasks(stand):
        for number in range(1, stand.plan.rounds + 1):
            stand.say(f"noticing tasks, round {number} of {stand.plan.rounds}")
            note("task runs", task_runs(stand))
            note("no task left", no_task_left(stand))
    with stand.at_work('Change the heading to "Nothing noticed yet"') as session:
        for number in range(1, stand.plan.rounds + 1):
            stand.say(f"noticing sessions, edits and files, round {number} of {stand.plan.rounds}")
            for kind, seconds in session_lives(stand).items():
                note(kind, seconds)
            note("browser is sent an update", update_arrives(stand, session, number))
            note("page says the new words", page_says(stand, session, number))
            if (folder := local_folder(session)) is not None:
                note("file is there (ECS Exec)", file_appears(stand, session, folder / f"noticed-{number}"))
        waiter = side_by_side(stand) if stand.plan.against_waiter else None
    with contextlib.suppress(NoData):
        note("platform is asleep", falls_asleep(stand))
    return Notices(
        {kind: spread(series) for kind, series in late.items()},
        spread(seconds for series in late.values() for seconds in series),
        waiter,
    )


def since(moment: datetime) -> float:
    """Seconds from a stamp of the platform until now; on AWS this compares two clocks."""
    return (datetime.now(UTC) - moment).total_seconds()


def task_runs(stand: Stand) -> float:
    """Scale Edit from zero to one by hand while looking for a task that runs."""
    fleet, patience = stand.platform.fleet, stand.platform.profile.patience
    with soon(lambda: fleet.scale("edit", 1)):
        (task,) = wait_until(
            lambda: fleet.running("edit"),
            ONE,
            what="an Edit task",
            within=patience.wake,
            every=patience.poll,
        )
        noticed_at = datetime.now(UTC)
    return (noticed_at - _stamp(task.started_at, f"{task}: its start")).total_seconds()


def no_task_left(stand: Stand) -> float:
    """Scale Edit back to zero while waiting for its last task to be gone."""
    fleet = stand.platform.fleet
    with soon(lambda: fleet.scale("edit", 0)):
        # Nothing is wanted at zero only: the wait cannot end before the change.
        return since(stand.sessions.until_no_tasks("edit"))


def session_lives(stand: Stand) -> dict[str, float]:
    """Start a session beside the one at work, see it active, end it, see it ended."""
    customer, records = stand.customer(), stand.platform.records
    try:
        session = stand.sessions.start(customer, 'Change the heading to "Noticed"')
        active = since(
            _stamp(stand.sessions.until(session, "active").started_at, f"{session}: when it became active")
        )
        with soon(lambda: stand.platform.sessions.deactivate(session.session_id)):
            stand.sessions.until(session, "inactive")
            noticed_at = datetime.now(UTC)
        ended_at = _stamp(records.get(session.session_id).ended_at, f"{session}: when it ended")
        return {"session is active": active, "session has ended": (noticed_at - ended_at).total_seconds()}
    finally:
        stand.sessions.end_all_of(customer.client_id)


def update_arrives(stand: Stand, session: CustomerSession, number: int) -> float:
    """Ask for an edit and wait as the steps do for the open browser to be sent it."""
    mark = _ask(stand, session, f"Update {number}")
    wait_until(
        lambda: session.browser,
        has_update_since(mark),
        what=f"browser on {session}",
        within=stand.platform.profile.patience.instruction,
    )
    return time.monotonic() - session.browser.updates(mark)[0].at


def page_says(stand: Stand, session: CustomerSession, number: int) -> float:
    """Ask for an edit and wait as the steps do for the page to show it; true from the dev server's message on."""
    words = f"Words {number}"
    mark = _ask(stand, session, words)
    platform = stand.platform
    wait_until(
        lambda deadline: platform.preview.get(session.preview_url, deadline=deadline),
        has_heading(words),
        what=session.preview_url,
        within=platform.profile.patience.instruction,
        transient=(Unreachable,),
    )
    noticed_at = time.monotonic()
    wait_until(
        lambda: session.browser,
        has_update_since(mark),
        what=f"browser on {session}",
        within=platform.profile.patience.instruction,
    )
    return noticed_at - session.browser.updates(mark)[0].at


def file_appears(stand: Stand, session: CustomerSession, path: Path) -> float:
    """Put a file into the workspace on this machine and wait until a command in a task sees it."""
    workspace = session.workspace
    written_at: list[float] = []

    def write() -> None:
        path.touch()
        written_at.append(time.monotonic())

    try:
        with soon(write):
            wait_until(
                lambda: workspace.holds(path.name),
                equal_to(True),
                what=f"file {path.name}",
                within=stand.platform.profile.patience.instruction,
            )
            noticed_at = time.monotonic()
    finally:
        path.unlink(missing_ok=True)
    return noticed_at - written_at[0]


def falls_asleep(stand: Stand) -> float:
    """Wait for both services at zero; true since the last task of any of them stopped. NoData if none is known."""
    stand.sessions.until_asleep()
    noticed_at = datetime.now(UTC)
    tasks = [task for role in ("hermes", "edit") for task in stand.platform.fleet.history(role)]
    stopped = [task.stopped_at for task in tasks if task.stopped_at]
    if not stopped:
        raise NoData("ECS knows no stopped task, so nobody can say since when the platform sleeps")
    return (noticed_at - max(stopped)).total_seconds()


@contextlib.contextmanager
def _bare_tasks(stand: Stand) -> Iterator[None]:
    """Edit to be scaled by hand: with no Hermes awake, nobody else does. Back at zero on leaving."""
    stand.sessions.until_asleep()
    try:
        yield
    finally:
        stand.platform.fleet.scale("edit", 0)
        stand.sessions.until_asleep()


def _ask(stand: Stand, session: CustomerSession, words: str) -> int:
    """Ask for a heading, with the page loaded and nothing else under way; the browser's mark before it."""
    stand.platform.preview.get(session.preview_url)
    mark = session.browser.mark()
    stand.platform.sessions.instruct(session.session_id, f'Change the heading to "{words}"')
    return mark


def _stamp(moment: datetime | None, what: str) -> datetime:
    if moment is None:
        raise NoData(f"{what} is not stamped, so how late it was noticed cannot be told")
    return moment
