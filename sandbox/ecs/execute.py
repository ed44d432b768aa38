"""ECS Exec: commands inside running tasks, their terminal carried over an SSM data channel on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import pty
import secrets
import string
import struct
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox.ecs import ssm
from sandbox.ecs.data_channel import PAYLOAD_BYTES, DataChannel, ProtocolError
from sandbox.host.loop_thread import LoopThread
from sandbox.host.processes import Process, Processes
from sandbox.host.state import State
from sandbox.strangers import refusal

logger = logging.getLogger(__name__)

CLIENT_TIMEOUT_S = 10.0
SESSION_ID_LETTERS = string.ascii_lowercase + string.digits

# (task ARN, container, command) -> argument vector, environment and working folder inside the task. KeyError for an
# unknown task or container, RuntimeError for a task that does not run.
Inside = Callable[[str, str | None, str], tuple[Sequence[str], Mapping[str, str], Path]]


@dataclass(frozen=True)
class Command:
    """What a session will run in a task, once a client with the token connects."""

    task_arn: str
    token: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path


class ExecServer:
    """Serves sessions of ExecuteCommand. Made running."""

    def __init__(self, processes: Processes, state: State, inside: Inside) -> None:
        self._processes = processes
        self._log = state.logs / "exec.log"
        self._inside = inside
        self._lock = threading.Lock()
        self._waiting: dict[str, Command] = {}
        self._served: dict[str, Command] = {}
        app = web.Application()
        app.router.add_get("/v1/data-channel/{session}", self._serve)
        self._thread = LoopThread("the server of ECS Exec", processes.parts)
        self.port = self._thread.serve(app)

    def open(self, task_arn: str, container: str | None, command: str) -> dict[str, str]:
        """A session for one client: `sessionId`, `streamUrl` and `tokenValue`, as ExecuteCommand answers them.

        The command starts when the client has connected. Raises what `inside` raises.
        """
        argv, env, cwd = self._inside(task_arn, container, command)
        suffix = "".join(secrets.choice(SESSION_ID_LETTERS) for _ in range(17))
        session_id = f"ecs-execute-command-{suffix}"
        token = secrets.token_urlsafe(64)
        with self._lock:
            self._waiting[session_id] = Command(task_arn, token, argv, env, cwd)
        url = f"ws://127.0.0.1:{self.port}/v1/data-channel/{session_id}?role=publish_subscribe"
        return {"sessionId": session_id, "streamUrl": url, "tokenValue": token}

    def in_use(self, task_arn: str) -> bool:
        """Whether a client has a session in that task now."""
        with self._lock:
            return any(command.task_arn == task_arn for command in self._served.values())

    def stop(self) -> None:
        """End all sessions; again is no error."""
        self._thread.stop()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        stranger = refusal(request.headers.get("Host"), request.headers.get("Origin"))
        if stranger is not None:
            return web.Response(status=403, text=stranger)
        session_id = request.match_info["session"]
        with self._lock:
            command = self._waiting.pop(session_id, None)
        if command is None:
            return web.Response(status=404, text="no such session, or it was used before")
        with self._lock:
            self._served[session_id] = command
        try:
            return await self._session(request, session_id, command)
        finally:
            with self._lock:
                del self._served[session_id]

    async def _session(
        self, request: web.Request, session_id: str, command: Command
    ) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=1 << 20)
        await socket.prepare(request)
        terminal = Terminal()
        channel = DataChannel(socket, terminal.take)
        try:
            await channel.authenticate(command.token, CLIENT_TIMEOUT_S)
            await self._converse(session_id, command, channel, terminal)
        except (ProtocolError, TimeoutError) as error:
            logger.warning("ECS Exec session %s: %s", session_id, error)
            await socket.close(code=1008, message=str(error)[:100].encode())
        except ConnectionError as error:
            logger.info("ECS Exec session %s: the client went away: %s", session_id, error)
        finally:
            terminal.close()
        await socket.close()
        return socket

    async def _converse(
        self, session_id: str, command: Command, channel: DataChannel, terminal: Terminal
    ) -> None:
        listening = asyncio.create_task(channel.listen())
        resending = asyncio.create_task(channel.resend())
        running = asyncio.create_task(self._run(session_id, command, channel, terminal))
        tasks = (listening, resending, running)
        try:
            done, _ = await asyncio.wait((listening, running), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, session_id: str, command: Command, channel: DataChannel, terminal: Terminal) -> None:
        await channel.handshake(session_id, CLIENT_TIMEOUT_S)
        terminal.start(self._processes, command, self._log)
        while output := await terminal.read():
            await channel.send(output)
        await channel.drained(CLIENT_TIMEOUT_S)
        await channel.close(session_id)


class Terminal:
    """A pseudo-terminal with one process on it: ECS Exec gives every command one."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._process: Process | None = None

    def start(self, processes: Processes, command: Command, log: Path) -> None:
        """Start the command with this terminal as input, output and errors."""
        # Opening the terminal as a session leader makes it the controlling one: Ctrl-C and hang-up work.
        argv = ["/bin/sh", "-c", 'exec <"$0" && exec "$@"', os.ttyname(self._slave), *command.argv]
        with log.open("a") as lines:
            lines.write(json.dumps({"cwd": str(command.cwd), "argv": list(command.argv)}) + "\n")
        self._process = processes.spawn(
            argv, env=command.env, cwd=command.cwd, log=self._slave, name="ecs-exec"
        )
        os.close(self._slave)
        self._slave = -1

    async def read(self) -> bytes:
        """The next output, at most one message long; empty when the command has ended."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._master, readable.set)
        try:
            await readable.wait()
            return os.read(self._master, PAYLOAD_BYTES)
        except OSError:
            # Linux says EIO where others say end of file.
            return b""
        finally:
            loop.remove_reader(self._master)

    def take(self, frame: ssm.Frame) -> None:
        """Carry out one message of the client: keys pressed, a new window size, or the end of the session."""
        if frame.payload_type == ssm.STDOUT:
            try:
                os.write(self._master, frame.payload)
            except BlockingIOError:
                logger.warning(
                    "ECS Exec: the command does not read its input; %r is lost", frame.payload[:80]
                )
        elif frame.payload_type == ssm.SIZE:
            size = json.loads(frame.payload)
            packed = struct.pack("HHHH", int(size["rows"]), int(size["cols"]), 0, 0)
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, packed)
        elif frame.payload_type == ssm.FLAG and frame.payload == struct.pack(">I", ssm.TERMINATE_SESSION):
            self._kill()

    def close(self) -> None:
        """Hang up: what still runs is killed; again is no error."""
        self._kill()
        for descriptor in (self._master, self._slave):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._master = self._slave = -1

    def _kill(self) -> None:
        if self._process:
            self._process.kill()
