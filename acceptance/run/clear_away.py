"""All that runs started or made in a deployment, found by their mark and put away; what is other people's stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from acceptance.capabilities import Capability
from acceptance.config.mark import Mark
from acceptance.drivers.ecs import Task
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_table import SessionRecord
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.waiting.errors import UnexpectedAnswer, Unreachable
from acceptance.waiting.matcher import DescribedMatcher
from acceptance.waiting.waits import ClaimFailed, wait_until


@dataclass(frozen=True)
class ClearedAway:
    """How much was found and is gone now, by what it is."""

    counts: dict[str, int]

    def __str__(self) -> str:
        found = [f"{count} {what}" for what, count in self.counts.items() if count]
        return f"cleared away: {', '.join(found)}" if found else "nothing was left"


def clear_away(platform: Platform, mark: Mark, say: Callable[[str], None]) -> ClearedAway:
    """Put away what the runs under a mark left, and leave the deployment asleep if nobody else uses it.

    In this order, since each may make more of what comes after it: tasks outside the services, records that the suite
    planted, open sessions, the services' counts, workspaces with their threads at the sites' remotes, mail.

    Raises:
        ClaimFailed: something does not go within the profile's patience. NotObserved: AWS does not answer.
        PlatformError: the session API, a shell in a task, or a site's remote refuses.
    """
    try:
        return ClearedAway(
            {
                "tasks": _stop_tasks(platform, mark, say),
                "planted records": _uproot(platform, mark, say),
                "open sessions": _end_sessions(platform, mark, say),
                "services awake": _put_to_sleep(platform, say),
                "clients' workspaces": _put_away_workspaces(platform, mark, say),
                "mails": platform.mailbox.clear_away(mark) if platform.profile.offers(Capability.MAIL) else 0,
            }
        )
    finally:
        platform.workspaces.close()


def _stop_tasks(platform: Platform, mark: Mark, say: Callable[[str], None]) -> int:
    found = platform.fleet.marked(mark)
    for task in found:
        say(f"stopping {task} of {task.started_by}")
        platform.fleet.stop_task(task.arn, "left by a run of the acceptance suite")
    _until_none(partial(platform.fleet.marked, mark), f"tasks started by {mark}*", platform)
    return len(found)


def _uproot(platform: Platform, mark: Mark, say: Callable[[str], None]) -> int:
    found = [record for record in platform.records.marked(mark) if record.planted]
    for record in found:
        say(f"removing record {record.session_id}, which the suite planted")
        platform.records.uproot(record)
    return len(found)


def open_sessions(platform: Platform, mark: Mark) -> tuple[SessionRecord, ...]:
    """Sessions under a mark that have not ended, oldest first."""
    found = [record for record in platform.records.marked(mark) if not record.ended]
    return tuple(sorted(found, key=lambda record: str(record.raw.get("createdAt", ""))))


def _end_sessions(platform: Platform, mark: Mark, say: Callable[[str], None]) -> int:
    found, profile = open_sessions(platform, mark), platform.profile
    told = profile.offers(Capability.DEACTIVATE)
    for record in found if told else ():
        say(f"deactivating session {record.session_id} of {record.client_id} ({record.status})")
        try:
            platform.sessions.deactivate(record.session_id)
        except UnexpectedAnswer as refusal:
            # It may have ended by itself meanwhile; the wait below decides.
            say(f"  {refusal}")
    longer = timedelta() if told else profile.timing.idle_timeout
    _until_none(partial(open_sessions, platform, mark), f"open sessions of clients {mark}*", platform, longer)
    return len(found)


def _put_to_sleep(platform: Platform, say: Callable[[str], None]) -> int:
    """A run forces services to zero and deploys them anew: whatever that has left of their counts ends at zero."""
    state = platform.fleet.state()
    if state.asleep:
        return 0
    others = [record for record in platform.records.open() if not record.planted]
    if others:
        say(f"services are left as they are: open sessions of {', '.join(sorted(_clients(others)))}")
        return 0
    sessions = CustomerSessions(platform)
    say(f"putting to sleep: {state}")
    try:
        sessions.put_to_sleep()
    except ClaimFailed as late:
        say(f"by force, for it does not go by itself: {late}")
        for role in ("edit", "hermes"):
            platform.accidents.shut_down(role)
        sessions.until_asleep()
    return 1


def _clients(records: list[SessionRecord]) -> Iterator[str]:
    return iter({record.client_id or "nobody known" for record in records})


def _put_away_workspaces(platform: Platform, mark: Mark, say: Callable[[str], None]) -> int:
    found = [client for client in platform.workspaces.clients() if mark.owns_client(client)]
    if found:
        say(f"putting away the workspaces of {', '.join(found)}")
        platform.workspaces.put_away(*found)
    return len(found)


def _until_none(
    look: Callable[[], tuple[Task, ...] | tuple[SessionRecord, ...]],
    what: str,
    platform: Platform,
    longer: timedelta = timedelta(),
) -> None:
    patience = platform.profile.patience
    wait_until(
        look,
        DescribedMatcher[tuple[Task, ...] | tuple[SessionRecord, ...]](
            "none", lambda found: not found, lambda found: ", ".join(map(_shown, found))
        ),
        what=what,
        within=patience.wake + patience.session_end + longer,
        every=patience.poll,
        transient=(Unreachable,),
    )


def _shown(one: Task | SessionRecord) -> str:
    return str(one) if isinstance(one, Task) else f"{one.session_id} {one.status}"
