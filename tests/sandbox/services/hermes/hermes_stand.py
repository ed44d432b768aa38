"""A platform around Hermes: moto for what AWS stores (aws_stand), small stand-ins for what would run (edit_standin)."""

from __future__ import annotations

import email
import email.message
import email.policy
import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import boto3
import pytest
from moto.backends import get_backend

from sandbox.services.hermes.config import Config
from sandbox.services.hermes.orchestrator import Orchestrator
from sandbox.services.records import Records
from sandbox.services.session_record import (
    ACTIVE,
    DRAINING,
    INITIALIZING,
    SessionRecord,
    new_session_id,
    stamp,
)
from tests.aws_platform import create_claims, create_listener, create_queue, create_table
from tests.sandbox.services.hermes.fake_edit import EditTask, StandInCapacity, Workspaces

PATIENCE_S = 10.0
IDLE_S = 1.5
SENDER = "edit@edit.preview.example"

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


class Stand:
    """One platform: a table, a queue, a listener, Edit, and as many Hermes as a test starts."""

    def __init__(self) -> None:
        self.name = f"stand-{uuid.uuid4().hex[:8]}"
        self.table = create_table(self.name)
        self.claims = create_claims(f"{self.name}-claims")
        self.queue_url = create_queue(self.name)
        self.vpc_id, self.listener_arn = create_listener(self.name)
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        self.workspaces = Workspaces()
        self.capacity = StandInCapacity(self.workspaces)
        probe = EditTask(self.workspaces, 0)
        self.capacity.port = probe.port
        probe.stop()
        self.records = Records(boto3.client("dynamodb"), self.table, self.claims, 86_400)
        self.hermes: list[Orchestrator] = []
        # Whether the rules of the load balancer are in force by now.
        self.in_force = True

    def config(self, **changes: Any) -> Config:
        """Hermes' settings here."""
        settings: dict[str, Any] = {
            "table": self.table,
            "claims": self.claims,
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
            "preview_origin": "https://preview.example",
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
            self.config(**changes),
            f"hermes-{len(self.hermes)}",
            capacity=self.capacity,
            reaches=lambda _session_id: self.in_force,
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
            preview_url=f"https://preview.example/session/{session_id}/",
            instruction=instruction,
            instruction_id=uuid.uuid4().hex,
            created_at=activity["last_activity_at"],
            **{"status": INITIALIZING, **activity, **more},
        )
        self.records.create(record)
        self.send("activate", record)
        return record

    def deactivate(self, record: SessionRecord) -> None:
        """What the session API does for a deactivation."""
        changed = self.records.change(record, {"status": DRAINING, "end_requested_at": stamp()}, {})
        assert changed is not None
        self.send("deactivate", record)

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
