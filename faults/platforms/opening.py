"""A way to break the opening of workspaces: what is done to each when it has been opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.services.edit.workspace import Places, Workspace


def after_opening(work: Callable[[Workspace], None]) -> None:
    """Have Edit do this to every workspace that it opens."""
    from sandbox.services.edit import workspace

    sound = workspace.open_workspace

    def opened(places: Places, client_id: str, user_id: str, thread_id: str) -> Workspace:
        found = sound(places, client_id, user_id, thread_id)
        work(found)
        return found

    workspace.open_workspace = opened
