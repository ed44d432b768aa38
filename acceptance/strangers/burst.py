"""Requests for sessions that come in at the same moment; what was answered, and nothing waited for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from acceptance.drivers.http import Answer
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_api import API
from acceptance.journeys.customer_session import Customer
from acceptance.waiting.concurrently import at_once
from acceptance.waiting.errors import UnexpectedAnswer

STATUS_ACCEPTED = 202


def ask(platform: Platform, customer: Customer, *, key: str | None = None) -> Answer:
    """One request for a session, as it is answered; with `key` as its Idempotency-Key."""
    wanted = {
        "clientId": customer.client_id,
        "userId": customer.user_id,
        "instruction": 'Change the heading to "In a hurry"',
    }
    headers = {"Idempotency-Key": key} if key else {}
    return platform.sessions.request("POST", f"{API}/activate", payload=wanted, headers=headers)


def repeated(platform: Platform, customer: Customer, times: int, *, key: str) -> tuple[Answer, ...]:
    """The same request so many times at the same moment, as a client that retries too eagerly sends it."""
    return at_once([partial(ask, platform, customer, key=key)] * times)


def started_and_ended(platform: Platform, customers: Sequence[Customer]) -> tuple[Answer, ...]:
    """A request from each at the same moment; each session is ended as soon as its own answer is there."""

    def start_and_end(customer: Customer) -> Answer:
        answer = ask(platform, customer)
        if answer.status == STATUS_ACCEPTED:
            platform.sessions.deactivate(session_id_in(answer))
        return answer

    return at_once([partial(start_and_end, customer) for customer in customers])


def session_id_in(answer: Answer) -> str:
    """The session that an answer names; UnexpectedAnswer if it names none."""
    found = answer.json()
    session_id = found.get("sessionId") if isinstance(found, dict) else None
    if not isinstance(session_id, str) or not session_id:
        raise UnexpectedAnswer(f"{answer}: expected a sessionId, found {answer.text[:200]!r}")
    return session_id
