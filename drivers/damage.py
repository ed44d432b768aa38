"""What a crash may leave behind in a workspace."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType

from drivers.workspace import Workspace

_GIT = "git -c safe.directory='*' -c user.name=Customer -c user.email=customer@example.com"

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "changes not committed": (
            "echo '<!-- by hand -->' >> src/pages/about.astro && echo note > 'my notes.txt' && "
            f"echo staged > staged.txt && {_GIT} add staged.txt"
        ),
        "a forgotten index lock": "echo note > 'my notes.txt' && : > .git/index.lock",
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
