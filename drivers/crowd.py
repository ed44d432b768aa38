"""Several customers at work at the same time: started together, seen through to their previews, asking in parallel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from drivers.at_once import at_once
from drivers.crowd_matchers import nobody_at_work, one_commit_each
from drivers.fleet import FleetState
from drivers.git import Commit
from drivers.platform import Platform
from drivers.task_matchers import counts_none
from drivers.visits import Customer, Visit, Visits
from drivers.watch import wait_until

SEVERAL = 10
"""So many queued instructions are given the patience for one; more of them, accordingly more."""

LOG_EVERY = timedelta(seconds=0.5)
"""Between two looks into a repository: each is a command in a task, beside the work that is waited for."""


class Crowd:
    """The customers of one client on one platform."""

    def __init__(self, platform: Platform, client_id: str) -> None:
        self._platform = platform
        self._visits = Visits(platform)
        self._client_id = client_id

    def customers(self, count: int) -> tuple[Customer, ...]:
        """That many people of the client, each with an address of their own."""
        address = self._platform.mailbox.customer
        return tuple(
            Customer(self._client_id, address(f"customer{number:02}")) for number in range(1, count + 1)
        )

    def start(self, count: int) -> tuple[Visit, ...]:
        """Have that many customers ask for a session at the same moment, each for words of their own."""
        return at_once(
            [
                partial(self._visits.start, customer, f'Change the heading to "Words of {name_of(customer)}"')
                for customer in self.customers(count)
            ]
        )


def until_all_live(platform: Platform, visits: Iterable[Visit]) -> timedelta:
    """Wait until each session is active, its page served and a browser connected; the longest that one took.

    The sessions are looked at one after the other, so a time is never shorter than it was. The browsers stay open.

    Raises:
        NotInTime: one is not live within the patience. NeverWill: one has ended.
    """
    one = Visits(platform)
    return max(one.until_connected(visit) for visit in visits)


def name_of(customer: Customer) -> str:
    """What the customer is called: her address before the `@`."""
    return customer.user_id.partition("@")[0]


def ask_in_parallel(platform: Platform, visits: Sequence[Visit], times: int) -> None:
    """Have each session ask so often, one instruction right after the other, all sessions at the same moment."""

    def ask(visit: Visit, name: str) -> None:
        for number in range(1, times + 1):
            instruction = f'Change the heading to "{name}, wish {number}"'
            visit.instructions.append(instruction)
            platform.sessions.instruct(visit.session_id, instruction)

    at_once([partial(ask, visit, f"Session {place}") for place, visit in enumerate(visits, 1)])


def until_carried_out(platform: Platform, visits: Sequence[Visit]) -> None:
    """Wait until every workspace's history is exactly what its sessions asked for, each in its order.

    Raises:
        NotInTime: an instruction is missing, doubled, out of order, or of somebody else.
    """
    branches: dict[tuple[Customer, str], list[Visit]] = {}
    for visit in visits:
        branches.setdefault((visit.customer, visit.session.thread_id), []).append(visit)
    for (customer, thread), sessions in branches.items():
        git = platform.workspaces.of(customer.client_id, customer.user_id).git
        asked = sum(len(visit.instructions) for visit in sessions)

        def log() -> tuple[Commit, ...]:
            return git.log(f"thread-{thread}")  # noqa: B023 - called within this turn of the loop only

        wait_until(
            log,
            one_commit_each(sessions),
            what=f"history of {customer}, thread {thread}",
            within=platform.profile.patience.instruction * max(1.0, asked / SEVERAL),
            every=LOG_EVERY,
        )


def until_nobody_works(platform: Platform) -> FleetState:
    """Wait until Edit has no task and none is wanted; Hermes may still be awake."""
    profile, fleet = platform.profile, platform.fleet
    within, every = profile.timing.idle_timeout + profile.patience.sleep, profile.patience.poll
    # One call a look instead of four, as long as the service counts tasks.
    wait_until(
        lambda: fleet.counts("edit"), counts_none("edit"), what="the platform", within=within, every=every
    )
    return wait_until(fleet.state, nobody_at_work(), what="the platform", within=within, every=every)
