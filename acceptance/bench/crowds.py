"""Many sessions at once: how long until all are live, and what that costs in CPU and memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from acceptance.bench.processes import Usage, of_children, own_cpu_s
from acceptance.bench.stand import Stand
from acceptance.journeys.customer_group import Crowd, until_all_live
from acceptance.journeys.customer_session import CustomerSession
from acceptance.waiting.errors import DriverError
from acceptance.waiting.waits import ClaimFailed


@dataclass(frozen=True)
class CrowdSize:
    """So many sessions started at the same moment on a platform asleep. Figures are None where they could not be had.

    `all_active_s` is by the platform's own stamps, `all_live_s` until the suite had a browser connected to each.
    `asleep` is the deployment before, `awake` with all of them live. `problem` tells why the crowd did not become live.
    """

    sessions: int
    all_active_s: float | None = None
    all_live_s: float | None = None
    suite_cpu_s: float | None = None
    asleep: Usage | None = None
    awake: Usage | None = None
    problem: str | None = None

    @property
    def suite_cpu_per_session_s(self) -> float | None:
        """CPU seconds of the suite for each session."""
        return None if self.suite_cpu_s is None else self.suite_cpu_s / self.sessions

    @property
    def deployment_cpu_s(self) -> float | None:
        """CPU seconds that the deployment used from asleep to all live."""
        return self.awake.cpu_s - self.asleep.cpu_s if self.asleep and self.awake else None

    @property
    def memory_per_session_mb(self) -> float | None:
        """What the deployment's memory grew by for each session, shared pages counted once, all tasks included."""
        if self.asleep is None or self.awake is None:
            return None
        if self.asleep.pss_mb is None or self.awake.pss_mb is None:
            return None
        return (self.awake.pss_mb - self.asleep.pss_mb) / self.sessions


@dataclass(frozen=True)
class Crowds:
    """One entry per size of crowd, in the order measured."""

    sizes: tuple[CrowdSize, ...]

    @property
    def problem(self) -> str | None:
        """Why a crowd did not become live, and those after it were not tried; None if all did."""
        return next(
            (f"{size.sessions} sessions: {size.problem}" for size in self.sizes if size.problem), None
        )


def measure(stand: Stand) -> Crowds:
    """Start each crowd on a platform asleep, see it live, end it. The first that does not become live is the last."""
    sizes: list[CrowdSize] = []
    for count in stand.plan.crowds:
        stand.say(f"{count} sessions at once")
        sizes.append(_size(stand, count))
        if sizes[-1].problem:
            break
    return Crowds(tuple(sizes))


def _size(stand: Stand, count: int) -> CrowdSize:
    stand.sessions.put_to_sleep()
    client_id = stand.run.new_client()
    sessions: Sequence[CustomerSession] = ()
    asleep = of_children()
    suite_before, began = own_cpu_s(), time.monotonic()
    try:
        sessions = Crowd(stand.platform, client_id).start(count)
        for session in sessions:
            stand.platform.attendance.attend(session.session_id)
        until_all_live(stand.platform, sessions)
        took = time.monotonic() - began
        # Before the processes are looked at: that is work of the bench, not of the suite.
        suite_cpu_s = own_cpu_s() - suite_before
        return CrowdSize(
            sessions=count,
            all_active_s=_all_active_s(stand, sessions),
            all_live_s=took,
            suite_cpu_s=suite_cpu_s,
            asleep=asleep,
            awake=of_children(),
        )
    except (ClaimFailed, DriverError) as failure:
        return CrowdSize(sessions=count, problem=str(failure))
    finally:
        for session in sessions:
            for browser in session.browsers:
                browser.close()
        stand.sessions.end_all_of(client_id)


def _all_active_s(stand: Stand, sessions: Sequence[CustomerSession]) -> float | None:
    first = min(session.asked_at for session in sessions)
    moments = [stand.platform.records.get(session.session_id).started_at for session in sessions]
    known = [moment for moment in moments if moment is not None]
    return (max(known) - first).total_seconds() if len(known) == len(sessions) else None
