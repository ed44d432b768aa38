"""Platforms that are right at first sight: wrong for the other customer, the other page, the other spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from faults.platforms.edit_part import change_script
from faults.platforms.scenarios import (
    AFTER_ITS_END,
    BAD_BODY,
    COMES_BACK,
    KEPT_AWAKE,
    MARKUP,
    ODD_MAIL,
    ONE_COMMIT,
    REPEATED,
    SPY,
)
from faults.registry import fault


@fault(
    "Two customers of one client, whose programs choose the same key, are handed one session.",
    part="session_api",
    caught_by=(REPEATED,),
    clause="An `Idempotency-Key` header makes a repeat answer with the first session",
)
def key_shared_by_colleagues() -> None:
    """The key counts for the client, whoever of it asks."""
    from sandbox.services.records import Records

    create = Records.create

    def for_the_client(self: Records, record: Any, request: str | None = None) -> Any:
        whose = f" {record.user_id} "
        return create(self, record, None if request is None else request.replace(whose, " "))

    Records.create = for_the_client  # type: ignore[method-assign]


@fault(
    "A body that claims to be packed in a way the platform does not know is taken as it is.",
    part="session_api",
    caught_by=(BAD_BODY,),
    clause="a body that is not what its `Content-Encoding` claims is bad input like any other",
)
def unknown_packing_is_none() -> None:
    """Only what claims to be gzip is unpacked."""
    from sandbox.services.session_api.web import Request

    content = Request.content.fget  # type: ignore[attr-defined]

    def lenient(self: Request) -> bytes:
        if self.headers.get("content-encoding", "gzip") != "gzip":
            return self.body
        unpacked: bytes = content(self)
        return unpacked

    Request.content = property(lenient)  # type: ignore[assignment,method-assign]


@fault(
    "After its task died, a session's record names the new task under the dead one's address.",
    part="hermes",
    caught_by=(COMES_BACK,),
    clause="`taskArn`, `containerIp`",
)
def address_of_the_dead_task() -> None:
    """The address is noted when a session is placed for the first time, and never again."""
    from sandbox.services.records import Records

    change = Records.change

    def once(self: Records, record: Any, changes: Mapping[str, Any], expect: Mapping[str, Any]) -> Any:
        if record.container_ip is not None and "container_ip" in changes:
            changes = {**changes, "container_ip": record.container_ip}
        return change(self, record, changes, expect)

    Records.change = once  # type: ignore[method-assign]


@fault(
    "A long instruction with letters beyond ASCII is cut short of 72 characters in the history.",
    part="edit",
    caught_by=(ONE_COMMIT,),
    clause="subject = the instruction (cut at 72 characters)",
)
def subject_cut_in_bytes() -> None:
    """It is cut at 72 bytes."""
    from sandbox.services.edit.commits import Note

    message = Note.message

    def in_bytes(self: Note) -> str:
        subject, _, rest = message(self).partition("\n")
        return f"{subject.encode()[:72].decode(errors='ignore').strip()}\n{rest}"

    Note.message = in_bytes  # type: ignore[method-assign]


@fault(
    "A page's code reads what the other customers of the same client have not published.",
    part="edit",
    caught_by=(SPY,),
    clause="It reads its own workspace",
)
def colleagues_within_the_fence() -> None:
    """The fence lets in the client's whole folder, to read."""
    from sandbox.services.edit import preview

    fence_of_preview = preview.fence_of_preview

    def wide(node: Path, node_modules: Path, root: Path, scratch: Path, port: int) -> Any:
        fence = fence_of_preview(node, node_modules, root, scratch, port)
        return replace(fence, read=(*fence.read, root.parents[1]))

    preview.fence_of_preview = wide


@fault(
    "A page's code opens a port of its own choice, for whoever comes.",
    part="edit",
    caught_by=(SPY,),
    clause="listens on its own port",
)
def listens_where_it_likes() -> None:
    """Of the network, the fence only forbids to connect."""
    from sandbox.services.edit.fence import _CONNECT, Fence, Orders, _u64s

    orders = Fence.orders

    def open_ports(self: Fence) -> Orders | None:
        found = orders(self)
        if found is None:
            return None
        files, _, scopes = (found.ruleset[at : at + 16] for at in (0, 16, 32))
        return replace(found, ruleset=f"{files}{_u64s(_CONNECT).hex()}{scopes}", ports=())

    Fence.orders = open_ports  # type: ignore[method-assign]


@fault(
    "Whoever reads on, page after page, loses the preview: only the home page counts.",
    part="edit",
    caught_by=(KEPT_AWAKE,),
    clause="without activity: a preview page request, an instruction or a keepalive",
    values=True,
)
def only_the_home_page_counts() -> None:
    """Requests of other pages are no activity."""
    sound = 'if (request.method === "GET" && state.ready) {'
    at_home = sound.replace("state.ready", "state.ready && pathname === `${settings.viteBase}/`")
    change_script((sound, at_home))


@fault(
    "A customer who writes about `&copy;` finds another sign on her page.",
    part="edit",
    caught_by=(MARKUP,),
    clause="stands, in the customer's words",
)
def ampersand_is_markup() -> None:
    """An ampersand is put into the page as it is."""
    from sandbox.services.edit import editor

    markup = editor.markup

    def but_for_ampersands(text: str) -> str:
        return markup(text).replace("&amp;", "&")

    editor.markup = but_for_ampersands


@fault(
    "A text attached to a formatted mail is carried out in place of the mail.",
    part="session_api",
    caught_by=(ODD_MAIL,),
    clause="attachments are ignored",
)
def attached_text_before_the_mail() -> None:
    """The first plain text is the mail's, wherever it stands."""
    from email.message import Message

    from sandbox.services.session_api import letters

    parts = letters._parts

    def attached_too(message: Message) -> Any:
        plain = [part for part in message.walk() if part.get_content_type() == "text/plain"]
        yield from plain or parts(message)

    letters._parts = attached_too


@fault(
    "A reply of a mail program that writes no `References` begins a thread of its own.",
    part="session_api",
    caught_by=(AFTER_ITS_END,),
    clause="thread root (`References`/`In-Reply-To`/`Message-ID`)",
)
def thread_by_references_alone() -> None:
    """`In-Reply-To` is not read."""
    from sandbox.services.session_api.letters import Letter

    references = Letter.references.fget  # type: ignore[attr-defined]

    def alone(self: Letter) -> list[str]:
        found: list[str] = references(self) if self.header("References") else []
        return found

    Letter.references = property(alone)  # type: ignore[assignment,method-assign]


@fault(
    "An answer in a long thread is shown apart from it: it names the latest mail, and not the first.",
    part="hermes",
    caught_by=(AFTER_ITS_END,),
    clause="The platform answers in the thread when the preview is live",
)
def answer_forgets_the_first_mail() -> None:
    """`References` holds what `In-Reply-To` does."""
    from email.message import EmailMessage

    from sandbox.services.hermes import customer_mail

    compose = customer_mail.compose  # type: ignore[attr-defined]

    def latest(sender: str, to: str, subject: str, text: str, mail: Any = None) -> EmailMessage:
        message: EmailMessage = compose(sender, to, subject, text, mail)
        if message["In-Reply-To"]:
            message.replace_header("References", message["In-Reply-To"])
        return message

    customer_mail.compose = latest  # type: ignore[attr-defined]
