"""A headless Chromium: the packaged one where there is a package, else one that the machine has.

`python -m acceptance.drivers.browser.chromium` installs it, and tells when there is none.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from acceptance.npm_packages import in_advance, node_binary, run_node
from acceptance.npm_packages import installed as installed_packages
from acceptance.waiting.errors import NotObserved

PACKAGE = Path(__file__).parent
"""Holds package.json, package-lock.json and .npmrc: the npm package with Chromium and the libraries it needs."""

_PACKAGED_FOR = ("Linux", "x86_64")
"""What npm `@sparticuz/chromium` holds a binary for (its README: arm64 is released apart, not on npm)."""

_PARTS = ("chromium.br", "al2023.tar.br", "fonts.tar.br")
"""The browser, the shared libraries beyond glibc 2.34 that it is linked to, and a font."""

_INFLATE = """
import { inflate } from "@sparticuz/chromium";
await Promise.all(process.argv.slice(1).map((part) => inflate(part)));
"""

_UNPACK_LIMIT_S = 120.0

_ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_APPLICATIONS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")

_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{packaged}</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


class NoBrowser(NotObserved):
    """No Chromium can be had on this machine, or it does not run; the text says what to do."""


@dataclass(frozen=True)
class Chromium:
    """A browser to start: its program, and what its environment needs beyond this process's."""

    executable: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def chromium(say: Callable[[str], None], *, root: Path | None = None) -> Chromium:
    """The Chromium for this machine, installed first if it is the packaged one and not there yet.

    Args:
        say: told when something is installed.
        root: where to install, instead of this project's folder in the user's cache.

    Raises:
        NoBrowser: there is no package for this machine, and no browser on it; or the package cannot be unpacked.
        PackagesError: the package cannot be installed.
    """
    machine = (platform.system(), platform.machine())
    return packaged(say, root=root) if machine == _PACKAGED_FOR else installed(machine)


def packaged(say: Callable[[str], None], *, root: Path | None = None) -> Chromium:
    """The Chromium of the npm package, the same for everybody whatever the machine has: 75 MB, and 210 MB unpacked."""
    modules = installed_packages(PACKAGE, say, root=root)
    folder = modules.parent / "unpacked"
    if not folder.is_dir():
        _unpack(modules, folder)
    return Chromium(
        folder / "chromium",
        {
            "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
            "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        },
    )


def installed(machine: tuple[str, str]) -> Chromium:
    """The first browser found on PATH or among the applications; NoBrowser says what to install."""
    found = [Path(program) for name in _ON_PATH if (program := shutil.which(name))]
    if sys.platform == "darwin":
        found += [path for name in _APPLICATIONS if (path := Path("/Applications") / name).is_file()]
    if not found:
        raise NoBrowser(
            f"expected a Chromium: npm has none for {' '.join(machine)}, and none of "
            f"{', '.join(_ON_PATH)} is on PATH; install one (Debian, Ubuntu: apt-get install chromium; "
            "macOS: brew install --cask chromium)"
        )
    return Chromium(found[0])


def _unpack(modules: Path, folder: Path) -> None:
    """Unpack with the package's own function, which writes below the temporary folder; whole or not at all."""
    packed = modules / "@sparticuz" / "chromium" / "bin"
    arguments = ["--input-type=module", "--eval", _INFLATE, *(str(packed / part) for part in _PARTS)]
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=folder.parent) as scratch:
        try:
            result = run_node(
                node_binary(),
                arguments,
                cwd=folder.parent,
                environment={**os.environ, "TMPDIR": scratch},
                limit_s=_UNPACK_LIMIT_S,
            )
        except subprocess.TimeoutExpired as error:
            raise NoBrowser(
                f"expected to unpack Chromium from {packed} within {_UNPACK_LIMIT_S:.0f} s; it did not finish"
            ) from error
        if result.returncode != 0:
            raise NoBrowser(
                f"expected to unpack Chromium from {packed}, it ended with {result.returncode}: "
                f"{result.stdout[-2000:]}\nIs the disk full? Else remove {folder.parent} and try again"
            )
        whole = Path(scratch) / "whole"
        whole.mkdir()
        for part in _PARTS:
            name = part.partition(".")[0]
            (Path(scratch) / name).rename(whole / name)
        fonts = _FONTS.format(
            packaged=escape(str(folder / "fonts")), cache=escape(str(folder / "fonts-cache"))
        )
        (whole / "fonts.conf").write_text(fonts, encoding="utf-8")
        try:
            whole.rename(folder)
        except OSError:
            # Another run was faster: what it unpacked is the same.
            if not folder.is_dir():
                raise


def main(say: Callable[[str], None]) -> None:
    """Have it there; that there is none is told."""
    try:
        chromium(say)
    except NoBrowser as none:
        say(
            f"{none}.\nScenarios tagged @browser cannot be observed here, so that no whole run can be accepted."
        )


if __name__ == "__main__":
    sys.exit(in_advance(main))
