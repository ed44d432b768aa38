"""Platforms that take a mail for what it is not, or answer it wrongly, too often, or to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faults.platforms.scenarios import (
    BY_MAIL,
    NEVER_BACK,
    ODD_MAIL,
    REFUSED_MAIL,
    THREE,
    TO_A_LIVE_SESSION,
    TOLD_WHY,
    TOO_MANY_WORDS,
)
from faults.registry import fault


@fault(
    "The platform's answer stands alone in the customer's mailbox, outside her thread.",
    part="hermes",
    caught_by=(BY_MAIL,),
    clause="The platform answers in the thread when the preview is live",
)
def answers_outside_the_thread() -> None:
    """No `In-Reply-To`, no `References`."""
    from email.message import EmailMessage

    from sandbox.services.hermes import customer_mail

    compose = customer_mail.compose  # type: ignore[attr-defined]

    def alone(sender: str, to: str, subject: str, text: str, mail: Any = None) -> EmailMessage:
        message: EmailMessage = compose(sender, to, subject, text, mail)
        del message["In-Reply-To"], message["References"]
        return message

    customer_mail.compose = alone  # type: ignore[attr-defined]


@fault(
    "A customer's third mail in a thread begins another.",
    part="session_api",
    caught_by=(TO_A_LIVE_SESSION,),
    clause="thread root (`References`/`In-Reply-To`/`Message-ID`)",
)
def thread_by_the_latest_message() -> None:
    """The thread is that of the message which is answered, not that of the first."""
    from sandbox.services.session_api.letters import Letter, _ids

    def latest(self: Letter) -> list[str]:
        found: list[str] = _ids(self.header("References"))
        return _ids(self.header("In-Reply-To"))[:1] or found[-1:]

    Letter.references = property(latest)  # type: ignore[assignment,method-assign]


@fault(
    "A customer whose mail program spells her address otherwise is somebody else.",
    part="session_api",
    caught_by=(TO_A_LIVE_SESSION,),
    clause="a customer is one user however she spells",
)
def sender_as_spelt() -> None:
    """A mail's sender keeps its capital letters."""
    import dataclasses

    from sandbox.services.session_api import intake, letters
    from sandbox.services.session_api.backend import Backend

    act = intake.act
    spelt: dict[str, str] = {}
    sender = letters.Letter.sender.fget  # type: ignore[attr-defined]

    def noting(self: letters.Letter) -> str:
        found: str = sender(self)
        spelt[found.lower()] = found
        return found

    def as_spelt(platform: Backend, wish: intake.Wish, instruction: str) -> None:
        act(platform, dataclasses.replace(wish, user_id=spelt.get(wish.user_id, wish.user_id)), instruction)

    letters.Letter.sender = property(noting)  # type: ignore[assignment,method-assign]
    intake.act = as_spelt


@fault(
    "A customer is told that her session failed, and not why.",
    part="hermes",
    caught_by=(TOLD_WHY,),
    clause="and when it failed (with the reason)",
)
def reason_left_out_of_mail() -> None:
    """The sentence that says why is missing."""
    from sandbox.services.hermes.customer_mail import Answers

    send = Answers._send

    def silent(self: Answers, record: Any, subject: str, text: str, mail: Any) -> None:
        send(self, record, subject, text.replace(record.failure or "\0", ""), mail)

    Answers._send = silent  # type: ignore[method-assign]


@fault(
    "The mail that says that a preview is live leads to another address.",
    part="hermes",
    caught_by=(BY_MAIL,),
    clause="The platform answers in the thread when the preview is live",
)
def mail_leads_elsewhere() -> None:
    """The address lacks its scheme's `s`, its port and its session."""
    from urllib.parse import urlsplit

    from sandbox.services.hermes.customer_mail import Answers

    send = Answers._send

    def elsewhere(self: Answers, record: Any, subject: str, text: str, mail: Any) -> None:
        wrong = f"http://{urlsplit(record.preview_url).hostname}/session/"
        send(self, record, subject, text.replace(record.preview_url, wrong), mail)

    Answers._send = elsewhere  # type: ignore[method-assign]


@fault(
    "A customer is told that her preview is live each time that it comes back.",
    part="hermes",
    caught_by=(NEVER_BACK,),
    clause="once each: an answer is claimed before it is sent",
)
def told_at_every_return() -> None:
    """Whenever a session is served anew, its answer counts as not sent."""
    from sandbox.services.hermes.session_steps import Steps

    open_ = Steps.open

    def telling(self: Steps, session: Any, task: Any) -> bool:
        served = open_(self, session, task)
        if served and session.record.answered_at is not None:
            self._change(session, {"answered_at": None}, {})
        return served

    Steps.open = telling  # type: ignore[method-assign]


@fault(
    "A returned mail is taken for a customer's.",
    part="session_api",
    caught_by=(REFUSED_MAIL,),
    clause="Automatic mail (`Auto-Submitted`, bounces) is dropped",
)
def bounces_taken() -> None:
    """Only `Auto-Submitted` makes a mail automatic."""
    from sandbox.services.session_api import intake
    from sandbox.services.session_api.letters import Letter

    def by_one_header(found: Mapping[str, Any], letter: Letter, mail_domain: str) -> None:
        del found, mail_domain
        if letter.header("Auto-Submitted").lower() not in ("", "no"):
            raise intake.Dropped("automatic")

    intake._refuse_automatic = by_one_header


@fault(
    "Of a mail the subject is carried out, and not what stands in it.",
    part="session_api",
    caught_by=(BY_MAIL,),
    clause="plain-text body (or subject, when the body is empty)",
)
def subject_carried_out() -> None:
    """The subject comes first."""
    from sandbox.services.session_api.letters import Letter

    words = Letter.words.fget  # type: ignore[attr-defined]

    def subject_first(self: Letter) -> str:
        return self.subject or words(self)

    Letter.words = property(subject_first)  # type: ignore[assignment,method-assign]


@fault(
    "A mail that says all in its subject is dropped.",
    part="session_api",
    caught_by=(ODD_MAIL,),
    clause="plain-text body (or subject, when the body is empty)",
)
def bodyless_mail_dropped() -> None:
    """Without a body there is nothing to carry out."""
    from sandbox.services.session_api.letters import Letter, _own, _parts, _text

    words = Letter.words.fget  # type: ignore[attr-defined]

    def of_the_body(self: Letter) -> str:
        return words(self) if any(_own(_text(part)) for part in _parts(self.message)) else ""

    Letter.words = property(of_the_body)  # type: ignore[assignment,method-assign]


@fault(
    "What somebody attaches to a mail is carried out in place of what she writes.",
    part="session_api",
    caught_by=(ODD_MAIL,),
    clause="attachments are ignored",
)
def attachments_carried_out() -> None:
    """An attached text is read first."""
    from sandbox.services.session_api.letters import Letter, _text

    words = Letter.words.fget  # type: ignore[attr-defined]

    def attached_first(self: Letter) -> str:
        for part in self.message.walk():
            if part.get_content_disposition() == "attachment" and part.get_content_maintype() == "text":
                return _text(part).strip()
        return str(words(self))

    Letter.words = property(attached_first)  # type: ignore[assignment,method-assign]


@fault(
    "Who writes what cannot be an instruction hears nothing.",
    part="session_api",
    caught_by=(TOO_MANY_WORDS,),
    clause="Words that cannot be an instruction are",
)
def impossible_words_unanswered() -> None:
    """The refusal is logged and not sent."""
    from sandbox.services.session_api import intake

    def silent(*given: object) -> None:
        del given

    intake.refuse = silent  # type: ignore[assignment]


@fault(
    "Each customer's answer goes to the customer before, too.",
    part="hermes",
    caught_by=(THREE,),
    clause="when it failed (with the reason), once each",
)
def answers_reach_the_one_before() -> None:
    """Whoever was written to last is an addressee of the next mail."""
    from email.message import EmailMessage

    from sandbox.services.hermes import customer_mail

    compose = customer_mail.compose  # type: ignore[attr-defined]
    before: list[str] = []

    def to_both(sender: str, to: str, subject: str, text: str, mail: Any = None) -> EmailMessage:
        message: EmailMessage = compose(sender, to, subject, text, mail)
        message["Cc"] = ", ".join(one for one in before if one != to)
        before[:] = [to]
        return message

    customer_mail.compose = to_both  # type: ignore[attr-defined]
