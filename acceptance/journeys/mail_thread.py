"""What a customer mailed last, and what came of it: answers in its thread, and a session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from acceptance.drivers.mailbox import Letter, Received
from acceptance.drivers.platform import Platform
from acceptance.drivers.session_api import Activation
from acceptance.journeys.customer_session import Customer, CustomerSession
from acceptance.journeys.customer_sessions import CustomerSessions
from acceptance.journeys.odd_mail import odd
from acceptance.journeys.timeline import Stage, Timeline
from acceptance.waiting.observed import Observed


class MailThread:
    """A mail to the client's address, sent when it is made: plain, with an oddity, or as a reply."""

    def __init__(
        self,
        platform: Platform,
        customer: Customer,
        instruction: str,
        *,
        oddity: str | None = None,
        reply_to: Received | None = None,
    ) -> None:
        self._platform = platform
        self._customer = customer
        self._instruction = instruction
        self._asked_at = datetime.now(UTC)
        self._timeline = Timeline()
        mailbox = platform.mailbox
        intake = mailbox.intake(customer.client_id)
        # People's programs spell addresses as they like: the one that she answers with has her name in capitals.
        name, _, domain = customer.user_id.partition("@")
        sender = f"{name.upper()}@{domain}" if reply_to else customer.user_id
        letter = Letter(sender, intake, "My website", instruction, reply_to)
        self._sent = mailbox.post(letter, odd(oddity, letter)) if oddity else mailbox.send(letter)

    @property
    def answers(self) -> Observed[Sequence[Received]]:
        """Mail to the customer that refers to hers as its thread."""
        look = partial(self._platform.mailbox.answers_to, self._sent)
        patience = self._platform.profile.patience
        what = f"answers to {self._customer} in the thread of her mail"
        return Observed(what, look, within=patience.wake, every=patience.poll)

    def session(self, *, beside: int) -> CustomerSession:
        """The session that it began, once it is on record beside so many known ones; NotInTime if it began none.

        It counts as asked for when the platform has the mail, by the record's `createdAt`: how long a mail is under way
        is nobody's promise.
        """
        record = CustomerSessions(self._platform).until_on_record(self._customer, beside)
        activation = Activation(
            session_id=record.session_id,
            client_id=self._customer.client_id,
            user_id=record.user_id,
            thread_id=record.thread_id or "",
            status=record.status or "",
            preview_url=record.preview_url or "",
            created_at=record.created_at or self._asked_at,
        )
        self._timeline.mark(Stage.ASKED, age=max(datetime.now(UTC) - activation.created_at, timedelta()))
        self._timeline.mark(Stage.ON_RECORD)
        return CustomerSession(
            self._customer, activation, self._asked_at, self._timeline, [self._instruction], self._platform
        )
