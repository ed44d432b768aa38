"""Mail to customers through SES, in the thread of the message that it answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage

from botocore.exceptions import ClientError

from sandbox.services.aws import Clients, code_of

log = logging.getLogger(__name__)

MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_REFUSALS = ("MessageRejected", "MailFromDomainNotVerifiedException", "InvalidParameterValue")
_MAX_SUBJECT_CHARS = 200
_MAX_REFERENCES = 8
# The default of 78 makes the email package break up long message ids, which then match no thread.
_POLICY = policy.SMTP.clone(max_line_length=998)


def send(clients: Clients, message: EmailMessage) -> None:
    """Send what `compose` made. AWS_ERRORS for what may work later; what SES refuses for good is only logged."""
    sender, to = str(message["From"]), str(message["To"])
    try:
        clients.get("ses").send_raw_email(
            Source=sender, Destinations=[to], RawMessage={"Data": message.as_bytes()}
        )
    except ClientError as error:
        if code_of(error) not in _REFUSALS:
            raise
        log.error("SES refuses mail to %s: %s", to, error)  # noqa: TRY400


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
    if mail and (replied := MESSAGE_ID.findall(mail.get("messageId", ""))):
        root, *later = [*MESSAGE_ID.findall(mail.get("references", "")), replied[0]]
        message["In-Reply-To"] = replied[0]
        message["References"] = " ".join([root, *later[-_MAX_REFERENCES:]])
    message.set_content(text)
    return message
