"""Platforms on which a visitor reads the wrong thing where a preview is not there yet, or any more."""

from __future__ import annotations

import dataclasses
from typing import Any

from faults.platforms.scenarios import ASLEEP, ENDED_PAGE, PATIENCE, READY, TOLD_WHY, WAITED_FOR, WAITING_PAGE
from faults.registry import fault


def _page(change: Any, name: str) -> None:
    from sandbox.services.session_api import pages

    sound = getattr(pages, name)

    def changed(*given: Any) -> Any:
        return change(sound(*given))

    setattr(pages, name, changed)


@fault(
    "Old links to a preview say that it never was.",
    part="session_api",
    caught_by=(ASLEEP, ENDED_PAGE),
    clause='410, a page that says "has ended"',
)
def ended_answers_404() -> None:
    """404 in place of 410."""
    from sandbox.services.session_api import pages
    from sandbox.services.session_api.web import Answer
    from sandbox.services.session_record import SessionRecord

    def forgotten(record: SessionRecord) -> Answer:
        del record
        return pages.unknown()

    pages.ended = forgotten


@fault(
    "A reason with the customer's own words in it runs in the browser of whoever reads it.",
    part="session_api",
    caught_by=(TOLD_WHY,),
    clause="410, a page that says the reason",
)
def reason_is_markup() -> None:
    """It is put into the page as it is."""
    import html

    def as_it_is(answer: Any) -> Any:
        return dataclasses.replace(answer, body=html.unescape(answer.body))

    _page(as_it_is, "ended")


@fault(
    "The waiting page does not tell programs when to come back.",
    part="session_api",
    caught_by=(PATIENCE,),
    clause="503, `Retry-After`, a small waiting page",
)
def no_retry_after() -> None:
    """No `Retry-After`."""
    from sandbox.services.session_api import pages
    from sandbox.services.session_api.web import Answer

    waiting = pages.waiting

    def silent() -> Answer:
        right = waiting()
        headers = {name: value for name, value in right.headers.items() if name != "retry-after"}
        return dataclasses.replace(right, headers=headers)

    pages.waiting = silent


@fault(
    "The waiting page says that all is well, so nobody's browser or tool knows that it is not the site.",
    part="session_api",
    caught_by=(WAITING_PAGE,),
    clause="503, `Retry-After`, a small waiting page",
)
def waiting_page_answers_200() -> None:
    """200 in place of 503."""
    from sandbox.services.session_api import pages
    from sandbox.services.session_api.web import Answer

    waiting = pages.waiting

    def fine() -> Answer:
        return dataclasses.replace(waiting(), status=200)

    pages.waiting = fine


@fault(
    "The waiting page waits for ever.",
    part="session_api",
    caught_by=(WAITING_PAGE, WAITED_FOR),
    clause="a small waiting page that refreshes itself and says",
)
def waiting_page_never_refreshes() -> None:
    """It has no refresh."""

    def still(answer: Any) -> Any:
        head, _, rest = answer.body.partition("<meta http-equiv=")
        return dataclasses.replace(answer, body=head + rest.partition(">")[2])

    _page(still, "waiting")


@fault(
    "The waiting page leads away from the preview.",
    part="session_api",
    caught_by=(WAITED_FOR,),
    clause="a small waiting page that refreshes itself and says",
)
def waiting_page_leads_away() -> None:
    """It refreshes to the load balancer's root."""

    def astray(answer: Any) -> Any:
        return dataclasses.replace(answer, body=answer.body.replace('content="1"', 'content="1; url=/"'))

    _page(astray, "waiting")


@fault(
    "An expired preview does not say that nobody used it.",
    part="session_api",
    caught_by=(ENDED_PAGE,),
    clause='410, a page that says "nobody used it"',
)
def expiry_not_explained() -> None:
    """It says that it has ended, as if somebody had ended it."""

    def plain(answer: Any) -> Any:
        return dataclasses.replace(
            answer, body=answer.body.replace(" because nobody used it for a while", "")
        )

    _page(plain, "ended")


@fault(
    "A preview that is starting is called unknown by its health.",
    part="session_api",
    caught_by=(READY,),
    clause="Before, what the preview answers (503, 410, 404)",
)
def waking_health_unknown() -> None:
    """404 at `/session/{id}/health` until the preview is served; an open page takes that for its end."""
    from sandbox.services.session_api import handler, pages
    from sandbox.services.session_api.web import Answer, Request

    page = handler.page

    def hasty(request: Request) -> Answer:
        answer = page(request)
        return pages.unknown() if answer.status == 503 and request.path.endswith("/health") else answer

    handler.page = hasty


@fault(
    "A preview that never was is said to have ended.",
    part="session_api",
    caught_by=(ASLEEP, ENDED_PAGE),
    clause='404, a page that says "no such preview"',
)
def unknown_previews_have_ended() -> None:
    """410 for an address that nobody ever had."""
    _page(lambda answer: dataclasses.replace(answer, status=410), "unknown")
