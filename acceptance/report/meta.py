"""Where a run ran: the `meta` message, and the revision of this project."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from acceptance.report.stream import PROTOCOL_VERSION

_GIT_LIMIT_S = 10.0


def meta(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The fields of `meta`; `ci` only on GitHub Actions (its default variables, docs.github.com)."""
    fields: dict[str, Any] = {
        "protocolVersion": PROTOCOL_VERSION,
        "implementation": {"name": "behave", "version": version("behave")},
        "runtime": {"name": platform.python_implementation(), "version": platform.python_version()},
        "os": {"name": platform.system(), "version": platform.release()},
        "cpu": {"name": platform.machine()},
    }
    server, repository = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
    if environment.get("GITHUB_ACTIONS") == "true" and server and repository:
        number = environment.get("GITHUB_RUN_ID", "")
        fields["ci"] = {
            "name": "GitHub Actions",
            "url": f"{server}/{repository}/actions/runs/{number}",
            "buildNumber": number,
            "git": {
                "remote": f"{server}/{repository}.git",
                "revision": environment.get("GITHUB_SHA", ""),
                "branch": environment.get("GITHUB_REF_NAME", ""),
            },
        }
    return fields


def revision(folder: Path, but: Path | None = None) -> tuple[str, bool]:
    """The commit checked out in `folder`, empty where git knows none, and whether files differ from it (`but` may)."""
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    others = ["--", ".", f":!{but}"] if but else []
    return commit, bool(commit and _git(folder, "status", "--porcelain", *others))


def _git(folder: Path, *arguments: str) -> str:
    """What git says, or nothing when there is no git, no repository or no answer."""
    try:
        answer = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=_GIT_LIMIT_S,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
