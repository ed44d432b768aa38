"""The task metadata endpoint, version 4 (Amazon ECS Developer Guide, "Task metadata endpoint version 4")."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.ecs.tasks import AVAILABILITY_ZONE, Task
from sandbox.strangers import refusal

# A task's id -> its metadata document; KeyError for a task that does not exist or has ended.
Lookup = Callable[[str], dict[str, Any]]


class MetadataServer:
    """Serves every task's own metadata on one loopback port."""

    def __init__(self, lookup: Lookup) -> None:
        class Handler(BaseHTTPRequestHandler):
            """Answers `/v4/<task id>` and the paths below it."""

            # Head and body are two writes: the second would wait until the task confirms the first.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                """One document, or 404; 403 for a web page."""
                stranger = refusal(self.headers["Host"], self.headers["Origin"])
                status, body = (403, stranger) if stranger else answer(self.path, lookup)
                data = json.dumps(body, default=_iso).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: a request for metadata is no news."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="metadata", daemon=True
        )
        self._thread.start()

    def url(self, task: Task) -> str:
        """The value of the task's ECS_CONTAINER_METADATA_URI_V4."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v4/{task.id}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def answer(path: str, lookup: Lookup) -> tuple[int, object]:
    """The status and document for a request path."""
    version, _, rest = path.removeprefix("/").partition("/")
    task_id, _, what = rest.partition("/")
    try:
        document = lookup(task_id)
    except KeyError:
        return 404, "task metadata: no such task"
    container = document["Containers"][0]
    answers: dict[str, object] = {
        "": container,
        "task": document,
        "taskWithTags": document,
        "stats": {},
        "task/stats": {container["DockerId"]: {}},
    }
    if version != "v4" or what not in answers:
        return 404, "task metadata: no such document"
    return 200, answers[what]


def document(task: Task) -> dict[str, Any]:
    """A task's `/task` document. Read it under the scheduler's lock."""
    definition = task.launch.definition
    container = {
        "DockerId": task.runtime_id,
        "Name": definition.container_name,
        "DockerName": definition.container_name,
        "Image": definition.container.get("image", ""),
        "Labels": {
            "com.amazonaws.ecs.cluster": task.launch.cluster_arn,
            "com.amazonaws.ecs.container-name": definition.container_name,
            "com.amazonaws.ecs.task-arn": task.arn,
            "com.amazonaws.ecs.task-definition-family": definition.family,
            "com.amazonaws.ecs.task-definition-version": str(definition.revision),
        },
        "DesiredStatus": task.desired_status,
        "KnownStatus": task.container_status,
        "Limits": {"CPU": definition.container.get("cpu", 0)},
        "CreatedAt": task.times["createdAt"],
        "StartedAt": task.times.get("startedAt"),
        "Type": "NORMAL",
        "ContainerARN": task.container_arn,
        "Networks": [
            {
                "NetworkMode": "awsvpc",
                "IPv4Addresses": [task.address],
                "AttachmentIndex": 0,
                "MACAddress": task.mac_address,
                "PrivateDNSName": task.private_dns_name,
            }
        ],
    }
    return {
        "Cluster": task.launch.cluster_arn,
        "TaskARN": task.arn,
        "Family": definition.family,
        "Revision": str(definition.revision),
        "DesiredStatus": task.desired_status,
        "KnownStatus": task.last_status,
        "Limits": {"CPU": int(definition.cpu) / 1024, "Memory": int(definition.memory)},
        "PullStartedAt": task.times.get("pullStartedAt"),
        "PullStoppedAt": task.times.get("pullStoppedAt"),
        "AvailabilityZone": AVAILABILITY_ZONE,
        "LaunchType": "FARGATE",
        "Containers": [container],
    }


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"expected a value of a metadata document, found {value!r}")
