"""Git, run as a command in one working tree, deaf to the machine's own configuration."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LIMIT_S = 60.0
_SETTINGS = (
    "safe.directory=*",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "advice.detachedHead=false",
)
_REF_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class GitError(RuntimeError):
    """A git command failed; the text has the command and what git said."""


def ref_safe(name: str) -> bool:
    """Whether `name` may be a component of a branch name and of a path (git-check-ref-format)."""
    return bool(_REF_SAFE.fullmatch(name)) and ".." not in name and not name.endswith((".", ".lock"))


@dataclass(frozen=True)
class Git:
    """Git in the working tree (or bare repository) `folder`."""

    folder: Path

    def run(self, *arguments: str, stdin: str | None = None, more: Mapping[str, str] | None = None) -> str:
        """Standard output of a git command, without its last line end. Raises GitError when it fails.

        `more` adds environment variables (an index of its own, an author).
        """
        return self._call(arguments, stdin, more or {}).rstrip("\n")

    def text(self, *arguments: str) -> str:
        """Standard output, byte for byte as UTF-8. Raises GitError when the command fails."""
        return self._call(arguments, None, {})

    def answer(self, *arguments: str) -> str | None:
        """As `run`, but None when the command fails: for questions whose answer may be no."""
        try:
            return self.run(*arguments)
        except GitError:
            return None

    def _call(self, arguments: tuple[str, ...], stdin: str | None, more: Mapping[str, str]) -> str:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.devnull,
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_COMMITTER_NAME": "Live Preview",
            "GIT_COMMITTER_EMAIL": "edit@live-preview.invalid",
            "GIT_AUTHOR_NAME": "Live Preview",
            "GIT_AUTHOR_EMAIL": "edit@live-preview.invalid",
            **more,
        }
        try:
            result = subprocess.run(
                ["git", *settings, *arguments],
                cwd=self.folder,
                env=environment,
                input=None if stdin is None else stdin.encode(errors="surrogateescape"),
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                timeout=_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"git {' '.join(arguments)} in {self.folder}: no end within {_LIMIT_S:.0f} s"
            ) from error
        except OSError as error:
            raise GitError(f"git {' '.join(arguments)} in {self.folder}: {error}") from error
        if result.returncode != 0:
            said = result.stderr.decode(errors="replace").strip()
            raise GitError(
                f"git {' '.join(arguments)} in {self.folder} ended with {result.returncode}: {said}"
            )
        return result.stdout.decode(errors="surrogateescape")
