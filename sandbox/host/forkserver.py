"""Python programs of the platform, forked from one process that has loaded their libraries before.

As a container image is fetched once and started often, `python -m MODULE` is loaded once and forked often: what a task
costs is its own work, not half a second of imports. Only libraries are loaded ahead, never the platform's own modules:
each program imports these itself, so that a fault is applied before they are.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from setproctitle import getproctitle, setproctitle

LIBRARIES = ("aiohttp.web", "boto3", "http.server")
APIS = ("application-autoscaling", "dynamodb", "ecs", "elbv2", "ses", "sqs")

_REQUEST_BYTES = 65_536
_NOT_STARTED = 126


def supported() -> bool:
    """Whether this system can tell the end of a process that is not one's child: Linux can, macOS cannot."""
    return hasattr(os, "pidfd_open")


class Forked:
    """A process that the server forked; the server is its parent and reaps it when told to."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self.pid = pid
        self._server = server
        # Opened while the server has not reaped it: the id cannot have come to mean anybody else's.
        self._descriptor = os.pidfd_open(pid)

    def await_end(self) -> None:
        """Wait until it has ended; its id stays its own until `reap`."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        poll.poll()

    def reap(self) -> int:
        """The exit code as `subprocess` gives it, once it has ended."""
        os.close(self._descriptor)
        return self._server.reap(self.pid)


class ForkServer:
    """The sandbox's end of the server, which ends with it. `spawn` may be called from any thread."""

    def __init__(self, pids: Path, env: Mapping[str, str], log: Path, ended: Callable[[int], None]) -> None:
        """Start it. `env` is what its interpreter starts with; `pids` where each process puts itself on record.

        `ended` is called with its exit code, on another thread.
        """
        self._python = _python_settings(env)
        self._lock = threading.Lock()
        self._connection, theirs = socket.socketpair()
        with theirs, log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.host.forkserver", str(theirs.fileno()), str(pids)],
                env=dict(env),
                cwd=pids,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                process_group=0,
            )
        threading.Thread(
            target=lambda: ended(self._process.wait()), name="wait-forkserver", daemon=True
        ).start()

    def takes(self, argv: Sequence[str], env: Mapping[str, str]) -> bool:
        """Whether `argv` is a module for this interpreter, set up as the server's was."""
        return tuple(argv[:2]) == (sys.executable, "-m") and _python_settings(env) == self._python

    def spawn(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, output: int) -> Forked:
        """Fork `python -m ...` into a process group of its own; OSError if the server is gone."""
        request = {"argv": list(argv[2:]), "env": dict(env), "cwd": str(cwd)}
        with self._lock:
            socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], [output])
            return Forked(self, self._answer())

    def reap(self, pid: int) -> int:
        """The exit code of a process that has ended; as if killed when the server is gone and nobody knows."""
        with self._lock:
            try:
                self._connection.sendall(json.dumps({"reap": pid}).encode() + b"\n")
                return self._answer()
            except OSError:
                return -signal.SIGKILL

    def close(self) -> None:
        """End the server; again is no error."""
        self._connection.close()
        self._process.wait()

    def _answer(self) -> int:
        answer = self._connection.recv(_REQUEST_BYTES)
        if not answer:
            raise ConnectionError("expected the fork server to answer; it is gone, see forkserver.log")
        return int(answer)


def _python_settings(env: Mapping[str, str]) -> dict[str, str]:
    """What an interpreter reads when it starts, and a fork can therefore not change."""
    return {key: value for key, value in env.items() if key.startswith(("PYTHON", "LANG", "LC_"))}


def preload() -> None:
    """Load the libraries, and the AWS models into boto3's default session, whose clients the services make."""
    for name in LIBRARIES:
        __import__(name)
    import boto3
    import botocore.session

    session = botocore.session.get_session()
    for api in APIS:
        # With keys of its own, or the session would keep the first it finds for every program.
        session.create_client(api, "us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
    boto3.setup_default_session(botocore_session=session)
    # It finds the place of the title by what is written beside it, the environment, which a forked process replaces.
    getproctitle()
    gc.collect()
    gc.freeze()


def serve(connection: socket.socket, pids: Path) -> list[str] | None:
    """Answer requests until the sandbox is gone (None). In a forked process: the module to run and its arguments."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, _REQUEST_BYTES, 1)
        if not message:
            return None
        while not message.endswith(b"\n"):
            message += connection.recv(_REQUEST_BYTES)
        request = json.loads(message)
        if "reap" in request:
            code = os.waitstatus_to_exitcode(os.waitpid(request["reap"], 0)[1])
        else:
            if os.fork() == 0:
                become(request, descriptors[0], pids, connection)
                argv: list[str] = request["argv"]
                return argv
            # The child answers, when it can be killed as a group.
            os.close(descriptors[0])
            continue
        connection.sendall(str(code).encode())


def become(request: Mapping[str, Any], output: int, pids: Path, connection: socket.socket) -> None:
    """Make this process what `subprocess` would have made: group, record, folder, environment, output, signals."""
    os.setpgid(0, 0)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
    problem: OSError | None = None
    try:
        # On record before anything else, so that the reaper never misses it; without the folder the sandbox is gone.
        (pids / str(os.getpid())).touch(exist_ok=False)
        os.chdir(request["cwd"])
    except OSError as error:
        problem = error
    connection.sendall(str(os.getpid()).encode())
    connection.close()
    if problem is not None:
        sys.stderr.write(f"not started: {problem}\n")
        sys.stderr.flush()
        os._exit(_NOT_STARTED)
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[0] = str(Path.cwd())
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """`python -m sandbox.host.forkserver DESCRIPTOR PIDS`: serve on a connected socket."""
    connection, pids = socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2])
    # A signal to the sandbox's group means the sandbox; its end is ours.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload()
    argv = serve(connection, pids)
    if argv is not None:
        sys.argv = argv
        setproctitle(shlex.join([sys.executable, "-m", *argv]))
        runpy.run_module(argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
