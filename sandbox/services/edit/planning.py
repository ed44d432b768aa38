"""Instructions are planned in processes of their own, which end when their time or memory does.

Whatever the text or the site's files are, the process that serves all sessions goes on.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from . import editor
from .draft import Change
from .editor import Impossible
from .fence import SYSTEM, Fence

_TIME_S = 5.0
_MEMORY_BYTES = 1 << 30
# A planning process ends itself; the machine may be too busy to let it do so at once.
_PATIENCE_S = 3 * _TIME_S
_CHUNK = 65_536

Plan = Callable[[str, Path], tuple[Change, ...]]

log = logging.getLogger(__name__)


class PlanningFault(RuntimeError):
    """Planning failed for a reason of our own; its log has it."""


class Planner:
    """Plans instructions, each in a process forked from one that has the editor loaded. `plan` may be called from any
    thread; the planner is made while there is one thread only, and before anything is open that it should not hold."""

    def __init__(self, plan: Plan = editor.plan) -> None:
        self._connection, theirs = socket.socketpair()
        if os.fork() == 0:
            self._connection.close()
            _serve(theirs, plan)
        theirs.close()

    def plan(self, instruction: str, root: Path) -> tuple[Change, ...]:
        """The changes that carry the instruction out on the site at `root`. Raises Impossible, PlanningFault."""
        answer = self._ask(json.dumps([instruction, str(root)]).encode())
        if not answer:
            raise Impossible("It took too long to plan what you asked for.")
        found = json.loads(answer)
        if "fault" in found:
            raise PlanningFault(found["fault"])
        if "failure" in found:
            raise Impossible(found["failure"])
        return tuple(Change(**change) for change in found["changes"])

    def close(self) -> None:
        """End it."""
        self._connection.close()

    def _ask(self, request: bytes) -> bytes:
        """What a new process answers; nothing when it came to its limits first."""
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                try:
                    socket.send_fds(self._connection, [b"."], [theirs.fileno()])
                except OSError:
                    # No session can be served without it. ECS replaces the task, and its sessions come back there.
                    log.critical("expected the planner to run; it is gone, and this task ends with it")
                    os._exit(1)
            mine.settimeout(_PATIENCE_S)
            try:
                mine.sendall(request)
                mine.shutdown(socket.SHUT_WR)
                return _all(mine)
            except (TimeoutError, ConnectionError):
                return b""


def _all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(_CHUNK), b""))


def _serve(connection: socket.socket, plan: Plan) -> None:
    """Fork a process for each connection that is handed over, until whoever hands them over is gone."""
    # Nobody asks how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            connection.close()
            _answer(socket.socket(fileno=descriptors[0]), plan)
        os.close(descriptors[0])


def _answer(connection: socket.socket, plan: Plan) -> None:
    """Plan one instruction under the limits, and end."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, _TIME_S)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    try:
        instruction, root = json.loads(_all(connection))
        Fence(read=(*map(Path, SYSTEM), Path(root)), write=()).put_up()
        changes = plan(instruction, Path(root))
        answer: dict[str, object] = {"changes": [asdict(change) for change in changes]}
    except Impossible as error:
        answer = {"failure": str(error)}
    except MemoryError:
        os._exit(1)
    except Exception as error:
        log.exception("planning failed")
        answer = {"fault": f"{type(error).__name__}: {error}"}
    try:
        connection.sendall(json.dumps(answer).encode())
    finally:
        sys.stderr.flush()
        os._exit(0)
