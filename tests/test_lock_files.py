"""What npm installs is what was locked: each package's content is pinned, and no lock file names a registry."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
LOCK_FILES = (
    "sandbox/site",
    "sandbox/node",
    "acceptance/report",
    "acceptance/drivers/browser",
    "tests/acceptance/report/browser",
)


@pytest.mark.parametrize("folder", LOCK_FILES)
def test_every_package_of_a_lock_file_has_the_hash_of_its_content(folder: str) -> None:
    lock = json.loads((PROJECT / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert packages
    wrong = [path for path, entry in packages.items() if not is_sha512(entry.get("integrity", ""))]
    assert wrong == [], (
        "npm takes whatever the registry sends for these; `npm view NAME@VERSION dist.integrity`"
    )
    assert [path for path, entry in packages.items() if "resolved" in entry] == []


def test_no_lock_file_is_left_out() -> None:
    found = {
        str(path.parent.relative_to(PROJECT))
        for top in PROJECT.iterdir()
        if top.is_dir() and not top.name.startswith(".")
        for path in top.rglob("package-lock.json")
    }
    assert found == set(LOCK_FILES)


def is_sha512(integrity: str) -> bool:
    """Whether it is one SHA-512 in the form of the W3C's Subresource Integrity."""
    algorithm, _, digest = integrity.partition("-")
    return algorithm == "sha512" and len(base64.b64decode(digest)) == 64
