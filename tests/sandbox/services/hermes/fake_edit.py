"""Stand-ins for what would run beside Hermes: Edit tasks that answer over HTTP, and the capacity that starts them."""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.services.hermes.capacity import Capacity, Fleet, Task

PATIENCE_S = 10.0

_ADDRESSES = (f"127.77.{a}.{b}" for a, b in itertools.product(range(1, 250), range(1, 250)))


@dataclass
class Workspaces:
    """What outlives Edit tasks: the instructions carried out, in order, once each."""

    carried_out: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, identity: str) -> str:
        """Commit it unless it is committed; the commit."""
        with self.lock:
            self.asked.append(identity)
            if identity not in self.carried_out:
                self.carried_out.append(identity)
            return f"commit-of-{identity}"


class EditTask:
    """One Edit task: the HTTP interface that Hermes speaks, over a few dictionaries."""

    def __init__(self, workspaces: Workspaces, port: int) -> None:
        self.workspaces = workspaces
        self.arn = f"arn:aws:ecs:us-east-1:123456789012:task/live-preview/{uuid.uuid4().hex}"
        self.sessions: dict[str, dict[str, Any]] = {}
        self.failing: dict[str, str] = {}
        self.broken: set[str] = set()
        self.opening = threading.Event()
        self.opening.set()
        self.instructing = threading.Event()
        self.instructing.set()
        self.answering = threading.Event()
        self.answering.set()
        self.port_of_previews = itertools.count(4400)
        edit = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                document = json.loads(self.rfile.read(length)) if length else {}
                status, found = edit.answer(self.command, self.path.split("/")[1:], document)
                body = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer((next(_ADDRESSES), port), Handler)
        self.server.daemon_threads = True
        self.ip, self.port = str(self.server.server_address[0]), int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, method: str, path: list[str], document: dict[str, Any]) -> tuple[int, Any]:
        """What Edit would answer."""
        if path == ["health"]:
            self.answering.wait(PATIENCE_S)
            return 200, {"service": "edit"}
        if path == ["sessions"]:
            return 200, {"taskArn": self.arn, "sessions": list(self.sessions)}
        session_id = path[1]
        if session_id in self.broken:
            return 500, {}
        match method, path[2:]:
            case "PUT", []:
                self.sessions.setdefault(session_id, {**document, "port": next(self.port_of_previews)})
                return 202, {}
            case "DELETE", []:
                self.sessions.pop(session_id, None)
                return 204, {}
            case "GET", [] if session_id in self.sessions:
                return 200, self.view(session_id)
            case "POST", ["instructions"] if session_id in self.sessions:
                self.instructing.wait(PATIENCE_S)
                if "impossible" in document["instruction"]:
                    return 422, {"failure": "I do not understand that."}
                return 200, {"lastCommit": self.workspaces.carry_out(document["instructionId"])}
        return 404, {}

    def view(self, session_id: str) -> dict[str, Any]:
        """The session as `GET /sessions/{id}` shows it."""
        empty = {"port": None, "branch": None, "lastCommit": None, "failure": None}
        if session_id in self.failing:
            return {**empty, "state": "failed", "failure": self.failing[session_id]}
        if not self.opening.is_set():
            return {**empty, "state": "opening"}
        session = self.sessions[session_id]
        commit = (
            self.workspaces.carry_out(session["instructionId"])
            if "commit" not in session
            else session["commit"]
        )
        session["commit"] = commit
        found = {"state": "ready", "port": session["port"], "branch": f"thread-{session['threadId']}"}
        return {**empty, **found, "lastCommit": commit}

    def stop(self) -> None:
        """End it abruptly."""
        self.server.shutdown()
        self.server.server_close()


class StandInCapacity(Capacity):
    """ECS as far as Hermes needs it: as many Edit tasks as desired, at once."""

    def __init__(self, workspaces: Workspaces) -> None:
        self.workspaces = workspaces
        self.lock = threading.RLock()
        self.desired = 0
        self.hermes = 1
        self.top = 3
        self.tasks: list[EditTask] = []
        self.safe: set[str] = set()
        self.stopped: list[tuple[str, str]] = []
        self.prepare: Callable[[EditTask], None] = lambda _task: None
        self.most = 0
        self.port = 0

    def fleet(self) -> Fleet:
        """As it is now."""
        with self.lock:
            tasks = [Task(task.arn, task.ip) for task in self.tasks]
            return Fleet(self.desired, tasks, len(tasks))

    def fleet_again(self, known: Fleet) -> Fleet:
        """The tasks of now beside what is known."""
        return replace(self.fleet(), desired=known.desired)

    def maximum(self) -> int:
        """The scalable target's."""
        return self.top

    def set_edit(self, desired: int) -> None:
        """Start or stop tasks; protected ones stay."""
        with self.lock:
            self.desired = desired
            self.settle()

    def settle(self) -> None:
        """Have as many tasks as desired."""
        with self.lock:
            while len(self.tasks) < self.desired:
                task = EditTask(self.workspaces, self.port)
                self.port = task.port
                self.prepare(task)
                self.tasks.append(task)
            for task in [t for t in reversed(self.tasks) if t.arn not in self.safe]:
                if len(self.tasks) > self.desired:
                    self.tasks.remove(task)
                    task.stop()
            self.most = max(self.most, len(self.tasks))

    def set_hermes(self, desired: int) -> None:
        """Remember it."""
        self.hermes = desired

    def protect(self, arns: Iterable[str]) -> set[str]:
        """Protect those that run."""
        with self.lock:
            found = set(arns) & {task.arn for task in self.tasks}
            self.safe |= found
            return found

    def unprotect(self, arns: Iterable[str]) -> set[str]:
        """No longer."""
        with self.lock:
            found = set(arns)
            self.safe -= found
            self.settle()
            return found

    def protected(self, arns: Iterable[str]) -> set[str]:
        """Which are."""
        return set(arns) & self.safe

    def stop_task(self, arn: str, reason: str) -> None:
        """Stop it at once, for that reason."""
        self.stopped.append((arn, reason))
        self.kill(next(task for task in self.tasks if task.arn == arn))

    def kill(self, task: EditTask) -> None:
        """A task dies, and is replaced."""
        with self.lock:
            self.tasks.remove(task)
            self.safe.discard(task.arn)
            task.stop()
            self.settle()
