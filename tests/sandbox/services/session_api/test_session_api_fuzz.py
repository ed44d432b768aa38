"""Random requests by a seed: none is answered with 5xx, and none that is refused leaves a trace.

`SESSION_API_REQUESTS=2000` asks more often than `make test` does.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator

import pytest

from tests.aws_platform import aws
from tests.sandbox.services.session_api.session_api_stand import ASKED, Stand

REQUESTS = int(os.environ.get("SESSION_API_REQUESTS", "300"))
_WORDS = ["clientId", "userId", "instruction", "threadId", "\ud800", "", "a" * 5000, "\x00", "__proto__", "é"]
_RAW = [
    "[" * 5000,
    '{"a":' * 5000,
    "NaN",
    "-Infinity",
    "1e999",
    "9" * 5000,
    '"\\ud800"',
    "{",
    "\ufeff{}",
    "null",
    "\x00",
]


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    with aws():
        yield Stand("fuzz", monkeypatch)


def value(chance: random.Random, depth: int = 0) -> object:
    """Any JSON value."""
    kind = chance.randrange(8 if depth < 3 else 6)
    if kind == 6:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 7:
        return {chance.choice(_WORDS): value(chance, depth + 1) for _ in range(chance.randrange(4))}
    return [None, True, chance.choice(_WORDS), -(10**300), 1.5e308, chance.randbytes(4).hex()][kind]


def body(chance: random.Random) -> str:
    """A request's body: valid, nearly, or nothing of the kind."""
    if chance.random() < 0.3:
        return chance.choice(_RAW)
    text = json.dumps({**ASKED, chance.choice(_WORDS[:4]): value(chance)})
    return text[:-1] + f', "userId": {json.dumps(value(chance))}}}' if chance.random() < 0.3 else text


def test_random_requests_are_answered_in_the_contracts_words_and_leave_no_trace(stand: Stand) -> None:
    live = stand.activate()["sessionId"]
    chance = random.Random(20261124)
    accepted = 1
    for number in range(REQUESTS):
        session = chance.choice([live, "0" * 32, "%00", "%ff%fe", "x" * 3000, "..", "lease%23hermes"])
        verb = chance.choice(["instructions", "keepalive", "status", "nothing", ""])
        path = chance.choice(
            ["/api/sessions/activate", f"/api/sessions/{session}/{verb}", f"/session/{session}/"]
        )
        method = chance.choice(["POST", "POST", "POST", "GET", "PUT", "OPTIONS", "X"])
        before = stand.items(), len(stand.seen)
        status, document, _ = stand.call(method, path, body(chance))
        assert status < 500 or (status, path) == (503, f"/session/{live}/"), (
            f"request {number}: {method} {path}"
        )
        if status == 202 and path.endswith("/activate"):
            accepted += 1
        elif status >= 400:
            assert (stand.items(), len(stand.seen)) == before, (
                f"request {number}: {method} {path} left a trace"
            )
            assert isinstance(document, str) or document["error"]["message"]
    assert stand.items() == accepted
