"""Requests of visitors who try to get where no path may lead."""

from __future__ import annotations

import json
from collections.abc import Sequence

from acceptance.drivers.http import Answer
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.strangers.secret_file import UP
from acceptance.waiting.errors import Unreachable

SYSTEM_FILE = "/etc/passwd"

SYSTEM_WORDS = ("root:x:0:0:", "HOSTNAME=", "AWS_SECRET")
"""How the system's list of users begins, and what the environments of processes hold."""

MOST_SILENT = 3

_ELSEWHERE = ("api/health", "hermes/health", "api/sessions/activate")

_FORMS = {
    "dot segments": ("../", "./../", "%2e%2e/", ".%2E/", "about/../../", "..;/"),
    "encoded slashes": ("..%2f", "..%2F", "%2e%2e%2f", "..%5c", "..%255c", "..%252f", "%2f..%2f"),
    "NUL bytes": ("%00", "%00.txt", "\x00", "\x00.html", "%2500"),
    "file system paths": (
        "@fs{}", "@fs/{}", "@fs{}?raw", "@fs{}?import&raw??", "@fs{}?url", "@id/{}", "@id/__x00__{}", "/{}",
        "file://{}", "_image?href=file://{}", "_image?href=/@fs{}", "__open-in-editor?file={}",
    ),
}  # fmt: skip
"""Steps up, endings, or ways to spell a path, by the trick that they belong to."""


def ways(trick: str, own_path: str, secret_path: str) -> tuple[str, ...]:
    """Request targets below one's own preview that a trick suggests; KeyError for a trick that is not listed.

    Args:
        own_path: the preview's path, with a slash at the end.
        secret_path: where another customer's file lies on the server.
    """
    files = (SYSTEM_FILE, secret_path, "/proc/self/environ")
    forms = _FORMS[trick]
    if trick == "file system paths":
        found = [form.format(path) for path in files for form in forms]
    elif trick == "NUL bytes":
        found = [f"@fs{path}{end}" for path in files for end in forms]
        found += [*forms, *(f"{end}/../../{place}" for place in _ELSEWHERE for end in forms)]
    else:
        found = [up * UP + path.lstrip("/") for path in files for up in forms]
        found += [up * 2 + place for place in _ELSEWHERE for up in forms]
    return tuple(own_path + target for target in found)


def try_all(wire: RawHttpClient, targets: Sequence[str]) -> tuple[Answer, ...]:
    """What was answered. Silence gives nobody anything; a load balancer may also hang up on a target that is none.

    Raises:
        Unreachable: of more than `MOST_SILENT` proper targets.
    """
    answers, silent = [], 0
    for target in targets:
        try:
            answers.append(wire.send("GET", target))
        except Unreachable:
            silent += "\x00" not in target
            if silent > MOST_SILENT:
                raise
    return tuple(answers)


def command(wire: RawHttpClient, session_id: str) -> tuple[Answer, ...]:
    """Give Edit's control commands for a session, below every prefix that leads anywhere.

    One of them is also a request of the session API, which rightly carries it out: that one is left out.
    """
    instruction = {"instructionId": "forged", "instruction": 'Change the heading to "Taken over"'}
    opening = {**instruction, "clientId": "forged", "userId": "forged@example.com", "threadId": "forged"}
    own = f"/sessions/{session_id}"
    commands: tuple[tuple[str, str, object], ...] = (
        ("GET", "/sessions", None),
        ("GET", own, None),
        ("PUT", own, opening),
        ("POST", f"{own}/instructions", instruction),
        ("DELETE", own, None),
    )
    prefixes = ("", "/api", "/hermes", "/session", f"/session/{session_id}", f"/session/{session_id}/..")
    return tuple(
        wire.send(
            method,
            prefix + path,
            headers={"content-type": "application/json"},
            body=None if document is None else json.dumps(document).encode(),
        )
        for prefix in prefixes
        for method, path, document in commands
        if (prefix, document) != ("/api", instruction)
    )


CONTROL_PORT = "the commands of Edit's control port on every prefix"


def try_everything(wire: RawHttpClient, trick: str, session_id: str, secret_path: str) -> tuple[Answer, ...]:
    """What is answered to a visitor who tries a trick; KeyError for one that is not listed."""
    if trick == CONTROL_PORT:
        return command(wire, session_id)
    return try_all(wire, ways(trick, f"/session/{session_id}/", secret_path))
