"""Update sockets: opened wrongly on purpose, and used for more than listening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from hamcrest.core.matcher import Matcher

from acceptance.drivers.hmr import SUBPROTOCOL, HmrClient, HmrSocket
from acceptance.drivers.http import Answer
from acceptance.drivers.open_page import OpenPage
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.matchers.answers import answers_with
from acceptance.strangers.bad_requests import NEVER_WAS, WEBSOCKET
from acceptance.waiting.errors import NoData, Unreachable
from acceptance.waiting.matcher import DescribedMatcher, mismatch_of, sentence_of


def open_wrongly(
    wire: RawHttpClient, client: HmrClient, flaw: str, *, ended_id: str, within: timedelta
) -> tuple[Answer, ...]:
    """Ask for the page's update socket with one thing wrong; the answer, or none at all in that time.

    `flaw` is one of those below, or `nothing wrong`; KeyError for another.
    """
    base = urlsplit(client.socket_url).path
    right = f"{base}?token={quote(client.token)}"
    other = "/session/{}/?token=" + quote(client.token)
    origin = {"origin": wire.origin}
    offers: Mapping[str, tuple[str, Mapping[str, str]]] = {
        "nothing wrong": (right, {**origin, "sec-websocket-protocol": SUBPROTOCOL}),
        "a wrong token": (f"{base}?token=wrong", {**origin, "sec-websocket-protocol": SUBPROTOCOL}),
        "no token": (base, {**origin, "sec-websocket-protocol": SUBPROTOCOL}),
        "a foreign subprotocol": (right, {**origin, "sec-websocket-protocol": "chat"}),
        "a path beside it": (
            right.replace("?", "beside?"),
            {**origin, "sec-websocket-protocol": SUBPROTOCOL},
        ),
        "a session that never was": (other.format(NEVER_WAS), {"sec-websocket-protocol": SUBPROTOCOL}),
        "a session that has ended": (other.format(ended_id), {"sec-websocket-protocol": SUBPROTOCOL}),
    }
    target, headers = offers[flaw]
    try:
        return (wire.send("GET", target, headers={**WEBSOCKET, **headers}, within=within),)
    except Unreachable:
        return ()


@dataclass(frozen=True)
class Echo:
    """What must come back through a socket: the `identifier` of the answer, among the frames since a mark."""

    identifier: str
    since: int


def ask_for_echo(browser: OpenPage, size: int) -> Echo:
    """Send a call of Vite's `vite:invoke` whose identifier has `size` bytes, and return what the answer must carry.

    The dev server answers every call under its caller's identifier, `send` turned into `response` (Vite's
    `normalizeHotChannel`), so a long one goes through the socket both ways.
    """
    if not isinstance(browser, HmrSocket):
        raise NoData("a real browser sends what its page wants, and nothing else")
    padding, mark = "x" * size, browser.mark()
    call = {"name": "getBuiltins", "id": f"send:{padding}", "data": []}
    browser.send({"type": "custom", "event": "vite:invoke", "data": call})
    return Echo(f"response:{padding}", mark)


def echoes(wanted: Echo) -> Matcher[OpenPage]:
    """A socket on which the answer came back, to the last byte."""

    def came(browser: OpenPage) -> bool:
        calls = [
            frame.payload.get("data") for frame in browser.frames(wanted.since) if frame.kind == "custom"
        ]
        return any(isinstance(call, Mapping) and call.get("id") == wanted.identifier for call in calls)

    return DescribedMatcher(
        f"the {len(wanted.identifier)} characters that were sent, come back",
        came,
        lambda browser: (
            f"{', '.join(map(str, browser.frames(wanted.since))) or 'no message'}"
            f"{'' if browser.is_open else f', connection closed: {browser.closed_because}'}"
        ),
    )


def answered_once(matcher: Matcher[Answer]) -> Matcher[Sequence[Answer]]:
    """One answer, and it is like this."""

    def tell(found: Sequence[Answer]) -> str:
        return mismatch_of(matcher, found[0]) if len(found) == 1 else f"{len(found)} answers"

    return DescribedMatcher(
        sentence_of(matcher), lambda found: len(found) == 1 and matcher.matches(found[0]), tell
    )


def unanswered() -> Matcher[Sequence[Answer]]:
    """No answer at all in the time given."""
    return DescribedMatcher("no answer", lambda found: not found, lambda found: ", ".join(map(str, found)))


def is_closed() -> Matcher[OpenPage]:
    """An open page whose socket the server has closed."""
    return DescribedMatcher("a closed connection", lambda s: not s.is_open, lambda _: "still open")


FATES: Mapping[str, Matcher[Sequence[Answer]]] = MappingProxyType(
    {
        "opened": answered_once(answers_with(101)),
        "refused with 400": answered_once(answers_with(400)),
        "left unanswered": unanswered(),
    }
)
"""What becomes of a socket that is asked for. The dev server leaves alone what is not its own, and the load balancer
gives up after its idle time."""
