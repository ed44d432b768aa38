"""Platforms on which the code and the links that a site brings reach what is not its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from faults.platforms.scenarios import GIT_SPY, SPY
from faults.registry import fault


def _fence_with(**changes: Any) -> None:
    from sandbox.services.edit import preview
    from sandbox.services.edit.fence import Fence

    sound = preview.fence_of_preview

    def wider(*given: Any) -> Fence:
        fence = sound(*given)
        return dataclasses.replace(fence, **{name: change(fence) for name, change in changes.items()})

    preview.fence_of_preview = wider  # type: ignore[assignment]


@fault(
    "A site's code may connect to whatever the platform can reach.",
    part="edit",
    caught_by=(SPY,),
    clause="listens on its own port, and connects to nothing",
)
def previews_may_connect() -> None:
    """The fence of a preview does not keep it from connecting."""
    _fence_with(connect=lambda _fence: True)


@fault(
    "A site's code reads and writes the temporary files of its neighbours.",
    part="edit",
    caught_by=(SPY,),
    clause="it writes the first two only",
)
def temporary_folders_shared() -> None:
    """A preview may write in the folder above its own."""
    _fence_with(write=lambda fence: (*fence.write, *(path.parent for path in fence.write[1:])))


@fault(
    "One site's code changes what every later preview starts with.",
    part="edit",
    caught_by=(SPY,),
    clause="no preview can change it",
)
def memory_may_be_changed() -> None:
    """What previews remember between starts may be written by them."""

    def with_memory(fence: Any) -> tuple[Path, ...]:
        return (*fence.write, *(path for path in fence.read if path.name == "learned"))

    _fence_with(write=with_memory)


@fault(
    "A site's code reads the workspaces of others.",
    part="edit",
    caught_by=(SPY,),
    clause="It reads its own workspace, its own temporary folder",
)
def all_workspaces_readable() -> None:
    """A preview may read the file system of all workspaces, and write its own only."""
    _fence_with(read=lambda fence: (*fence.read, *fence.write[0].parents[2:4]))


@fault(
    "What a workspace tells git to do, git does anywhere.",
    part="edit",
    caught_by=(GIT_SPY,),
    clause="Git's configuration, filters and links in a workspace lead nowhere outside",
)
def git_works_unfenced() -> None:
    """No fence is around work in a customer's folder."""
    from sandbox.services.edit import workspace
    from sandbox.services.edit.fence import Fence

    def everywhere(*given: Any) -> Fence:
        del given
        return Fence(read=(Path("/"),), write=(Path("/"),), connect=True)

    workspace._fence = everywhere  # type: ignore[assignment]
