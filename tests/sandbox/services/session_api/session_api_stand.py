"""A stand for tests of the session API: its handler, on a table and a queue of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import boto3
import pytest

from sandbox.services.session_api import backend as backend_module
from sandbox.services.session_api.backend import Backend
from sandbox.services.session_api.handler import handle
from sandbox.services.session_record import SessionRecord
from tests.aws_platform import create_claims, create_queue, create_table

ASKED = {"clientId": "test-client", "userId": "test@example.com", "instruction": "Add a page"}


class Stand:
    """The handler on a table and a queue of its own, with a list of wake-ups in place of ECS."""

    def __init__(self, name: str, patch: pytest.MonkeyPatch) -> None:
        self.queue_url = create_queue(name)
        environment = {
            "TABLE_NAME": create_table(name),
            "CLAIMS_TABLE": create_claims(f"{name}-claims"),
            "COMMAND_QUEUE_URL": self.queue_url,
            "CLUSTER": "live-preview",
            "HERMES_SERVICE": "hermes",
            "EDIT_SERVICE": "edit",
            "PREVIEW_ORIGIN": "https://preview.example",
            "RECORD_TTL_S": "86400",
            "MAIL_DOMAIN": "edit.preview.example",
            "MAIL_FROM": "edit@edit.preview.example",
        }
        for key, value in environment.items():
            patch.setenv(key, value)
        backend_module.backend.cache_clear()
        self.seen: list[str] = []
        send = Backend.send

        def noting_send(
            platform: Backend, kind: str, record: SessionRecord, identity: str, **more: Any
        ) -> None:
            self.seen.append("send" if platform.records.get(record.session_id) else "send before the record")
            send(platform, kind, record, identity, **more)

        patch.setattr(Backend, "send", noting_send)
        patch.setattr(Backend, "wake", lambda _platform: self.seen.append("wake"))
        self.records = backend_module.backend().records
        boto3.client("ses").verify_email_identity(EmailAddress="edit@edit.preview.example")

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """One request through the load balancer's event (bytes in base64): status, document (or text), headers."""
        encoded = isinstance(body, bytes)
        if isinstance(body, bytes):
            text = base64.b64encode(body).decode("ascii")
        else:
            text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        event = {
            "requestContext": {"elb": {"targetGroupArn": "arn"}},
            "httpMethod": method,
            "path": path,
            "queryStringParameters": {},
            "headers": dict(headers or {}),
            "body": text,
            "isBase64Encoded": encoded,
        }
        answer = handle(event, None)
        assert answer is not None
        is_json = answer["headers"]["content-type"] == "application/json" and answer["body"]
        return (
            answer["statusCode"],
            json.loads(answer["body"]) if is_json else answer["body"],
            answer["headers"],
        )

    def activate(self, **changes: object) -> Any:
        """An accepted activation's answer."""
        status, document, _ = self.call("POST", "/api/sessions/activate", {**ASKED, **changes})
        assert status == 202, document
        return document

    def end(self, session_id: str, status: str, **more: object) -> SessionRecord:
        """What Hermes does in the end."""
        record = self.records.get(session_id)
        assert record is not None
        changed = self.records.change(record, {"status": status, **more}, {})
        assert changed is not None
        return changed

    def commands(self) -> list[dict[str, Any]]:
        """What is in the queue; each once."""
        found: list[dict[str, Any]] = []
        sqs = boto3.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def items(self) -> int:
        """How many items the table has."""
        return int(boto3.client("dynamodb").scan(TableName=self.records.table)["Count"])

    def mail(self, text: str = "Make it blue", sender: str = "test@example.com", **headers: str) -> None:
        """A customer's mail, as SNS brings it."""
        message = EmailMessage()
        message["From"] = f"A Customer <{sender}>"
        message["To"] = "edit+test-client@edit.preview.example"
        for name, value in {"Subject": "My site", "Message_ID": "<root@example.com>", **headers}.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        notification = {
            "notificationType": "Received",
            "receipt": {"recipients": [message["To"]], "action": {"type": "SNS"}},
            "mail": {"messageId": "ses-1", "source": sender, "destination": [message["To"]]},
            "content": message.as_string(),
        }
        assert handle({"Records": [{"Sns": {"Message": json.dumps(notification)}}]}, None) is None
