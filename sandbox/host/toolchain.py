"""What the starter site's previews run with: Node and the site's packages, both pinned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from acceptance.npm_packages import PackagesError, Progress, installed, node_binary
from sandbox.services.edit.learning import LearningError, learn

SITE = Path(__file__).parents[1] / "site"
"""The starter site; its lock file pins what every workspace may import."""

FORKS = Path(__file__).parents[1] / "node"
"""What the process that previews are forked from needs besides; pinned likewise."""


@dataclass(frozen=True)
class Toolchain:
    """Paths: the Node binary, the installed `node_modules`, and `koffi`, by which Node calls the system."""

    node: Path
    node_modules: Path
    koffi: Path


def ensure(progress: Progress) -> Toolchain:
    """Find Node and the site's packages, installed and tried first if they are not there yet.

    PackagesError says why they cannot be had, or that no preview comes up with them.
    """
    toolchain = Toolchain(node_binary(), installed(SITE, progress), installed(FORKS, progress) / "koffi")
    try:
        learn(toolchain.node, toolchain.node_modules, SITE, progress)
    except LearningError as error:
        raise PackagesError(str(error)) from error
    return toolchain


if __name__ == "__main__":
    ensure(print)
