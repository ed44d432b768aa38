"""What makes a session's record whole: each attribute of its status, in the contract's form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from acceptance.drivers.mailbox import Received
from acceptance.drivers.session_table import SessionRecord, _record
from acceptance.matchers.records import flaws, is_whole
from acceptance.matchers.sessions import no_session, tells_of_no_other_preview
from acceptance.waiting.matcher import mismatch_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHOLE: dict[str, object] = {
    "sessionId": "s",
    "userId": "anna@example.com",
    "clientId": "acme",
    "threadId": "t-1",
    "status": "active",
    "previewUrl": "https://x/session/s/",
    "instruction": "Open at nine",
    "createdAt": "2026-01-01T12:00:00.500Z",
    "lastActivityAt": "2026-01-01T12:00:01.500Z",
    "startedAt": "2026-01-01T12:00:01.500Z",
    "ttl": int(NOON.timestamp()) + 86_401,
    "branch": "thread-t-1",
    "lastCommit": "c1",
    "taskArn": "arn:task",
    "containerIp": "127.0.0.1",
}


def record(**changes: object) -> SessionRecord:
    """A whole record of an active session, with these changes; None takes an attribute away."""
    item = {**WHOLE, **changes}
    return _record(
        {k: {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in item.items() if v is not None}
    )


def test_a_whole_record_is_accepted() -> None:
    assert is_whole().matches(record())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"branch": None, "startedAt": None}, "it lacks branch, startedAt"),
        ({"status": "expired"}, "it lacks endedAt"),
        ({"status": "failed", "endedAt": "2026-01-01T12:00:02.000Z"}, "it lacks failure"),
        ({"status": "asleep"}, "'asleep' is no status"),
        ({"userId": "Anna@example.com"}, "userId is kept as 'Anna@example.com', not in lower case"),
        ({"branch": "main"}, "branch is 'main' in thread 't-1'"),
        ({"previewUrl": "https://x/session/s"}, "previewUrl is 'https://x/session/s'"),
        (
            {"createdAt": "2026-01-01T12:00:00Z"},
            "createdAt is '2026-01-01T12:00:00Z', not ISO 8601 in UTC with milliseconds",
        ),
        ({"createdAt": "2026-01-01T12:02:00.000Z"}, "createdAt lies 120 s in the future"),
        ({"ttl": int(NOON.timestamp()) + 3601}, "ttl is 3600 s after the last activity, not a day"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, object], told: str) -> None:
    assert list(flaws(record(**changes), NOON)) == [told]


def test_a_record_that_should_not_be_there_is_named() -> None:
    assert no_session().matches([])
    claim, found = no_session(), [record()]
    assert not claim.matches(found)
    assert mismatch_of(claim, found) == "session s of anna@example.com, active"


def test_a_mail_about_anothers_preview_is_told() -> None:
    own = "https://x/session/s/"
    claim = tells_of_no_other_preview(own, since=NOON)

    def mail(text: str, at: datetime = NOON) -> Received:
        return Received("k", "edit@x", ("anna@x",), "Live", text, "<1>", None, (), at)

    assert claim.matches([mail(f"Live: {own}"), mail("https://x/session/t/", NOON - timedelta(days=1))])
    assert not claim.matches([mail(f"Live: {own}"), mail("https://x/session/t/")])


def test_a_clock_a_little_ahead_is_no_flaw() -> None:
    assert not list(flaws(record(), NOON - timedelta(seconds=20)))
