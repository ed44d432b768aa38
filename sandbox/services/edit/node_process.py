"""The Node process in which a site's dev server runs, inside its fence."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .fence import Fence

SCRIPTS = Path(__file__).parent
"""The folder of `preview.mjs` and what it imports."""

# A start makes much garbage at once, and runs most code a few times: V8 collects later, and optimises (on threads
# beside) only what is called a hundred times as often as it would by itself. That saves a fifth of a start.
_V8 = (
    "--min-semi-space-size=32",
    "--initial-old-space-size=256",
    "--invocation-count-for-maglev=40000",
    "--invocation-count-for-maglev-osr=10000",
    "--invocation-count-for-turbofan=300000",
    "--invocation-count-for-osr=50000",
)
_STOP_LIMIT_S = 3.0

log = logging.getLogger(__name__)


class NodeProcess:
    """One `preview.mjs`, started and loading; it waits for its settings. It ends when this process does."""

    def __init__(self, node: Path, node_modules: Path, scratch: Path, fence: Fence, memory: Path) -> None:
        """Start it inside the fence, with `scratch` as its own temporary folder and `memory` as its compile cache."""

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [str(node), "--no-warnings", *_V8, str(SCRIPTS / "preview.mjs"), str(node_modules)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=scratch,
                env=_environment(scratch, memory),
            )

        self._process = fence.run(start)

    def run(
        self,
        settings: Mapping[str, object],
        events: Callable[[dict[str, Any]], None],
        ended: Callable[[], None],
    ) -> None:
        """Serve. A thread calls `events` for each event and `ended` once the process is gone."""
        line = json.dumps(settings) + "\n"
        threading.Thread(target=self._listen, args=(line, events, ended), daemon=True).start()

    def _listen(self, line: str, events: Callable[[dict[str, Any]], None], ended: Callable[[], None]) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            log.warning("the dev server ended before it was told what to serve")
        for event in self._process.stdout:
            events(json.loads(event))
        self._process.wait()
        ended()

    def stop(self) -> None:
        """End the process and wait until it is gone: the end of its input, then SIGKILL."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            log.debug("the dev server was gone already")
        try:
            self._process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _environment(scratch: Path, memory: Path) -> dict[str, str]:
    """A site's own code runs in there: it gets no AWS credentials and nothing else of this task's environment."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "NODE_ENV": "development",
        "NODE_COMPILE_CACHE": str(memory),
        # The machine's own is outside the fence.
        "OPENSSL_CONF": os.devnull,
        "ASTRO_TELEMETRY_DISABLED": "1",
        "ASTRO_DISABLE_UPDATE_CHECK": "true",
    }
