"""Mail to customers: the preview is live, or why it is not."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage

from botocore.exceptions import ClientError

from sandbox.services.aws import Clients, code_of
from sandbox.services.records import SessionRecord

log = logging.getLogger(__name__)

_REFUSALS = ("MessageRejected", "MailFromDomainNotVerifiedException", "InvalidParameterValue")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_MAX_SUBJECT_CHARS = 200
_MAX_REFERENCES = 8
# The default of 78 makes the email package break up long message ids, which then match no thread.
_POLICY = policy.SMTP.clone(max_line_length=998)


class Answers:
    """Sends answers through SES. AWS_ERRORS for what may work later; what SES refuses for good is only logged."""

    def __init__(self, clients: Clients, sender: str) -> None:
        self.clients = clients
        self.sender = sender

    def live(self, record: SessionRecord) -> None:
        """Tell the customer where the preview is."""
        self._send(
            record,
            "Your preview is live",
            f"Your preview is live:\n\n{record.preview_url}\n\nWhat you asked for:\n{record.instruction}\n\n"
            "Answer this mail to ask for more.\n",
            record.mail,
        )

    def failed(self, record: SessionRecord) -> None:
        """Tell the customer why the session could not be opened."""
        self._send(
            record,
            "Your preview could not be opened",
            f"Your preview could not be opened.\n\n{record.failure}\n\nWhat you asked for:\n{record.instruction}\n",
            record.mail,
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

    def _send(self, record: SessionRecord, subject: str, text: str, mail: Mapping[str, str] | None) -> None:
        message = compose(self.sender, record.user_id, subject, text, mail)
        try:
            self.clients.get("ses").send_raw_email(
                Source=self.sender, Destinations=[record.user_id], RawMessage={"Data": message.as_bytes()}
            )
        except ClientError as error:
            if code_of(error) not in _REFUSALS:
                raise
            log.error("session %s: SES refuses mail to the customer: %s", record.session_id, error)  # noqa: TRY400


def compose(
    sender: str, to: str, subject: str, text: str, mail: Mapping[str, str] | None = None
) -> EmailMessage:
    """A message in the thread of `mail` (RFC 5322, 3.6.4), marked as automatic (RFC 3834) so that no robot answers."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = to
    message["Auto-Submitted"] = "auto-replied" if mail else "auto-generated"
    earlier = " ".join((mail or {}).get("subject", "").split())[:_MAX_SUBJECT_CHARS]
    if earlier:
        subject = earlier if earlier.lower().startswith("re:") else f"Re: {earlier}"
    message["Subject"] = subject
    if mail and (replied := _MESSAGE_ID.findall(mail.get("messageId", ""))):
        root, *later = [*_MESSAGE_ID.findall(mail.get("references", "")), replied[0]]
        message["In-Reply-To"] = replied[0]
        message["References"] = " ".join([root, *later[-_MAX_REFERENCES:]])
    message.set_content(text)
    return message
