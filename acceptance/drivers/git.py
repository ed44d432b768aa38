"""A workspace's git repository, read without touching it: no index refresh, no lock, no ownership check in the way."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from acceptance.drivers.ecs_exec.channel import CommandOutput
from acceptance.drivers.shell import Shell

_FIELD, _RECORD = "\x1f", "\x1e"
_FORMAT = "%x1f".join(("%H", "%P", "%s", "%b", "%(trailers:only,unfold)")) + "%x1e"


@dataclass(frozen=True)
class Commit:
    """One commit; `trailers` maps each key to its values in order."""

    sha: str
    parents: tuple[str, ...]
    subject: str
    body: str
    trailers: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        return f"{self.sha[:10]} {self.subject!r}"


class Git:
    """Reads one repository."""

    def __init__(self, shell: Shell, folder: str) -> None:
        self._shell = shell
        self._folder = folder

    def log(self, revision: str = "HEAD") -> tuple[Commit, ...]:
        """The commits of a revision, newest first."""
        text = self._git(f"log --format={shlex.quote(_FORMAT)} {_revision(revision)}").text
        return tuple(_commit(record.lstrip("\n")) for record in text.split(_RECORD) if record.strip("\n"))

    def added(self, revision: str = "HEAD") -> Mapping[str, str]:
        """The lines that each commit of a revision added, by its sha; nothing for merges and the first commit."""
        form = "--format=%x1e%H -p -U0 --output-indicator-new='>' --no-color --no-ext-diff"
        text = self._git(f"-c log.showRoot=false log {form} {_revision(revision)}").text
        added = {}
        for record in text.split(_RECORD)[1:]:
            sha, *lines = record.split("\n")
            added[sha] = "\n".join(line[1:] for line in lines if line.startswith(">"))
        return MappingProxyType(added)

    def head(self) -> str:
        """The commit that is checked out."""
        return self._git("rev-parse --verify HEAD").text.strip()

    def branch(self) -> str | None:
        """The branch that is checked out; None if the HEAD is detached."""
        out = self._run("symbolic-ref --quiet --short HEAD")
        return out.text.strip() if out.exit_code == 0 else None

    def branches(self) -> Mapping[str, str]:
        """Local branches and the commits they are at."""
        return self._refs("refs/heads/")

    def pushed(self) -> Mapping[str, str]:
        """The branches of the remote `origin` and the commits they are at, asked from the remote itself."""
        text = self._git("ls-remote --heads origin").text
        pairs = (line.split("\t") for line in text.splitlines() if "\t" in line)
        return MappingProxyType({name.removeprefix("refs/heads/"): sha for sha, name in pairs})

    def problems(self) -> tuple[str, ...]:
        """What `git fsck --full --strict` finds; dangling objects are normal and left out."""
        out = self._run("fsck --full --strict --no-dangling --no-progress")
        said = (out.stdout + out.stderr).decode("utf-8", "replace").splitlines()
        lines = tuple(line for line in said if line.strip() and not line.startswith("notice:"))
        return lines if lines or out.exit_code == 0 else (f"git fsck: exit code {out.exit_code}",)

    def uncommitted(self) -> tuple[str, ...]:
        """Paths with changes that are in no commit, untracked files included, sorted."""
        raw = self._git("status --porcelain=v1 -z --untracked-files=all --no-renames").stdout
        return tuple(sorted(line[3:].decode("utf-8", "replace") for line in raw.split(b"\0") if line))

    def changed_by(self, revision: str) -> tuple[str, ...]:
        """The paths that one commit changed, sorted."""
        raw = self._git(f"diff-tree -z --root --no-commit-id --name-only -r {_revision(revision)}").stdout
        return tuple(sorted(name.decode("utf-8", "replace") for name in raw.split(b"\0") if name))

    def _refs(self, prefix: str) -> Mapping[str, str]:
        text = self._git(f"for-each-ref --format='%(refname) %(objectname)' {prefix}").text
        pairs = (line.split(" ") for line in text.splitlines())
        return MappingProxyType({name.removeprefix(prefix): sha for name, sha in pairs})

    def _git(self, arguments: str) -> CommandOutput:
        return self._run(arguments).checked(f"git {arguments}")

    def _run(self, arguments: str) -> CommandOutput:
        folder = shlex.quote(self._folder)
        return self._shell.read(
            f"git --no-optional-locks -c safe.directory='*' -c core.quotePath=false -C {folder} {arguments}"
        )


def _revision(revision: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._/~^][A-Za-z0-9._/~^-]*", revision):
        raise ValueError(f"{revision!r} is no revision")
    return revision


def _commit(record: str) -> Commit:
    sha, parents, subject, body, raw_trailers = record.split(_FIELD)
    trailers: dict[str, tuple[str, ...]] = {}
    for line in raw_trailers.splitlines():
        key, found, value = line.partition(":")
        if found:
            trailers[key.strip()] = (*trailers.get(key.strip(), ()), value.strip())
    return Commit(
        sha,
        tuple(parents.split()),
        subject,
        body.strip(),
        MappingProxyType(trailers),
    )
