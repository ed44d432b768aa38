"""The weather between the clients and the AWS API: a WSGI application in front of another."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from sandbox.weather.calls import Answer, Call, Condition, Onward

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class Door:
    """Has every call go through all conditions, the first one outermost. What `own` keys sign takes the straight way:
    the sandbox's own machinery is AWS, and no client of it.
    """

    def __init__(
        self, application: Application, conditions: Sequence[Condition], own: frozenset[str]
    ) -> None:
        self._application = application
        self._own = own
        self._way: Onward = self._carry
        for condition in reversed(conditions):
            self._way = partial(_through, condition, self._way)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one call. It is signed: whoever is not known was refused before."""
        body = environ["wsgi.input"].read()
        call = Call.of(environ, body)
        answer = self._carry(call) if call.key in self._own else self._way(call)
        headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
        start_response(answer.status, [*headers, ("Content-Length", str(len(answer.body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _carry(self, call: Call) -> Answer:
        environ = {
            **call.environ,
            "wsgi.input": io.BytesIO(call.body),
            "CONTENT_LENGTH": str(len(call.body)),
        }
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            begun.append((status, headers))

        chunks = self._application(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        status, headers = begun[-1]
        return Answer(status, headers, body)


def _through(condition: Condition, onward: Onward, call: Call) -> Answer:
    return condition(call, onward)
