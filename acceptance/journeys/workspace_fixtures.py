"""What a workspace may hold: damage that a crash left behind, and files of every kind that an owner may have.

Their names are in several scripts; they are empty, binary, executable, linked.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hamcrest.core.matcher import Matcher

from acceptance.drivers.workspace import FileEntry, Workspace
from acceptance.waiting.matcher import DescribedMatcher

_GIT = "git -c safe.directory='*' -c user.name=Customer -c user.email=customer@example.com"

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "changes not committed": (
            "echo '<!-- by hand -->' >> src/pages/about.astro && echo note > 'my notes.txt' && "
            f"echo staged > staged.txt && {_GIT} add staged.txt"
        ),
        "a forgotten index lock": (
            "echo '<!-- by hand -->' >> src/pages/about.astro && echo note > 'my notes.txt' && : > .git/index.lock"
        ),
        "a half-written file": "mkdir -p src/components && printf '<section><h2>Half a he' > src/components/Half.astro",
        "a detached head": (
            f"{_GIT} checkout -q --detach && echo note > 'my notes.txt' && {_GIT} add 'my notes.txt' && "
            f"{_GIT} commit -q -m 'Made by hand'"
        ),
    }
)
"""POSIX shell scripts by the words of the feature, to be run in the project folder."""


def inflict(workspace: Workspace, kind: str) -> None:
    """Leave a workspace damaged so; KeyError for a kind that is none of `KINDS`."""
    workspace.run(f"cd {shlex.quote(workspace.folder)} && {KINDS[kind]}")


FOLDERS = ("keepsakes/in the history", "keepsakes/not yet")
"""The first is committed, the second is not."""

NAMES = (
    "plain",
    "two words",
    "Grüße aus Köln",
    "Привет, мир",
    "日本語のメモ",
    "ملاحظات",
    "हिन्दी",
    "Ελλάδα",
    "emoji 🎈",
    'it\'s $HOME; "quoted" & * [1]',
)

EACH = 25
"""How many of each name lie in each folder."""

_FILL = """
mkdir -p {folder}/deeply/nested {folder}/empty && cd {folder} || exit 1
number=1
while [ $number -le {each} ]; do
  for name in {names}; do
    file="./$name $number.txt"
    case $((number % 5)) in
      0) : > "$file";;
      1) printf 'Text of %s, number %s\\nwithout an end of line' "$name" $number > "$file";;
      2) printf '\\000\\001\\377\\376\\r\\n\\032%s\\000' $number > "$file";;
      3) printf '#!/bin/sh\\necho %s\\n' $number > "$file"; chmod 755 "$file";;
      4) printf '%s\\r\\n' "$name" $number > "$file"; chmod 600 "$file";;
    esac || exit 1
  done
  number=$((number + 1))
done
ln -s 'two words 1.txt' 'a link' && ln -s '../not there' 'a link to nothing' && ln -s deeply 'a link to a folder'
"""

_COMMIT = """
cd {folder} && git -c safe.directory='*' add -- {first} &&
git -c safe.directory='*' -c user.name=Customer -c user.email=customer@example.com \
  commit -q -m 'My own files' -- {first} &&
printf 'changed since' >> {first}/'plain 1.txt' &&
echo .env >> .git/info/exclude && echo KEY=kept > .env
"""


def lay_out(workspace: Workspace) -> None:
    """Put files of every kind into a workspace, half of them committed by the customer, one changed since;
    and one that git is told to ignore.

    So many for each of `NAMES` as `EACH` says, in each of `FOLDERS`.
    """
    for folder in FOLDERS:
        fill = _FILL.format(
            folder=shlex.quote(f"{workspace.folder}/{folder}"),
            each=EACH,
            names=" ".join(map(shlex.quote, NAMES)),
        )
        workspace.run(fill)
    workspace.run(_COMMIT.format(folder=shlex.quote(workspace.folder), first=shlex.quote(FOLDERS[0])))


@dataclass(frozen=True)
class LaidOut:
    """The files and links in `FOLDERS` as the workspace itself tells them, and which files no commit has."""

    files: tuple[FileEntry, ...]
    links: tuple[FileEntry, ...]
    uncommitted: tuple[FileEntry, ...]

    @classmethod
    def found_in(cls, workspace: Workspace) -> LaidOut:
        """Look now; nothing is changed by looking."""
        there = [entry for entry in workspace.manifest().entries if entry.path.startswith(FOLDERS)]
        files = tuple(entry for entry in there if entry.kind == "file")
        changed = set(workspace.git.uncommitted())
        return cls(
            files=files,
            links=tuple(entry for entry in there if entry.kind == "link"),
            uncommitted=tuple(e for e in files if e.path in changed and e.path.startswith(FOLDERS[1])),
        )


def of_every_kind(count: int) -> Matcher[LaidOut]:
    """So many files, half of them uncommitted: of every mode, empty or not, named in several scripts, with links."""

    def lacks(found: LaidOut) -> list[str]:
        modes = {entry.mode for entry in found.files}
        checks = {
            f"{count} files, but {len(found.files)}": len(found.files) == count,
            f"{count // 2} of them uncommitted, but {len(found.uncommitted)}": len(found.uncommitted)
            == count // 2,
            "an empty file": any(entry.size == 0 for entry in found.files),
            "a file with something in it": any(entry.size for entry in found.files),
            "a file that can be run": 0o755 in modes,
            "a file for its owner only": 0o600 in modes,
            "a link": bool(found.links),
            "a name outside ASCII": any(not entry.path.isascii() for entry in found.files),
        }
        return [name for name, there in checks.items() if not there]

    return DescribedMatcher(
        f"{count} files of every kind, half of them uncommitted",
        lambda found: not lacks(found),
        lambda found: f"not {'; not '.join(lacks(found))}",
    )
