"""Mail to customers: the preview is live, or why it is not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal

from botocore.exceptions import ClientError

from sandbox.services.aws import Clients
from sandbox.services.mail import compose, send
from sandbox.services.records import Records
from sandbox.services.session_record import SessionRecord, epoch, stamp


class Claimed(Exception):
    """Somebody else is about to tell the customer, or was when it died: to be looked at again."""


class Answers:
    """Sends answers through SES. AWS_ERRORS for what may work later.

    `live` and `failed` are sent once per session, whoever else sees that they are missing: the right to send is claimed
    on the record first. A claim lapses after `claim_s`, as who made it may be dead: a lost answer is worse than two.
    Both return the record as noted, and raise Claimed while another's claim holds.
    """

    def __init__(self, clients: Clients, sender: str, records: Records, claim_s: float) -> None:
        self.clients = clients
        self.sender = sender
        self.records = records
        self.claim_s = claim_s

    def live(self, record: SessionRecord) -> SessionRecord:
        """Tell the customer where the preview is."""
        return self._once(
            record,
            "answered_at",
            "Your preview is live",
            f"Your preview is live:\n\n{record.preview_url}\n\nWhat you asked for:\n{record.instruction}\n\n"
            "Answer this mail to ask for more.\n",
        )

    def failed(self, record: SessionRecord) -> SessionRecord:
        """Tell the customer why the session could not be opened."""
        return self._once(
            record,
            "failure_answered_at",
            "Your preview could not be opened",
            f"Your preview could not be opened.\n\n{record.failure}\n\nWhat you asked for:\n{record.instruction}\n",
        )

    def refused(
        self, record: SessionRecord, instruction: str, failure: str, mail: Mapping[str, str] | None
    ) -> None:
        """Tell the customer why an instruction was not carried out; `mail` is the message that held it."""
        self._send(
            record,
            "Your change could not be made",
            f"Your change could not be made.\n\n{failure}\n\nWhat you asked for:\n{instruction}\n\n"
            f"Your preview is still live:\n{record.preview_url}\n",
            mail or record.mail,
        )

    def _once(
        self,
        record: SessionRecord,
        noted: Literal["answered_at", "failure_answered_at"],
        subject: str,
        text: str,
    ) -> SessionRecord:
        if getattr(record, noted) is not None:
            return record
        claimed = self._claim(record, noted)
        if claimed is None:
            current = self.records.get(record.session_id)
            if current is not None and getattr(current, noted) is not None:
                return current
            raise Claimed(f"session {record.session_id}: another is telling the customer")
        mine = {"telling_since": claimed.telling_since}
        try:
            self._send(record, subject, text, record.mail)
        except ClientError:
            # SES has said no: nothing was sent, so the next attempt need not wait.
            self.records.change(claimed, {"telling_since": None}, mine)
            raise
        return self.records.change(claimed, {noted: stamp(), "telling_since": None}, mine) or claimed

    def _claim(self, record: SessionRecord, noted: str) -> SessionRecord | None:
        earlier = record.telling_since
        if earlier is not None and time.time() < epoch(earlier) + self.claim_s:
            return None
        return self.records.change(
            record, {"telling_since": stamp()}, {noted: None, "telling_since": earlier}
        )

    def _send(self, record: SessionRecord, subject: str, text: str, mail: Mapping[str, str] | None) -> None:
        send(self.clients, compose(self.sender, record.user_id, subject, text, mail))
