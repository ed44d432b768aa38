"""What a visitor of `/session/{id}/` sees while no preview is routed there."""

from __future__ import annotations

import html

from sandbox.services.session_api.web import Answer
from sandbox.services.session_record import ACTIVE, EXPIRED, FAILED, INITIALIZING, SessionRecord

REFRESH_S = 1

_ENDINGS = {
    EXPIRED: "This preview has ended because nobody used it for a while.",
    FAILED: "This preview could not be opened.",
}


def page_for(record: SessionRecord | None) -> Answer:
    """The page for a session's address: 404 unknown, 503 waiting, 410 ended."""
    if record is None:
        return unknown()
    if record.status in (INITIALIZING, ACTIVE):
        return waiting()
    return ended(record)


def waiting() -> Answer:
    """503 with `Retry-After`; the page asks again by itself."""
    return _page(
        503,
        "Your preview is starting",
        "<p>This page opens your preview as soon as it is ready.</p>",
        head=f'<meta http-equiv="refresh" content="{REFRESH_S}">',
        headers={"retry-after": str(REFRESH_S)},
    )


def ended(record: SessionRecord) -> Answer:
    """410, saying why."""
    text = f"<p>{_ENDINGS.get(record.status, 'This preview has ended.')}</p>"
    if record.status == FAILED and record.failure:
        text += f"<p>{html.escape(record.failure)}</p>"
    return _page(
        410, "This preview has ended", f"{text}<p>Your work is kept. Ask for a change to open it again.</p>"
    )


def unknown() -> Answer:
    """404: no such session, or one long gone."""
    return _page(404, "No such preview", "<p>There is no preview at this address.</p>")


def not_allowed() -> Answer:
    """405: a preview's address can only be read."""
    return _page(405, "Not allowed", "<p>This page can only be read.</p>", headers={"allow": "GET, HEAD"})


def _page(
    status: int, title: str, text: str, *, head: str = "", headers: dict[str, str] | None = None
) -> Answer:
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width">{head}</head>'
        f"<body><h1>{title}</h1>{text}</body></html>"
    )
    return Answer(status, body, {"content-type": "text/html; charset=utf-8", **(headers or {})})
