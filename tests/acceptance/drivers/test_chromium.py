"""Which browser is taken: the packaged one, else the machine's, else a sentence that helps."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from acceptance.drivers.browser.chromium import NoBrowser, chromium


@pytest.fixture
def other_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine that npm has no Chromium for; returns its PATH, an empty folder."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_where_npm_has_none_the_machines_own_is_taken(other_machine: Path) -> None:
    program = other_machine / "google-chrome"
    program.touch(mode=0o755)
    assert chromium(print).executable == program


def test_without_any_browser_the_error_says_what_to_install(other_machine: Path) -> None:
    (other_machine / "chromium").touch(mode=0o644)
    with pytest.raises(NoBrowser, match=r"none for Linux riscv64, .* apt-get install chromium"):
        chromium(print)
