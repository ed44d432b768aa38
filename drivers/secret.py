"""A file that only its owner may read, and the ways by which somebody may try to read it through another preview."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from hamcrest.core.matcher import Matcher

from drivers.errors import NoData
from drivers.facts import Fact
from drivers.web import Answer, Web
from drivers.workspace import Workspace

UP = 12
"""More steps up than any path on the server is deep."""

_STEPS_UP = ("/..", "/%2e%2e", "/.%2e", "%2f..", "%2f%2e%2e", "/%252e%252e", "%5c..", "/..;")

_QUERIES = (
    "",
    "?raw",
    "?raw??",
    "?url",
    "?import&raw",
    "?import&raw??",
    "?inline&import",
    "?import&?inline=1.wasm?init",
)
"""Vite has served files outside its root by some of these (CVE-2025-30208, CVE-2025-31125, CVE-2025-31486)."""


@dataclass(frozen=True)
class Secret:
    """A file with words that stand nowhere else: its absolute `path` on the server, its `page` on the owner's site."""

    words: str
    path: str
    page: str

    @property
    def traces(self) -> tuple[str, ...]:
        """What would give it away: its words, or the same as part of a data URL."""
        return self.words, base64.b64encode(self.words.encode()).decode("ascii").rstrip("=")[:40]

    @classmethod
    def hidden_in(cls, workspace: Workspace) -> Secret:
        """Put one where the owner's own preview serves it: so it is readable, and the words can be found."""
        words = secrets.token_hex(16)
        page = f"secret-{secrets.token_hex(4)}.txt"
        workspace.write(f"public/{page}", words.encode())
        return cls(words, f"{workspace.folder}/public/{page}", page)


def ways_to(secret: Secret, own_preview: str, own_project: str) -> tuple[str, ...]:
    """Request paths, most of them below one's own preview, that might lead to a secret.

    Args:
        own_preview: the address of one's own preview, with a slash at the end.
        own_project: the folder of one's own project on the server.
    """
    base = urlsplit(own_preview).path.rstrip("/")
    path = secret.path
    ways = [f"/@fs{path}{query}" for query in _QUERIES]
    ways += [f"/@fs/{path}", f"/@fs{path.replace('/', '%2f')}", f"/@fs{path}/.", f"/@id{path}"]
    ways += [f"/@id/__x00__{path}", f"/@id/file://{path}"]
    for step in _STEPS_UP:
        ways += [f"{step * UP}{path}", f"/src{step * UP}{path}", f"/@fs{own_project}{step * UP}{path}"]
    ways += [f"/_image?href={quote(way, safe='')}&w=10&f=png" for way in (f"/@fs{path}", f"file://{path}")]
    return (*(base + way for way in ways), path, f"/@fs{path}", f"{base}/..{path}")


def pry(web: Web, paths: Sequence[str]) -> tuple[Answer, ...]:
    """Ask for each path once as a page and once as a module, byte for byte as given."""
    accepted = ("text/html,*/*;q=0.8", "*/*")
    urls = [web.origin + path for path in paths]
    return tuple(web.get(url, headers={"Accept": accept}) for url in urls for accept in accepted)


def keeps(secret: Secret) -> Matcher[Sequence[Answer]]:
    """Answers without a secret's words; over no answer it raises NoData."""

    def telling(answers: Sequence[Answer]) -> list[Answer]:
        if not answers:
            raise NoData("nobody asked for the secret, so nothing can be said about who is told")
        return [answer for answer in answers if any(trace in answer.text for trace in secret.traces)]

    return Fact(
        "the secret in no answer",
        lambda answers: not telling(answers),
        lambda answers: (
            f"{len(telling(answers))} of {len(answers)} told it: {', '.join(map(str, telling(answers)[:6]))}"
        ),
    )


def tells(secret: Secret) -> Matcher[Answer]:
    """The secret itself, as its owner's own preview serves it."""
    return Fact("200 with the secret", lambda a: a.status == 200 and secret.words in a.text, str)
