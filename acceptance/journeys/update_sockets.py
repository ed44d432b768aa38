"""Update sockets: opened wrongly on purpose, and used for more than listening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote, urlsplit

from hamcrest.core.matcher import Matcher
from hamcrest.core.string_description import StringDescription

from acceptance.drivers.hmr import SUBPROTOCOL, HmrClient, HmrSocket
from acceptance.drivers.http import Answer
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.journeys.bad_requests import NEVER_WAS, WEBSOCKET
from acceptance.waiting.errors import Unreachable
from acceptance.waiting.matcher import DescribedMatcher


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


def ask_for_echo(browser: HmrSocket, size: int) -> str:
    """Send a call of Vite's `vite:invoke` whose identifier has `size` bytes, and return what the answer must carry.

    The dev server answers every call under its caller's identifier, `send` turned into `response` (Vite's
    `normalizeHotChannel`), so a long one goes through the socket both ways.
    """
    padding = "x" * size
    call = {"name": "getBuiltins", "id": f"send:{padding}", "data": []}
    browser.send({"type": "custom", "event": "vite:invoke", "data": call})
    return f"response:{padding}"


def echoes(identifier: str, since: int) -> Matcher[HmrSocket]:
    """A socket on which the answer with this identifier came back since a mark."""

    def came(browser: HmrSocket) -> bool:
        calls = [frame.payload.get("data") for frame in browser.frames(since) if frame.kind == "custom"]
        return any(isinstance(call, Mapping) and call.get("id") == identifier for call in calls)

    return DescribedMatcher(
        f"the {len(identifier)} characters that were sent, come back",
        came,
        lambda browser: (
            f"{', '.join(map(str, browser.frames(since))) or 'no message'}"
            f"{'' if browser.is_open else f', connection closed: {browser.closed_because}'}"
        ),
    )


def answered_once(matcher: Matcher[Answer]) -> Matcher[Sequence[Answer]]:
    """One answer, and it is like this."""

    def tell(found: Sequence[Answer]) -> str:
        return _mismatch(matcher, found[0]) if len(found) == 1 else f"{len(found)} answers"

    return DescribedMatcher(
        _description(matcher), lambda found: len(found) == 1 and matcher.matches(found[0]), tell
    )


def unanswered() -> Matcher[Sequence[Answer]]:
    """No answer at all in the time given."""
    return DescribedMatcher("no answer", lambda found: not found, lambda found: ", ".join(map(str, found)))


def is_closed() -> Matcher[HmrSocket]:
    """A socket that the server has closed."""
    return DescribedMatcher("a closed connection", lambda s: not s.is_open, lambda _: "still open")


def _description(matcher: Matcher[Answer]) -> str:
    text = StringDescription()
    matcher.describe_to(text)
    return str(text)


def _mismatch(matcher: Matcher[Answer], answer: Answer) -> str:
    text = StringDescription()
    matcher.describe_mismatch(answer, text)
    return str(text)
