"""Child processes that never outlive the sandbox: each leads a process group, on record until it is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from sandbox.host import forkserver
from sandbox.host.forkserver import ForkServer
from sandbox.host.parts import Parts
from sandbox.host.reaper import kill_group
from sandbox.host.state import State

# The child puts itself on record before it becomes its program, so the reaper can never
# miss it; and once it has removed the folder, a straggler fails here instead of starting.
_ON_RECORD = ': > "$0/$$" && exec "$@"'

OnExit = Callable[["Process"], None]


class Child(Protocol):
    """A process as the system has it. Between its end and `reap` its id cannot come to mean anybody else's."""

    pid: int

    def await_end(self) -> None:
        """Return once it has ended."""
        ...

    def reap(self) -> int:
        """Its exit code, as `subprocess` gives it."""
        ...


class Executed:
    """A child of this process."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self.pid = popen.pid
        self._popen = popen

    def await_end(self) -> None:
        """Return once it has ended; where the system can wait without reaping, its id stays its own."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._popen.wait()

    def reap(self) -> int:
        """Its exit code."""
        return self._popen.wait()


class Process:
    """A child and everything it started in its process group. Made by `Processes.spawn`."""

    def __init__(self, child: Child, name: str, cwd: Path, record: Path) -> None:
        self.name = name
        self.cwd = cwd
        self.pid = child.pid
        self._child = child
        self._record = record
        self._lock = threading.Lock()
        self._exited = threading.Event()
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code as `subprocess` gives it (negative: the signal's number), or None while it lives."""
        return self._code if self._exited.is_set() else None

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for the exit code; TimeoutError if the process still lives after `timeout_s` seconds."""
        if not self._exited.wait(timeout_s) or self._code is None:
            raise TimeoutError(
                f"{self.name} (pid {self.pid}): expected to exit within {timeout_s} s; it still runs"
            )
        return self._code

    def terminate(self, timeout_s: float) -> int:
        """SIGTERM to the process, after `timeout_s` seconds SIGKILL to its whole group; the exit code."""
        self.signal(signal.SIGTERM)
        if not self._exited.wait(timeout_s):
            self.kill()
        return self.wait()

    def kill(self) -> None:
        """SIGKILL to the whole group, at once; no error when it is already gone."""
        with self._lock:
            if self._code is None:
                kill_group(self.pid)

    def signal(self, number: int) -> None:
        """Send a signal to the process itself (not to its children), as a container runtime does."""
        with self._lock:
            if self._code is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)

    def _wait_for_end(self, on_exit: Sequence[OnExit]) -> None:
        self._child.await_end()
        with self._lock:
            kill_group(self.pid)
            self._code = self._child.reap()
        self._record.unlink(missing_ok=True)
        self._exited.set()
        for call in on_exit:
            call(self)


class Processes:
    """All child processes of one sandbox; `parts` hears of those that it cannot do without."""

    def __init__(self, state: State, parts: Parts | None = None) -> None:
        self.parts = parts or Parts()
        self._state = state
        self._forks: ForkServer | None = None
        self._lock = threading.Lock()
        self._living: set[Process] = set()
        self._closed = False

    def load_ahead(self, env: Mapping[str, str]) -> None:
        """Fork this interpreter's modules from now on instead of loading each anew, where the system allows it."""
        if forkserver.supported():
            log = self._state.logs / "forkserver.log"
            ended = partial(self.parts.exited, "the process that tasks are started from", log)
            self._forks = ForkServer(self._state.pids, env, log, ended)

    def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path | int,
        name: str,
        on_exit: OnExit | None = None,
        part: str = "",
    ) -> Process:
        """Start `argv` in a process group of its own, with no input and with stdout and stderr in `log`.

        `env` is the whole environment. `log` is a file to append to, or a descriptor (the caller closes its
        own copy). When the process ends, what is left of its group is killed; then `on_exit` is called on
        another thread. A program that cannot be started exits 126 or 127, as in a container. One that the sandbox
        cannot do without is a `part`. RuntimeError once `close` was called.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{name}: not started, the sandbox is shutting down")
            output = (
                log if isinstance(log, int) else os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            )
            try:
                child = self._start(argv, env, cwd, output)
            finally:
                if output != log:
                    os.close(output)
            process = Process(child, name, cwd, self._state.pids / str(child.pid))
            self._living.add(process)
        calls = [self._forget, *([on_exit] if on_exit else [])]
        if part:
            path = log if isinstance(log, Path) else None
            calls.append(lambda ended: self.parts.exited(part, path, ended.poll()))
        threading.Thread(
            target=process._wait_for_end, args=(calls,), name=f"wait-{name}", daemon=True
        ).start()
        return process

    def _start(self, argv: Sequence[str], env: Mapping[str, str], cwd: Path, output: int) -> Child:
        if self._forks is not None and self._forks.takes(argv, env):
            return self._forks.spawn(argv, env=env, cwd=cwd, output=output)
        return Executed(
            subprocess.Popen(
                ["/bin/sh", "-c", _ON_RECORD, str(self._state.pids), *argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        )

    def _forget(self, process: Process) -> None:
        with self._lock:
            self._living.discard(process)

    def living(self) -> list[Process]:
        """The processes that have not ended."""
        with self._lock:
            return [process for process in self._living if process.poll() is None]

    def close(self, timeout_s: float = 2.0) -> None:
        """SIGTERM to all, SIGKILL to those that live after `timeout_s` seconds; start nothing more."""
        self.parts.ending.set()
        with self._lock:
            self._closed = True
        enders = [
            threading.Thread(target=process.terminate, args=(timeout_s,), daemon=True)
            for process in self.living()
        ]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()
        if self._forks is not None:
            self._forks.close()
