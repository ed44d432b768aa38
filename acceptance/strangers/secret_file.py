"""A file that only its owner may read, and the ways by which somebody may try to read it through another preview."""

from __future__ import annotations

import base64
import json
import secrets
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from hamcrest.core.matcher import Matcher

from acceptance.drivers.http import Answer, HttpClient
from acceptance.drivers.workspace import Workspace
from acceptance.journeys.customer_session import CustomerSession
from acceptance.waiting.errors import NoData
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
        return cls(words, f"{workspace.in_task}/public/{page}", page)


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


def look_through_preview(own: CustomerSession, secret: Secret) -> tuple[Answer, ...]:
    """What is answered to a customer who looks for a secret through the preview of a session of his own."""
    ways = ways_to(secret, own.preview_url, own.workspace.in_task)
    return pry(own.platform.web, ways)


def look_with_code(own: CustomerSession, secret: Secret) -> tuple[Answer, ...]:
    """What a page of his own site tells, whose code looks for it; NotInTime if the preview does not run it."""
    code = spy_on(secret, own.platform.workspaces.root)
    own.workspace.write(f"src/pages/{SPY_PAGE}.js", code.encode())
    return (own.page(SPY_PAGE).becomes(looked_everywhere()),)


GIT_SPY = """
found=$(head -c 60 {file} 2>/dev/null)
wrote=$(echo {mark} > {folder}/{mark} 2>/dev/null && echo {mark})
test -n "$found" && told="\\"reads the file\\": \\"$found\\""
test -n "$wrote" && told="${{told:+$told, }}\\"writes into the folder\\": \\"$wrote\\""
mkdir -p {own}/public && echo "{{\\"tried\\": 2, \\"found\\": {{$told}}}}" > {own}/public/{page}
"""
"""A program that git calls when it pushes, as the workspace tells it; a page of the site says what it found."""


def look_with_git(own: CustomerSession, secret: Secret) -> tuple[Answer, ...]:
    """What a program finds that git runs for the platform, as configured in a workspace of one's own (git-config,
    `remote.<name>.receivepack`); NotInTime if git does not run it.
    """
    folder, place = secret.path.rpartition("/public/")[0], own.workspace.in_task
    script = GIT_SPY.format(
        file=shlex.quote(secret.path),
        folder=shlex.quote(folder),
        own=shlex.quote(place),
        mark=f"spy-{secrets.token_hex(4)}",
        page=GIT_SPY_PAGE,
    )
    own.workspace.write(".git/spy.sh", script.encode())
    called = shlex.quote(f"sh {shlex.quote(f'{place}/.git/spy.sh')}; git-receive-pack")
    own.workspace.run(
        f"{GIT} -C {shlex.quote(own.workspace.folder)} config remote.origin.receivepack {called}"
    )
    own.ask(own.instructions[0])
    return (own.page(GIT_SPY_PAGE).becomes(looked_everywhere()),)


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


SPY_PAGE = "spy"
GIT_SPY_PAGE = "git-spy.json"
GIT = "git -c safe.directory='*'"

SPY = """
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
export const prerender = false;
const file = %(file)s, folder = %(folder)s, root = %(root)s, mark = %(mark)s;
const run = (command) => spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" }).stdout ?? "";
const put = (place) => {
  fs.writeFileSync(path.join(place, mark), mark);
  fs.rmSync(path.join(place, mark));
  return place;
};
const tried = (places, look) => places.map((place) => { try { return look(place); } catch { return ""; } }).join(" ");
const own = process.cwd();
const isForeign = (place) => ![os.homedir(), os.tmpdir(), own].some((home) => `${place}/`.startsWith(`${home}/`));
const named = Object.values(process.env).flatMap((value) => value.split(":")).filter((value) => value.startsWith("/"));
const listening = () => process._getActiveHandles().flatMap((handle) => {
  const at = handle.listening && handle.address?.();
  return at && at.port ? [at] : [];
});
const call = (at) => spawnSync(process.execPath, ["-e", `
  const socket = require("net").connect(${at.port}, "${at.address}");
  socket.on("connect", () => { console.log("connected"); process.exit(); }).on("error", () => {});
`], { encoding: "utf8", timeout: 5000 }).stdout ?? "";
const listen = () => spawnSync(process.execPath, ["-e", `
  require("net").createServer().on("error", () => {}).listen(0, () => { console.log("listening"); process.exit(); });
`], { encoding: "utf8", timeout: 5000 }).stdout ?? "";
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
  "writes beside its temporary folder": () => put(path.dirname(os.tmpdir())),
  "writes where its settings lead": () => tried(named.filter(isForeign), put),
  "connects to a server": () => tried(listening(), call),
  "listens on another port": listen,
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


LOOKS: Mapping[str, Callable[[CustomerSession, Secret], tuple[Answer, ...]]] = MappingProxyType(
    {
        "through a preview of his own": look_through_preview,
        "with a program that his git calls": look_with_git,
        "with the code of a page of his own": look_with_code,
    }
)
"""How another customer may look for a secret, in the words of the feature: by every way known to have led out of a
preview's own files, or by whatever the server of his own preview runs for him."""
