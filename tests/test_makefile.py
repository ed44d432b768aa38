"""The Makefile: what `make` alone tells, and what `make clean` leaves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
INNER = {"packages"}
"""Targets that others stand on, and nobody calls."""


def make(*arguments: str) -> str:
    """What make prints."""
    return subprocess.run(
        ["make", *arguments], cwd=PROJECT, check=True, capture_output=True, text=True, timeout=60
    ).stdout


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_make_alone_tells_every_target(arguments: tuple[str, ...]) -> None:
    told = re.findall(r"^  make ([a-z-]+) +\S", make(*arguments), re.MULTILINE)
    declared = re.search(r"^\.PHONY: (help .*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    assert set(told) == set(declared[1].split()) - INNER


def test_clean_keeps_the_reports(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "Makefile", tmp_path)
    for folder in ("reports", ".venv"):
        (tmp_path / folder).mkdir()
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["Makefile", "reports"]
