"""What every part of the bench works on: one deployment with its drivers, and how much is to be measured."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acceptance.drivers.platform import Platform
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.run.run import Run

AT_WORK_S = (0.15, 0.45)
"""A change is made at a random moment of this span after its watch began, so that it falls anywhere between looks."""


@dataclass(frozen=True)
class BenchPlan:
    """How often each thing is measured. `crowds` are numbers of sessions, `features` what behave is to run."""

    wakes: int = 20
    rounds: int = 12
    against_waiter: int = 4
    crowds: tuple[int, ...] = (1, 3, 10, 30)
    requests: int = 500
    edits: int = 30
    features: tuple[str, ...] = ("features",)


QUICK = BenchPlan(
    wakes=2,
    rounds=2,
    against_waiter=1,
    crowds=(1, 3),
    requests=60,
    edits=4,
    features=("features/1_cold_start.feature:11",),
)
"""Enough to see that the bench works; its figures say little."""


@dataclass(frozen=True)
class Stand:
    """A deployment that runs. `settings` are the `-D` values it was made from, `folder` is for files of the bench."""

    run: Run
    settings: Mapping[str, str]
    plan: BenchPlan
    folder: Path
    say: Callable[[str], None]

    @property
    def platform(self) -> Platform:
        """Its drivers."""
        return self.run.platform

    @property
    def sessions(self) -> CustomerSessions:
        """Starts and ends sessions on it."""
        return CustomerSessions(self.platform)

    def customer(self) -> Customer:
        """Somebody nobody has met before, at a client of her own."""
        return Customer(self.run.new_client(), self.platform.mailbox.customer("anna"))

    @contextmanager
    def at_work(self, instruction: str) -> Iterator[CustomerSession]:
        """A live session of a new customer who stays at work; her browser is open. It is ended on leaving."""
        customer = self.customer()
        try:
            session = self.sessions.start(customer, instruction)
            self.platform.attendance.attend(session.session_id)
            self.sessions.until_connected(session)
            try:
                yield session
            finally:
                for browser in session.browsers:
                    browser.close()
        finally:
            self.sessions.end_all_of(customer.client_id)


@contextmanager
def soon(change: Callable[[], object]) -> Iterator[None]:
    """Make a change at a random moment while the body watches for it; what it raises is raised on leaving."""
    with ThreadPoolExecutor(1) as pool:

        def later() -> None:
            threading.Event().wait(random.uniform(*AT_WORK_S))
            change()

        made = pool.submit(later)
        yield
        made.result()
