"""A file that only its owner may read, and the ways by which somebody may try to read it through another preview."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer, HttpClient
from acceptance.drivers.raw_http import RawHttpClient
from acceptance.drivers.workspace import Workspace
from acceptance.waiting.errors import NoData, Unreachable
from acceptance.waiting.matcher import DescribedMatcher

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


def pry(web: HttpClient, paths: Sequence[str]) -> tuple[Answer, ...]:
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

    return DescribedMatcher(
        "the secret in no answer",
        lambda answers: not telling(answers),
        lambda answers: (
            f"{len(telling(answers))} of {len(answers)} told it: {', '.join(map(str, telling(answers)[:6]))}"
        ),
    )


def tells(secret: Secret) -> Matcher[Answer]:
    """The secret itself, as its owner's own preview serves it."""
    return DescribedMatcher("200 with the secret", lambda a: a.status == 200 and secret.words in a.text, str)


SPY = """
import fs from "node:fs";
import { spawnSync } from "node:child_process";
export const prerender = false;
const file = %(file)s, folder = %(folder)s, root = %(root)s, mark = %(mark)s;
const run = (command) => spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" }).stdout ?? "";
const ways = {
  "reads the file": () => fs.readFileSync(file, "utf8"),
  "reads it by a link": () => {
    fs.rmSync("link", { force: true });
    fs.symlinkSync(file, "link");
    return fs.readFileSync("link", "utf8");
  },
  "reads it by a program": () => run(`cat ${file}`),
  "lists the customer's folder": () => fs.readdirSync(folder).join(" "),
  "lists the customers": () => fs.readdirSync(root).join(" "),
  "lists the customers by a program": () => run(`ls ${root}`),
  "reads what the platform was started with": () => fs.readFileSync(`/proc/${process.ppid}/environ`, "utf8"),
  "writes into the folder": () => { fs.writeFileSync(`${folder}/${mark}`, mark); return mark; },
  "writes by a program": () => run(`echo ${mark} > ${folder}/${mark}-2 && echo ${mark}`),
  "overwrites the file": () => { fs.appendFileSync(file, mark); return mark; },
};
export const GET = () => {
  const found = {};
  for (const [way, look] of Object.entries(ways)) {
    try {
      const seen = look().replaceAll("\\0", " ").trim();
      if (seen) found[way] = seen.slice(0, 200);
    } catch {
      continue;
    }
  }
  const told = JSON.stringify({ tried: Object.keys(ways).length, found });
  return new Response(told, { headers: { "Content-Type": "application/json" } });
};
"""
"""A page of a site whose code, run by the site's own server, looks for a file of another customer's."""


def spy_on(secret: Secret, workspaces_root: str) -> str:
    """The source of a page that answers with what it found, way by way."""
    folder = secret.path.rpartition("/public/")[0]
    return SPY % {
        "file": json.dumps(secret.path),
        "folder": json.dumps(folder),
        "root": json.dumps(workspaces_root),
        "mark": json.dumps(f"spy-{secrets.token_hex(4)}"),
    }


def looked_everywhere() -> Matcher[Answer]:
    """The answer of a page whose code ran to its end and tried every way."""
    return DescribedMatcher(
        "200 with what the page's code found", lambda a: a.status == 200 and "found" in _told(a), str
    )


def found_nothing() -> Matcher[Answer]:
    """The answer of a page whose code found no file of anybody else, and could write none."""
    return DescribedMatcher(
        "a page whose code finds nothing of others",
        lambda answer: not _told(answer).get("found"),
        lambda answer: "; ".join(f"it {way}: {seen[:60]!r}" for way, seen in _told(answer)["found"].items()),
    )


def _told(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


# Requests of visitors who try to get where no path may lead.

SYSTEM_FILE = "/etc/passwd"


SYSTEM_WORDS = ("root:x:0:0:", "HOSTNAME=", "AWS_SECRET")
"""How the system's list of users begins, and what the environments of processes hold."""


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
    files = (secret_path, SYSTEM_FILE, "/proc/self/environ")
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
    """What was answered; a load balancer may also hang up on a target that is none."""
    answers = []
    for target in targets:
        try:
            answers.append(wire.send("GET", target))
        except Unreachable as silence:
            if "\x00" not in target:
                raise silence from None
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
