"""A session that a mail begins is asked for when the platform has the mail, not when it was sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.journeys.customer_session import Customer
from acceptance.journeys.mail_thread import MailThread
from acceptance.journeys.timeline import Stage

SOON = timedelta(seconds=1)


def begun(age: timedelta) -> Any:
    """The timeline of a session that was put on record so long ago, and is seen now."""
    record = SimpleNamespace(
        session_id="s",
        client_id="acme",
        user_id="anna@customers.example",
        thread_id="t",
        status="active",
        preview_url="https://localhost/session/s/",
        created_at=datetime.now(UTC) - age,
    )
    platform: Any = SimpleNamespace(
        mailbox=SimpleNamespace(
            intake=lambda client: f"edit+{client}@edit.example", send=lambda letter: letter
        ),
        records=SimpleNamespace(count=lambda _: 1, all_of_client=lambda _: (record,)),
        profile=SimpleNamespace(patience=SimpleNamespace(mail=SOON, poll=SOON)),
    )
    mail = MailThread(platform, Customer("acme", "anna@customers.example"), "Add a page")
    return mail.session(beside=0).timeline


@pytest.mark.parametrize(("age_s", "told_s"), [(20.0, 20.0), (-5.0, 0.0)])
def test_the_minute_begins_with_the_record(age_s: float, told_s: float) -> None:
    """A record from the future is of a clock that goes ahead: nothing is known, and nothing is given away."""
    timeline = begun(timedelta(seconds=age_s))
    assert timeline.since_asked(Stage.ON_RECORD).total_seconds() == pytest.approx(told_s, abs=0.5)
    assert abs(timeline.asked_at - (datetime.now(UTC) - timedelta(seconds=told_s))) < SOON
