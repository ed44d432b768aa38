"""Matchers about many sessions at once: their tasks, their histories, what each shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hamcrest.core.matcher import Matcher

from acceptance.drivers.session_table import SessionRecord
from acceptance.waiting.matcher import DescribedMatcher


def is_on_a_task_of(others: Sequence[SessionRecord]) -> Matcher[SessionRecord]:
    """A session hosted by the same task as another."""
    tasks = {record.task_arn for record in others} - {None}
    return DescribedMatcher(
        f"a session on one of {len(tasks)} tasks",
        lambda record: record.task_arn in tasks,
        lambda record: f"{record.task_arn}, none of {', '.join(map(str, tasks))}",
    )


def spread_evenly(over: int) -> Matcher[Sequence[SessionRecord]]:
    """Sessions on exactly so many tasks, none of which hosts two more than another."""

    def loads(records: Sequence[SessionRecord]) -> Counter[str | None]:
        return Counter(record.task_arn for record in records)

    def fits(records: Sequence[SessionRecord]) -> bool:
        load = loads(records)
        return None not in load and len(load) == over and max(load.values()) - min(load.values()) <= 1

    def tell(records: Sequence[SessionRecord]) -> str:
        told = [f"{number} on {arn or 'no task'}" for arn, number in sorted(loads(records).items(), key=str)]
        return ", ".join(told) or "no session"

    return DescribedMatcher(f"sessions spread evenly over {over} tasks", fits, tell)


def all_have_status(status: str) -> Matcher[Sequence[SessionRecord]]:
    """At least one session, and all of them in this status."""
    return DescribedMatcher(
        f"all sessions {status}",
        lambda records: bool(records) and all(record.status == status for record in records),
        lambda records: (
            ", ".join(f"{number} {found}" for found, number in Counter(r.status for r in records).items())
            or "no session"
        ),
    )


def none_open() -> Matcher[Sequence[SessionRecord]]:
    """No session that has not ended; none at all is fine."""
    return DescribedMatcher(
        "no open session",
        lambda records: all(record.ended for record in records),
        lambda records: ", ".join(f"{r.session_id} {r.status}" for r in records if not r.ended),
    )
