"""The preview servers: Astro's dev server, one per session, kept running while the session is open."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .fence import Fence
from .liveness import PINGS, until_it_hangs
from .node_process import SCRIPTS, NodeProcess

_FIRST_PORT = 4321
_ATTEMPTS = 3
_OCTAL = re.compile(r"\\([0-7]{3})")
# On a crowded machine a start takes minutes, and starting anew would take as long again.
_READY_LIMIT_S = 240.0
_LONGEST_PAUSE_S = 5.0

log = logging.getLogger(__name__)


class PreviewError(RuntimeError):
    """The dev server does not come up; the text is a sentence for the customer."""


def preview_settings(
    *,
    session_id: str,
    task_arn: str,
    root: Path,
    node_modules: Path,
    scratch: Path,
    host: str,
    port: int,
    preview_origin: str,
    learn: bool = False,
) -> dict[str, object]:
    """What `preview.mjs` is told, as JSON.

    `viteBase` is the session's path without a trailing slash and Astro's own `base` stays `/`: any other combination
    puts the HMR client or the pages off the session's path (Astro issue 14389).
    """
    path = f"/session/{session_id}"
    return {
        "root": str(root),
        "base": "/",
        "viteBase": path,
        "healthPath": f"{path}/health",
        "health": {"service": "edit", "sessionId": session_id, "taskArn": task_arn},
        "host": host,
        "port": port,
        "cacheDir": str(scratch / "vite"),
        "publicHost": urlsplit(preview_origin).netloc,
        "allowedHosts": [name for name in (urlsplit(preview_origin).hostname,) if name],
        "allow": [str(root.resolve()), str(node_modules.resolve())],
        "learn": learn,
        "polling": on_network_file_system(root),
    }


def on_network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether `path` lies on NFS, as EFS does: changes made by another task then raise no file event (inotify(7))."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return False
    resolved = path.resolve()
    # The kernel writes blanks within a path as octal numbers.
    fields = [
        [_OCTAL.sub(lambda found: chr(int(found[1], 8)), word) for word in line.split()] for line in lines
    ]
    covering = [(len(field[1]), field[2]) for field in fields if resolved.is_relative_to(field[1])]
    return max(covering, default=(0, ""))[1].startswith("nfs")


def free_port(host: str, taken: set[int]) -> int:
    """The lowest free TCP port of the task's own address, from Astro's 4321 on."""
    for port in range(_FIRST_PORT, 65536):
        if port in taken:
            continue
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((host, port))
            except OSError:
                continue
            return port
    raise PreviewError("The preview could not be started: no port is free.")


def fence_of_preview(node: Path, node_modules: Path, root: Path, scratch: Path, port: int) -> Fence:
    """What a site's code may reach: its workspace `root` and the folder `scratch`, both its own; its port; and Node,
    Astro and what is remembered of them, to read: could it write there, it would leave code for other sites to run.
    """
    read = (node, SCRIPTS, node_modules, memory_of(node_modules))
    return Fence(read, write=(root, scratch), ports=(port,))


def memory_of(node_modules: Path) -> Path:
    """The folder of what `learning.py` has found out about these packages: beside them."""
    return node_modules.resolve().parent / "learned"


class Preview:
    """A session's dev server on a port of its own, started again on the same port when it dies or hangs."""

    def __init__(
        self,
        make_settings: Callable[[int], dict[str, object]],
        launch: Callable[[int], NodeProcess],
        choose_port: Callable[[], int],
        on_page: Callable[[], None],
    ) -> None:
        self._make_settings = make_settings
        self._launch = launch
        self._choose_port = choose_port
        self._on_page = on_page
        self._process: NodeProcess | None = None
        self._ended = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.port = 0

    def prepare(self) -> None:
        """Launch the dev server ahead of `start`, without a look at the site: loading takes most of a start."""
        self.port = self._choose_port()
        self._process = self._launch(self.port)

    async def start(self) -> None:
        """Serve, and return once the first page has been built. Raises PreviewError."""
        for attempt in range(_ATTEMPTS):
            if self._process is None:
                self.prepare()
            if await self._serve():
                self._keeper = asyncio.create_task(self._keep())
                return
            log.warning("the dev server did not come up on port %d, attempt %d", self.port, attempt + 1)
        raise PreviewError(
            "The preview could not be started: the website's own configuration stops it from running."
        )

    async def stop(self) -> None:
        """End the dev server and wait until it is gone. Safe to call at any time."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._process is not None:
            await asyncio.to_thread(self._process.stop)

    async def _serve(self) -> bool:
        """Have a process serve on the port, launched if none waits; whether it serves."""
        loop = asyncio.get_running_loop()
        ready, ended = asyncio.Event(), asyncio.Event()

        def heard(event: dict[str, Any]) -> None:
            if event["event"] == "ready":
                ready.set()
            elif event["event"] == "page":
                self._on_page()

        process = self._process = self._process or self._launch(self.port)
        self._ended = ended
        process.run(
            self._make_settings(self.port),
            lambda event: _call(loop, heard, event),
            lambda: _call(loop, ended.set),
        )
        await _first_of(ready.wait(), ended.wait(), limit_s=_READY_LIMIT_S)
        if ready.is_set() and not ended.is_set():
            return True
        await asyncio.to_thread(process.stop)
        self._process = None
        return False

    async def _keep(self) -> None:
        pause_s = 0.0
        while True:
            await self._gone()
            self._process = None
            log.warning("the dev server on port %d is gone; starting it again in %.1f s", self.port, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = 0.0 if await self._serve() else min(max(2 * pause_s, 0.5), _LONGEST_PAUSE_S)

    async def _gone(self) -> None:
        """Return once the process has ended; one that hangs is ended."""
        settings = self._make_settings(self.port)
        hangs = until_it_hangs(str(settings["host"]), self.port, str(settings["healthPath"]))
        await _first_of(self._ended.wait(), hangs)
        if self._process is not None and not self._ended.is_set():
            log.warning(
                "the dev server on port %d hangs: %d pings in a row without an answer", self.port, PINGS
            )
            await asyncio.to_thread(self._process.stop)


async def _first_of(*waits: Coroutine[None, None, object], limit_s: float | None = None) -> None:
    """Return once one of these is done, or the limit has come; the others are given up."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: object) -> None:
    """Call on the loop's thread; a loop that has closed no longer cares."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, *arguments)
