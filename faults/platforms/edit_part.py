"""Ways to break Edit: its preview server's script, and what is done to each workspace when it has been opened."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.services.edit.workspace import Places, Workspace


def change_script(*changes: tuple[str, str]) -> None:
    """Have previews run `preview.mjs` with each `old` replaced by `new`; LookupError if it lacks one."""
    from sandbox.services.edit import learning, node_process, preview

    scripts = Path(tempfile.mkdtemp(prefix="faulty-"))
    for script in node_process.SCRIPTS.glob("*.mjs"):
        shutil.copy(script, scripts)
    main = scripts / "preview.mjs"
    text = main.read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise LookupError(f"expected {old!r} in preview.mjs, found none")
        text = text.replace(old, new, 1)
    main.write_text(text, encoding="utf-8")
    for module in (learning, node_process, preview):
        module.SCRIPTS = scripts  # type: ignore[attr-defined]


def after_opening(work: Callable[[Workspace], None]) -> None:
    """Have Edit do this to every workspace that it opens."""
    from sandbox.services.edit import workspace

    sound = workspace.open_workspace

    def opened(places: Places, client_id: str, user_id: str, thread_id: str) -> Workspace:
        found = sound(places, client_id, user_id, thread_id)
        work(found)
        return found

    workspace.open_workspace = opened
