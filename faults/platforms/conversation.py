"""Platforms on which only the first word counts, of mails or of edits, or that misread what a customer mails."""

from __future__ import annotations

from typing import Any

from faults.platforms.scenarios import (
    AFTER_ITS_END,
    BY_MAIL,
    EVERY_EDIT,
    ODD_MAIL,
    REFUSED_MAIL,
    TO_A_LIVE_SESSION,
)
from faults.registry import fault


@fault(
    "An open page shows the first edit and misses all that follow.",
    part="edit",
    caught_by=(EVERY_EDIT,),
    values=True,
    clause="An edit reaches an open page as an HMR message",
)
def later_edits_unseen() -> None:
    """Each preview server sends its pages the first news, and keeps all others to itself."""
    import shutil
    import tempfile
    from pathlib import Path

    from sandbox.services.edit import learning, node_process, preview

    scripts = Path(tempfile.mkdtemp(prefix="faulty-"))
    for script in node_process.SCRIPTS.glob("*.mjs"):
        shutil.copy(script, scripts)
    main, sound = scripts / "preview.mjs", "state.server = server.httpServer;"
    text = main.read_text(encoding="utf-8")
    if sound not in text:
        raise LookupError(f"expected {sound!r} in preview.mjs, found none")
    once = """
      const send = server.ws.send.bind(server.ws);
      let told = false;
      server.ws.send = (...news) => {
        const isNews = ["update", "full-reload"].includes(news[0]?.type);
        if (!(isNews && told)) send(...news);
        told ||= isNews;
      };"""
    main.write_text(text.replace(sound, sound + once), encoding="utf-8")
    for module in (learning, node_process, preview):
        module.SCRIPTS = scripts  # type: ignore[attr-defined]


@fault(
    "A customer who answers the platform's mail gets another session beside the one she has.",
    part="session_api",
    caught_by=(TO_A_LIVE_SESSION,),
    clause="A reply in the same thread becomes an instruction",
)
def replies_begin_new_sessions() -> None:
    """No live session is ever found for a thread."""
    from sandbox.services.session_api import sessions

    def none(*given: object) -> None:
        del given

    sessions.live_session = none  # type: ignore[assignment]


@fault(
    "What a customer answers to the platform's mail is lost.",
    part="session_api",
    caught_by=(TO_A_LIVE_SESSION,),
    clause="A reply in the same thread becomes an instruction",
)
def replies_lost() -> None:
    """A mail to a live session is read and not handed on."""
    from sandbox.services.session_api import intake, sessions
    from sandbox.services.session_api.backend import Backend

    act = intake.act

    def only_the_first(platform: Backend, wish: intake.Wish, instruction: str) -> None:
        if sessions.live_session(platform, wish.client_id, wish.user_id, wish.thread_id) is None:
            act(platform, wish, instruction)

    intake.act = only_the_first


@fault(
    "Every mail begins a thread of its own, so nobody's work goes on.",
    part="session_api",
    caught_by=(TO_A_LIVE_SESSION, AFTER_ITS_END),
    clause="thread root (`References`/`In-Reply-To`/`Message-ID`)",
)
def every_mail_a_thread() -> None:
    """A mail's own Message-ID counts as its thread's root."""
    from sandbox.services.session_api import intake

    def own(self: intake.Wish) -> str:
        return intake.thread_of(self.message_id)

    intake.Wish.thread_id = property(own)  # type: ignore[assignment,method-assign]


@fault(
    "A customer who answers after her session has ended hears nothing.",
    part="session_api",
    caught_by=(AFTER_ITS_END,),
    clause="or resumes it in a new one",
)
def ended_threads_stay_ended() -> None:
    """A mail of a thread that had a session is only ever for a live one."""
    from sandbox.services.session_api import intake, sessions
    from sandbox.services.session_api.backend import Backend

    act = intake.act

    def while_it_lives(platform: Backend, wish: intake.Wish, instruction: str) -> None:
        known = {record.thread_id for record in platform.records.of_client(wish.client_id)}
        live = sessions.live_session(platform, wish.client_id, wish.user_id, wish.thread_id)
        if live is not None or wish.thread_id not in known:
            act(platform, wish, instruction)

    intake.act = while_it_lives


@fault(
    "An absent customer's automatic answer is taken for a wish.",
    part="session_api",
    caught_by=(REFUSED_MAIL,),
    clause="Automatic mail (`Auto-Submitted`, bounces) is dropped",
)
def automatic_mail_taken() -> None:
    """No mail counts as automatic."""
    from sandbox.services.session_api.letters import Letter

    def never(self: Letter) -> None:
        del self

    Letter.automatic = property(never)  # type: ignore[assignment,method-assign]


@fault(
    "A customer is told that her preview is live when it is only begun.",
    part="hermes",
    caught_by=(BY_MAIL,),
    clause="The platform answers in the thread when the preview is live",
)
def told_before_it_is_live() -> None:
    """The answer is sent as a session is opened on its task."""
    from sandbox.services.hermes.session_steps import Steps

    open_ = Steps.open

    def telling(self: Steps, session: Any, task: Any) -> bool:
        session.record = self.answers.live(session.record)
        return open_(self, session, task)

    Steps.open = telling  # type: ignore[method-assign]


@fault(
    "Of a mail in two forms the one with the markup is taken for what the customer asks.",
    part="session_api",
    caught_by=(ODD_MAIL,),
    clause="Of a message with several parts the plain-text part is the instruction",
)
def markup_of_a_mail_taken() -> None:
    """The HTML part is preferred, and taken as it is written."""
    from sandbox.services.session_api.letters import Letter

    words = Letter.words

    def first_html(self: Letter) -> str:
        for part in self.message.walk():
            if part.get_content_type() == "text/html":
                return str(part.get_payload())
        return str(words.__get__(self))

    Letter.words = property(first_html)  # type: ignore[assignment,method-assign]


@fault(
    "What an HTML mail does not show its reader is taken for what she asks.",
    part="session_api",
    caught_by=(ODD_MAIL,),
    clause="else the HTML's text as its reader sees it",
    values=True,
)
def style_sheets_taken_for_words() -> None:
    """Nothing of an HTML document counts as unseen."""
    from sandbox.services.session_api import html_text

    html_text._UNSEEN = ()  # type: ignore[assignment]


@fault(
    "A mail in a character set that nobody knows is dropped.",
    part="session_api",
    caught_by=(ODD_MAIL,),
    clause="an unknown character set is read as UTF-8",
)
def unknown_character_sets_dropped() -> None:
    """What Python has no codec for is no mail."""
    import codecs

    from sandbox.services.session_api import letters

    read = letters.read

    def strict(raw: bytes) -> letters.Letter:
        letter = read(raw)
        for part in letter.message.walk():
            try:
                codecs.lookup(part.get_content_charset("utf-8"))
            except LookupError as unknown:
                raise letters.Unreadable(str(unknown)) from unknown
        return letter

    letters.read = strict


@fault(
    "Of a mail from two people the first is believed.",
    part="session_api",
    caught_by=(REFUSED_MAIL,),
    clause="A message with anything but exactly one sender",
)
def first_sender_believed() -> None:
    """The first address of the first From header is the customer."""
    from email.utils import getaddresses

    from sandbox.services.session_api.letters import Letter

    def first(self: Letter) -> str:
        return getaddresses(self.message.get_all("From", []))[0][1]

    Letter.sender = property(first)  # type: ignore[assignment,method-assign]


@fault(
    "After one mail that nobody can read, no mail is read.",
    part="session_api",
    caught_by=(REFUSED_MAIL,),
    clause="no mail makes the intake fail",
)
def unreadable_mail_blocks_the_intake() -> None:
    """The intake stays at the mail that it cannot read."""
    from sandbox.services.session_api import letters

    read = letters.read
    stuck: list[letters.Unreadable] = []

    def stay(raw: bytes) -> letters.Letter:
        if stuck:
            raise stuck[0]
        try:
            return read(raw)
        except letters.Unreadable as unreadable:
            stuck.append(unreadable)
            raise

    letters.read = stay
