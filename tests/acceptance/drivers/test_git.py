"""What is read of a repository, from one that git itself made."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

from acceptance.drivers.git import Git
from acceptance.drivers.shell import MountedShell

AS = ("-c", "user.name=Anna", "-c", "user.email=anna@x.org")


def commit(folder: Path, text: str) -> str:
    (folder / "page.astro").write_text(text, encoding="utf-8")
    for words in (("add", "."), ("commit", "-q", "-m", "A change")):
        subprocess.run(["git", *AS, *words], cwd=folder, check=True)
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_each_commit_added_is_told_and_the_first_ones_whole_site_is_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=tmp_path, check=True)
    first = commit(tmp_path, "<h1>One</h1>\n")
    second = commit(tmp_path, "<h1>Grüße</h1>\n++ two\n")
    third = commit(tmp_path, "++ two\n")
    git = Git(MountedShell(tmp_path, timedelta(seconds=20)), str(tmp_path))
    assert git.added("main") == {first: "", second: "<h1>Grüße</h1>\n++ two", third: ""}
