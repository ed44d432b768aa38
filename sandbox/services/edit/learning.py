"""What makes previews quick to start, found out once per machine, before any customer's code runs.

Node's compiled code and what `remembered.mjs` keeps are read by every preview and written by none: what one of them
wrote, all would run. They come from a preview of the starter site that nobody visits.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Event

from .fence import Fence
from .node_process import SCRIPTS, NodeProcess
from .preview import free_port, memory_of, preview_settings

_HOST = "127.0.0.1"
_LIMIT_S = 240.0


class LearningError(RuntimeError):
    """The starter site's preview does not come up; the text says what was expected."""


def learn(node: Path, node_modules: Path, starter: Path, progress: Callable[[str], None]) -> None:
    """Have the memory of these packages, made first unless it is there; two at once make it once.

    `progress` is told a sentence when it has to be made. Raises LearningError.
    """
    memory = memory_of(node_modules)
    if memory.is_dir():
        return
    with memory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not memory.is_dir():
            progress(
                "starting a preview of the starter site, for later ones to start quickly (once; some seconds)"
            )
            _make(memory, node, node_modules, starter)


def _make(memory: Path, node: Path, node_modules: Path, starter: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="learning-", dir=memory.parent) as folder:
        scratch = Path(folder)
        site, fresh = scratch / "site", scratch / memory.name
        shutil.copytree(starter, site)
        (scratch / "node_modules").symlink_to(node_modules)
        port = free_port(_HOST, set())
        fence = Fence(read=(node, SCRIPTS, node_modules), write=(scratch,), ports=(port,))
        settings = preview_settings(
            session_id="starter",
            task_arn="none",
            root=site,
            node_modules=node_modules,
            scratch=scratch,
            host=_HOST,
            port=port,
            preview_origin="https://localhost",
            learn=True,
        )
        learned, over = Event(), Event()

        def heard(event: dict[str, object]) -> None:
            if event["event"] == "learned":
                learned.set()
                over.set()

        process = NodeProcess(node, node_modules, scratch, fence, fresh)
        process.run(settings, heard, over.set)
        over.wait(_LIMIT_S)
        process.stop()
        if not learned.is_set():
            raise LearningError(
                f"expected a preview of {starter} within {_LIMIT_S:.0f} s, none came up; its words are above"
            )
        fresh.rename(memory)
