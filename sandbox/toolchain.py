"""What the starter site's previews run with: Node and the site's packages, both pinned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.npm_packages import Progress, installed, node_binary

SITE = Path(__file__).parent / "site"
"""The starter site; its lock file pins what every workspace may import."""


@dataclass(frozen=True)
class Toolchain:
    """Paths: the Node binary, and the installed `node_modules`."""

    node: Path
    node_modules: Path


def ensure(progress: Progress) -> Toolchain:
    """Find Node and the site's packages, installed first if they are not there yet; PackagesError says why not."""
    return Toolchain(node_binary(), installed(SITE, progress))
