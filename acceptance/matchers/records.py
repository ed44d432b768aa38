"""A session's record as the contract wants it: every attribute that its status calls for, each in its form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hamcrest.core.matcher import Matcher

from acceptance.drivers.session_table import SessionRecord
from acceptance.waiting.matcher import DescribedMatcher

KEPT = timedelta(days=1)
"""How long after its last activity a record is kept."""

OTHER_CLOCK = timedelta(seconds=30)
"""So far the platform's clock may be ahead of ours."""

TIMES = ("createdAt", "startedAt", "lastActivityAt", "endedAt")

_ALWAYS = (
    "sessionId",
    "userId",
    "clientId",
    "threadId",
    "status",
    "previewUrl",
    "instruction",
    "createdAt",
    "lastActivityAt",
    "ttl",
)
_SERVED = ("branch", "lastCommit", "taskArn", "containerIp", "startedAt")
_BY_STATUS = {
    "initializing": _ALWAYS,
    "active": (*_ALWAYS, *_SERVED),
    "draining": _ALWAYS,
    "inactive": (*_ALWAYS, "endedAt"),
    "expired": (*_ALWAYS, *_SERVED, "endedAt"),
    "failed": (*_ALWAYS, "endedAt", "failure"),
}

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def is_whole() -> Matcher[SessionRecord]:
    """A record with every attribute of its status, each in the contract's form; see `flaws`."""
    return DescribedMatcher(
        "a record with all that the contract names, each in its form",
        lambda record: not list(flaws(record, datetime.now(UTC))),
        lambda record: f"session {record.status}: {'; '.join(flaws(record, datetime.now(UTC)))}",
    )


def flaws(record: SessionRecord, now: datetime) -> Iterator[str]:
    """What is wrong with a record that was read at `now`, in words."""
    wanted = _BY_STATUS.get(str(record.status))
    if wanted is None:
        yield f"{record.status!r} is no status"
        return
    lacking = [name for name in wanted if record.raw.get(name) in (None, "")]
    if lacking:
        yield f"it lacks {', '.join(lacking)}"
    if record.user_id != record.user_id.lower():
        yield f"userId is kept as {record.user_id!r}, not in lower case"
    if record.branch is not None and record.branch != f"thread-{record.thread_id}":
        yield f"branch is {record.branch!r} in thread {record.thread_id!r}"
    if record.preview_url and not record.preview_url.endswith(f"/session/{record.session_id}/"):
        yield f"previewUrl is {record.preview_url!r}"
    for name in TIMES:
        told = record.raw.get(name)
        if told is not None and not _INSTANT.fullmatch(str(told)):
            yield f"{name} is {told!r}, not ISO 8601 in UTC with milliseconds"
    ahead = {"createdAt": record.created_at, "lastActivityAt": record.last_activity_at}
    for name, moment in ahead.items():
        if moment is not None and moment > now + OTHER_CLOCK:
            yield f"{name} lies {(moment - now).total_seconds():.0f} s in the future"
    if record.last_activity_at is not None and record.ttl is not None:
        kept = datetime.fromtimestamp(record.ttl, UTC) - record.last_activity_at
        if abs(kept - KEPT) > timedelta(seconds=2):
            yield f"ttl is {kept.total_seconds():.0f} s after the last activity, not a day"
