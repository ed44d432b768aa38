"""A platform around Hermes: moto for what AWS stores, small stand-ins for what would run (Edit tasks, their HTTP)."""

from __future__ import annotations

import contextlib
import email
import email.message
import email.policy
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import boto3
import pytest
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

from sandbox.services.hermes.capacity import Capacity, Fleet, Task
from sandbox.services.hermes.config import Config
from sandbox.services.hermes.orchestrator import Orchestrator
from sandbox.services.records import ACTIVE, INITIALIZING, Records, SessionRecord, new_session_id

PATIENCE_S = 10.0
IDLE_S = 1.5
SENDER = "edit@edit.preview.example"
_ADDRESSES = (f"127.77.{a}.{b}" for a, b in itertools.product(range(1, 250), range(1, 250)))

T = TypeVar("T")


def eventually(
    probe: Callable[[], T], met: Callable[[T], bool], what: str, within_s: float = PATIENCE_S
) -> T:
    """The first observation that meets the condition; the test fails with the last one otherwise."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while True:
        seen = probe()
        if met(seen):
            return seen
        if time.monotonic() > deadline:
            pytest.fail(f"expected {what} within {within_s} s, last seen: {seen!r}")
        pause.wait(0.02)


def throughout(probe: Callable[[], T], met: Callable[[T], bool], what: str, window_s: float) -> None:
    """The test fails at the first observation in the window that does not meet the condition."""
    deadline = time.monotonic() + window_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        seen = probe()
        assert met(seen), f"expected {what}, found {seen!r}"
        pause.wait(0.02)


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

    def hermes_wanted(self) -> int:
        """What was set."""
        return self.hermes

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

    def kill(self, task: EditTask) -> None:
        """A task dies, and is replaced."""
        with self.lock:
            self.tasks.remove(task)
            self.safe.discard(task.arn)
            task.stop()
            self.settle()


class Stand:
    """One platform: a table, a queue, a listener, Edit, and as many Hermes as a test starts."""

    def __init__(self) -> None:
        self.name = f"stand-{uuid.uuid4().hex[:8]}"
        self.table = create_table(self.name)
        self.queue_url = create_queue(self.name)
        self.vpc_id, self.listener_arn = create_listener(self.name)
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        self.workspaces = Workspaces()
        self.capacity = StandInCapacity(self.workspaces)
        probe = EditTask(self.workspaces, 0)
        self.capacity.port = probe.port
        probe.stop()
        self.records = Records(boto3.client("dynamodb"), self.table, 86_400)
        self.hermes: list[Orchestrator] = []

    def config(self, **changes: Any) -> Config:
        """Hermes' settings here."""
        settings: dict[str, Any] = {
            "table": self.table,
            "queue_url": self.queue_url,
            "cluster": "live-preview",
            "idle_timeout_s": IDLE_S,
            "record_ttl_s": 86_400.0,
            "port": 8080,
            "edit_service": "edit",
            "hermes_service": "hermes",
            "edit_port": self.capacity.port,
            "listener_arn": self.listener_arn,
            "vpc_id": self.vpc_id,
            "mail_from": SENDER,
            "reconcile_interval_s": 0.05,
            "lease_s": 1.5,
            "health_check_interval_s": 5.0,
            "deregistration_delay_s": 0.0,
            "priorities": range(1000, 30_000),
            "opening_timeout_s": 60.0,
        }
        return Config(**{**settings, **changes})

    def start(self, **changes: Any) -> Orchestrator:
        """A running Hermes."""
        orchestrator = Orchestrator(
            self.config(**changes), f"hermes-{len(self.hermes)}", capacity=self.capacity
        )
        self.hermes.append(orchestrator)
        orchestrator.start()
        return orchestrator

    def stop(self) -> None:
        """Stop every Hermes and every task."""
        for orchestrator in self.hermes:
            orchestrator._stop.set()
            orchestrator._nudge()
        for task in self.capacity.tasks:
            task.stop()

    def ask(
        self, instruction: str = "Add a page", user: str = "test@example.com", **more: Any
    ) -> SessionRecord:
        """What the session API does for an activation."""
        session_id = new_session_id()
        activity = self.records.activity()
        record = SessionRecord(
            session_id=session_id,
            user_id=user,
            client_id="test-client",
            thread_id="t-1",
            status=INITIALIZING,
            preview_url=f"https://preview.example/session/{session_id}/",
            instruction=instruction,
            instruction_id=uuid.uuid4().hex,
            created_at=activity["last_activity_at"],
            **{**activity, **more},
        )
        self.records.create(record)
        self.send("activate", record)
        return record

    def send(self, kind: str, record: SessionRecord, instruction: str | None = None) -> str:
        """Queue a command as the session API does; its instruction id."""
        identity = uuid.uuid4().hex
        command = {
            "type": kind,
            "sessionId": record.session_id,
            "userId": record.user_id,
            "instructionId": identity,
        }
        if instruction is not None:
            command["instruction"] = instruction
        boto3.client("sqs").send_message(
            QueueUrl=self.queue_url,
            MessageBody=json.dumps(command),
            MessageGroupId=record.session_id,
            MessageDeduplicationId=identity,
        )
        return identity

    def now(self, record: SessionRecord) -> SessionRecord:
        """The record as stored."""
        found = self.records.get(record.session_id)
        assert found is not None, f"session {record.session_id} is not on record"
        return found

    def wait_status(self, record: SessionRecord, status: str = ACTIVE) -> SessionRecord:
        """The record once it has this status."""
        return eventually(lambda: self.now(record), lambda seen: seen.status == status, f"status {status}")

    def rules(self) -> list[dict[str, Any]]:
        """The sessions' listener rules."""
        found = boto3.client("elbv2").describe_rules(ListenerArn=self.listener_arn)["Rules"]
        return [rule for rule in found if rule["Priority"] != "default"]

    def groups(self) -> list[str]:
        """The sessions' target groups."""
        found = boto3.client("elbv2").describe_target_groups()["TargetGroups"]
        return [group["TargetGroupName"] for group in found if group.get("VpcId") == self.vpc_id]

    def queued(self) -> int:
        """Commands in the queue, also those that are being carried out."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = boto3.client("sqs").get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def mail_to(self, user: str) -> list[email.message.EmailMessage]:
        """What SES was given for a customer."""
        sent = get_backend("ses")["123456789012"]["us-east-1"].sent_messages
        return [
            email.message_from_string(message.raw_data, policy=email.policy.default)
            for message in list(sent)
            if user in message.destinations
        ]


def create_table(name: str) -> str:
    """A session table with both indexes."""
    names = ("sessionId", "userId", "clientId", "status", "lastActivityAt")

    def keys(first: str, second: str) -> list[dict[str, str]]:
        return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]

    boto3.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in names],
        KeySchema=keys("sessionId", "userId"),
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
            for index, schema in (
                ("clientId-status-index", keys("clientId", "status")),
                ("status-lastActivityAt-index", keys("status", "lastActivityAt")),
            )
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def create_queue(name: str) -> str:
    """A command queue with a short visibility timeout."""
    attributes = {"FifoQueue": "true", "VisibilityTimeout": "1"}
    return str(boto3.client("sqs").create_queue(QueueName=f"{name}.fifo", Attributes=attributes)["QueueUrl"])


def create_listener(name: str) -> tuple[str, str]:
    """A load balancer's listener in a network of its own: (VPC id, listener ARN)."""
    ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{z}")[
            "Subnet"
        ]
        for n, z in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets])
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )
    return str(vpc_id), str(listener["Listeners"][0]["ListenerArn"])


@contextlib.contextmanager
def aws() -> Iterator[str]:
    """A moto server that boto3 clients made meanwhile use; its URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            yield url
        finally:
            server.stop()
