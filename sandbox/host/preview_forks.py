"""The process that previews are forked from: one per sandbox, as an image is fetched once and started often.

What a preview costs is then its own work, not half a second of loading Astro; its memory, what it writes to. See
`preview_forks.mjs` for what is forked and why that is safe.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

from sandbox.host.parts import Parts
from sandbox.host.state import State
from sandbox.host.toolchain import SITE, Toolchain
from sandbox.services.edit import preview
from sandbox.services.edit.node_process import FORKING, V8, environment_of

_HOST = "127.0.0.1"


def supported() -> bool:
    """Whether previews can be forked here: Linux has process descriptors and tells of a process's memory."""
    return sys.platform.startswith("linux") and hasattr(os, "pidfd_open")


class PreviewForks:
    """Runs `preview_forks.mjs`; `parts` hears of it should it end by itself."""

    def __init__(self, tools: Toolchain, state: State, parts: Parts) -> None:
        """Start it; it takes orders at once and carries them out when it has loaded."""
        self.socket = state.root / "forks"
        memory = preview.memory_of(tools.node_modules)
        folder = state.root / "rehearsal"
        site = folder / "site"
        shutil.copytree(SITE, site)
        (folder / "node_modules").symlink_to(tools.node_modules)
        settings = preview.preview_settings(
            session_id="rehearsal",
            task_arn="none",
            root=site,
            node_modules=tools.node_modules,
            scratch=folder,
            host=_HOST,
            port=0,
            preview_origin="https://localhost",
        )
        rolldown, again = rolldown_twice(tools.node_modules)
        log = state.logs / "preview-forks.log"
        argv = [
            tools.node,
            "--no-warnings",
            "--single-threaded",
            "--expose-gc",
            *V8,
            FORKING / "preview_forks.mjs",
        ]
        with socket.socket(socket.AF_UNIX) as listening, log.open("ab") as output:
            listening.bind(str(self.socket))
            listening.listen(128)
            self._process = subprocess.Popen(
                [*map(str, (*argv, listening.fileno(), tools.node_modules, tools.koffi, rolldown, again))],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[listening.fileno()],
                cwd=folder,
                env=environment_of(folder, memory),
                process_group=0,
            )
        (state.pids / str(self._process.pid)).touch()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(settings).encode() + b"\n")
        self._process.stdin.flush()
        ended = partial(parts.exited, "the process that previews are forked from", log)
        threading.Thread(
            target=lambda: ended(self._process.wait()), name="wait-preview-forks", daemon=True
        ).start()

    def close(self) -> None:
        """End it; what was forked from it goes on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()


def rolldown_twice(node_modules: Path) -> tuple[Path, Path]:
    """Rolldown's addon, and a copy of it, which a fork loads as if it were another: its threads are its own."""
    (addon,) = node_modules.glob("@rolldown/binding-*/*.node")
    copy = preview.memory_of(node_modules) / "rolldown-again.node"
    if not copy.exists():
        fresh = copy.with_suffix(f".{os.getpid()}")
        shutil.copy(addon, fresh)
        fresh.replace(copy)
    return addon, copy
