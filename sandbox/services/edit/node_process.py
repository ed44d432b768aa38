"""The Node process in which a site's dev server runs, inside its fence: started for it, or forked from a warm one."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from .fence import Fence

SCRIPTS = Path(__file__).parent
"""The folder of `preview.mjs` and what it imports."""

FORKING = SCRIPTS
"""The folder of the scripts that a process to fork from has loaded."""

# A start makes much garbage at once, and runs most code a few times: V8 collects later, and optimises (on threads
# beside) only what is called a hundred times as often as it would by itself. That saves a fifth of a start.
V8 = (
    "--min-semi-space-size=32",
    "--initial-old-space-size=256",
    "--invocation-count-for-maglev=40000",
    "--invocation-count-for-maglev-osr=10000",
    "--invocation-count-for-turbofan=300000",
    "--invocation-count-for-osr=50000",
)
_STOP_LIMIT_S = 3.0

log = logging.getLogger(__name__)


class Started(Protocol):
    """`preview.mjs`, loading or loaded: it takes a line of settings and tells events, a line each."""

    def tell(self, line: bytes) -> None:
        """Send the settings; OSError when it has ended."""
        ...

    def events(self) -> Iterator[bytes]:
        """Each event, until it has ended."""
        ...

    def hang_up(self) -> None:
        """End its input, which is its end."""
        ...

    def wait(self, limit_s: float | None = None) -> bool:
        """Wait for its end; False if it lives on after so many seconds."""
        ...

    def kill(self) -> None:
        """SIGKILL; no error if it has ended."""
        ...


class Child:
    """A process of its own from the beginning."""

    def __init__(self, argv: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(argv, stdin=pipe, stdout=pipe, cwd=cwd, env=dict(environment))
        self.pid = self._child.pid

    def tell(self, line: bytes) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line)
        self._child.stdin.flush()

    def events(self) -> Iterator[bytes]:
        assert self._child.stdout is not None
        yield from self._child.stdout
        self._child.wait()

    def hang_up(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()

    def wait(self, limit_s: float | None = None) -> bool:
        try:
            self._child.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        self._child.kill()


class Fork:
    """A process that `preview_forks.mjs` forks into this process's group; it is that one's child."""

    def __init__(self, forks: Path, cwd: Path, fence: Fence, environment: Mapping[str, str]) -> None:
        """Ask for it. It may take a while to come: the one it is forked from may still be loading."""
        orders = fence.orders()
        order = {
            "group": os.getpgid(0),
            "errors": f"/proc/{os.getpid()}/fd/2",
            "cwd": str(cwd),
            "env": dict(environment),
            "fence": asdict(orders) if orders else None,
        }
        self._connection = socket.socket(socket.AF_UNIX)
        self._lock = threading.Lock()
        self._asked = False
        self._descriptor: int | None = None
        self._connection.connect(str(forks))
        self._lines = self._connection.makefile("rb")
        self._connection.sendall(json.dumps(order).encode() + b"\n")

    def tell(self, line: bytes) -> None:
        self._here()
        self._connection.sendall(line)

    def events(self) -> Iterator[bytes]:
        with contextlib.suppress(ConnectionResetError):
            yield from self._lines
        self.wait()

    def hang_up(self) -> None:
        self._connection.shutdown(socket.SHUT_WR)

    def wait(self, limit_s: float | None = None) -> bool:
        descriptor = self._here()
        if descriptor is None:
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(None if limit_s is None else limit_s * 1000))

    def kill(self) -> None:
        descriptor = self._here()
        if descriptor is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)

    def _here(self) -> int | None:
        """A descriptor of the process once it is there; None if it has ended already, or never came."""
        with self._lock:
            if not self._asked:
                self._asked = True
                answer = self._lines.readline()
                with contextlib.suppress(ProcessLookupError):
                    self._descriptor = os.pidfd_open(json.loads(answer)["pid"]) if answer else None
            return self._descriptor


class NodeProcess:
    """One dev server's process, loading or loaded; it waits for its settings. It ends when this process does."""

    def __init__(
        self,
        node: Path,
        node_modules: Path,
        scratch: Path,
        fence: Fence,
        memory: Path,
        *,
        forks: Path | None = None,
    ) -> None:
        """Have it inside the fence, with `scratch` as its own temporary folder and `memory` as its compile cache.

        `forks` is the socket of a `preview_forks.mjs`; without one, a process is started.
        """
        environment = environment_of(scratch, memory)
        argv = [str(node), "--no-warnings", *V8, str(SCRIPTS / "preview.mjs"), str(node_modules)]
        self._process: Started = (
            Fork(forks, scratch, fence, environment)
            if forks is not None and SCRIPTS == FORKING
            else fence.run(lambda: Child(argv, scratch, environment))
        )

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
        try:
            self._process.tell(line.encode())
        except OSError:
            log.warning("the dev server ended before it was told what to serve")
        for event in self._process.events():
            events(json.loads(event))
        ended()

    def stop(self) -> None:
        """End the process and wait until it is gone: the end of its input, then SIGKILL."""
        try:
            self._process.hang_up()
        except OSError:
            log.debug("the dev server was gone already")
        if not self._process.wait(_STOP_LIMIT_S):
            self._process.kill()
            self._process.wait()


def environment_of(scratch: Path, memory: Path) -> dict[str, str]:
    """What a dev server finds in its environment: no AWS credentials, nothing else of this task's. A site's own code
    runs in there.
    """
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
