"""HTTP as the suite speaks it: paths as given, certificates verified, redirects never followed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from acceptance.waiting.errors import UnexpectedAnswer, Unreachable, Untrusted
from acceptance.waiting.trace import LONGEST, TRACE, Lane
from acceptance.waiting.waits import Deadline

ERRORS = 400
"""The first status that says that a request is not answered as asked."""

DIRECT: Mapping[str, Any] = MappingProxyType({"http_proxy_host": "none", "http_no_proxy": ["*"]})
"""Options of a `websocket` connection that takes no proxy of the environment, as `HttpClient` takes none: nothing may
stand between the suite and the load balancer. The exceptions are heeded only beside a proxy's name, which may be any.
"""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Header names are lower case.

    Two answers are equal when status and body are: headers carry dates and trace ids, which never are.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str] = field(compare=False)
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def media_type(self) -> str:
        """The content type without parameters, lower case; empty if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> object:
        """The body as JSON; UnexpectedAnswer if it is none."""
        try:
            return json.loads(self.body)
        except ValueError as wrong:
            raise UnexpectedAnswer(f"{self}: expected JSON, found {self.text[:200]!r}") from wrong

    @property
    def told(self) -> str:
        """Status and type, and of JSON the beginning: for a time line."""
        said = self.body[:LONGEST].decode("utf-8", "replace") if self.media_type == "application/json" else ""
        return f"{self.status} {self.media_type} {said}".strip()

    def __str__(self) -> str:
        return f"{self.method} {self.url} answered {self.status}"


@contextmanager
def traced(method: str, url: str, body: bytes | None) -> Iterator[list[Answer]]:
    """The block sends a request, and puts the answer into the list: one event of the scenario's time line."""
    place = urlsplit(url)
    title = f"{method} {place.path}{f'?{place.query}' if place.query else ''}"
    with TRACE.during(Lane.REQUESTS, title, (body or b"")[:LONGEST].decode("utf-8", "replace")) as event:
        answers: list[Answer] = []
        yield answers
        for answer in answers:
            event.outcome, event.fine = answer.told, answer.status < ERRORS


class HttpClient:
    """Requests to one origin. Each one has a connection of its own, so that none hides behind an old one."""

    def __init__(self, origin: str, *, ca_file: Path | None, timeout: timedelta) -> None:
        self.origin = origin
        self.ca_file = ca_file
        self._timeout_s = timeout.total_seconds()

    def url(self, path: str) -> str:
        """`path` on this origin; a full URL stays as it is."""
        return path if "://" in path else self.origin + path

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
    ) -> Answer:
        """Send one request; `path` goes out as given: dot segments, double slashes and escapes stay.

        Raises:
            Unreachable: no answer, or none in time.
            Untrusted: the certificate does not verify.
        """
        url = self.url(path)
        timeout_s = deadline.left_s(self._timeout_s) if deadline else self._timeout_s
        with traced(method, url, body) as answers, requests.Session() as session:
            session.trust_env = False
            prepared = session.prepare_request(
                requests.Request(method, url, data=body, headers=dict(headers or {}))
            )
            prepared.url = url
            try:
                answer = session.send(
                    prepared,
                    timeout=(timeout_s, timeout_s),
                    verify=str(self.ca_file) if self.ca_file else True,
                    allow_redirects=False,
                )
            except requests.exceptions.SSLError as failure:
                raise Untrusted(
                    f"{method} {url}: certificate not accepted ({self.ca_file}): {failure}"
                ) from failure
            except requests.exceptions.Timeout as failure:
                raise Unreachable(f"{method} {url}: no answer in {timeout_s:.1f} s") from failure
            except requests.exceptions.RequestException as failure:
                raise Unreachable(f"{method} {url}: {_cause(failure)}") from failure
            found = MappingProxyType({name.lower(): value for name, value in answer.headers.items()})
            answers.append(Answer(method, url, answer.status_code, found, answer.content))
        return answers[0]

    def get(
        self, path: str, *, headers: Mapping[str, str] | None = None, deadline: Deadline | None = None
    ) -> Answer:
        """`send` a GET."""
        return self.send("GET", path, headers=headers, deadline=deadline)


def absolute(base: str, reference: str) -> str:
    """A reference found on the page at `base`, as a browser resolves it."""
    return urljoin(base, reference)


def _cause(failure: BaseException) -> str:
    """The innermost cause in words; urllib3 wraps a refused connection four times."""
    text = str(failure)
    for words in (
        "Connection refused",
        "Connection reset by peer",
        "Remote end closed connection",
        "Name or service",
    ):
        if words in text:
            return words.lower()
    return text
