"""SES's SendEmail: the message that SES composes of a subject and a body as text, as HTML or as both.

moto 5.2.5 keeps one of the two. Sources: SES API v1 and v2, Message and Body.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from moto.core.responses import ActionResult
from moto.ses.models import SESBackend, ses_backends
from moto.ses.responses import EmailResponse
from moto.sesv2.responses import SESV2Response

from sandbox.aws_api.hooks import Hooks
from sandbox.aws_api.received_mail import ReceivedMail
from sandbox.settings import ACCOUNT, REGION


@dataclass(frozen=True)
class Composed:
    """What SendEmail is given; `destination` has `ToAddresses`, `CcAddresses` and `BccAddresses`, each if not empty."""

    source: str
    destination: Mapping[str, list[str]]
    subject: str
    text: str | None
    html: str | None

    def message(self) -> EmailMessage:
        """As MIME: `multipart/alternative` for both bodies, the plain one first."""
        message = EmailMessage()
        message["From"] = self.source
        for header, key in (("To", "ToAddresses"), ("Cc", "CcAddresses")):
            if addresses := self.destination.get(key):
                message[header] = ", ".join(addresses)
        message["Subject"] = self.subject
        if self.text is not None:
            message.set_content(self.text)
        if self.html is not None and self.text is not None:
            message.add_alternative(self.html, subtype="html")
        elif self.html is not None:
            message.set_content(self.html, subtype="html")
        return message

    def sent(self, deliver: Callable[[ReceivedMail], None]) -> str:
        """Have moto check and keep it, then deliver it; its message id."""
        backend: SESBackend = ses_backends[ACCOUNT][REGION]
        body = self.text if self.html is None else self.html
        kept = backend.send_email(self.source, self.subject, body or "", dict(self.destination))
        recipients = [address for addresses in self.destination.values() for address in addresses]
        deliver(ReceivedMail.sent_through_ses(kept.id, recipients, self.message().as_bytes()))
        return str(kept.id)


def install(hooks: Hooks, deliver: Callable[[ReceivedMail], None]) -> None:
    """Have SendEmail of both versions of the API deliver what they are given."""
    before: Callable[[SESV2Response], str] = SESV2Response.send_email

    def send_email(self: EmailResponse) -> ActionResult:
        composed = Composed(
            self._get_param("Source"),
            self._get_param("Destination", {}),
            self._get_param("Message.Subject.Data"),
            self._get_param("Message.Body.Text.Data"),
            self._get_param("Message.Body.Html.Data"),
        )
        return ActionResult({"MessageId": composed.sent(deliver)})

    def send_email_v2(self: SESV2Response) -> str:
        given = json.loads(self.body)
        if "Raw" in given["Content"]:
            # Bytes: moto fails on those that are no UTF-8, as in `aws_api/mail.py`.
            sent = self.sesv2_backend.send_raw_email(
                given.get("FromEmailAddress"),
                [address for addresses in given.get("Destination", {}).values() for address in addresses],
                base64.b64decode(given["Content"]["Raw"]["Data"]).decode("utf-8", "surrogateescape"),
            )
            return json.dumps({"MessageId": sent.id})
        simple = given["Content"].get("Simple")
        if simple is None:
            return before(self)
        bodies: Mapping[str, Any] = simple["Body"]
        composed = Composed(
            given.get("FromEmailAddress"),
            given.get("Destination", {}),
            simple["Subject"]["Data"],
            bodies.get("Text", {}).get("Data"),
            bodies.get("Html", {}).get("Data"),
        )
        return json.dumps({"MessageId": composed.sent(deliver)})

    hooks.replace(EmailResponse, "send_email", send_email)
    hooks.replace(SESV2Response, "send_email", send_email_v2)
