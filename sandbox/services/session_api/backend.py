"""What the session API stands on: the table, the queue and the services it wakes."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.services.aws import Clients
from sandbox.services.records import Records
from sandbox.services.session_record import SessionRecord

_WAKING = threading.Lock()


@dataclass(frozen=True)
class Backend:
    """The platform as the session API reaches it."""

    records: Records
    clients: Clients
    queue_url: str
    cluster: str
    hermes_service: str
    edit_service: str
    preview_origin: str
    mail_domain: str
    mail_from: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Backend:
        """From the function's environment; KeyError names what is missing there."""
        clients = Clients()
        return cls(
            records=Records(
                clients.get("dynamodb"),
                environment["TABLE_NAME"],
                environment["CLAIMS_TABLE"],
                float(environment["RECORD_TTL_S"]),
            ),
            clients=clients,
            queue_url=environment["COMMAND_QUEUE_URL"],
            cluster=environment["CLUSTER"],
            hermes_service=environment["HERMES_SERVICE"],
            edit_service=environment["EDIT_SERVICE"],
            preview_origin=environment["PREVIEW_ORIGIN"],
            mail_domain=environment["MAIL_DOMAIN"],
            mail_from=environment["MAIL_FROM"],
        )

    def send(self, kind: str, record: SessionRecord, instruction_id: str, **more: Any) -> None:
        """Queue a command (`activate`, `instruction`, `deactivate`) behind the session's earlier ones.

        SQS drops a second command with the same kind and `instruction_id` for five minutes (deduplication).
        """
        command = {
            "type": kind,
            "sessionId": record.session_id,
            "userId": record.user_id,
            "instructionId": instruction_id,
            **{name: value for name, value in more.items() if value is not None},
        }
        self.clients.get("sqs").send_message(
            QueueUrl=self.queue_url,
            MessageBody=json.dumps(command),
            MessageGroupId=record.session_id,
            MessageDeduplicationId=f"{kind}-{instruction_id}",
        )

    def wake(self) -> None:
        """Have Hermes run, and with it a first Edit task where all sleep; once it runs, Hermes alone scales Edit."""
        # Of many requests at once the last would take Edit back to one task, when Hermes runs and has scaled it.
        with _WAKING:
            try:
                if self._asleep():
                    self._want_one(self.edit_service)
            finally:
                self._want_one(self.hermes_service)

    def _asleep(self) -> bool:
        found = self.clients.get("ecs").describe_services(
            cluster=self.cluster, services=[self.hermes_service, self.edit_service]
        )["services"]
        return not any(service["desiredCount"] for service in found)

    def _want_one(self, service: str) -> None:
        self.clients.get("ecs").update_service(cluster=self.cluster, service=service, desiredCount=1)

    def preview_url(self, session_id: str) -> str:
        """The address of a session's preview."""
        return f"{self.preview_origin}/session/{session_id}/"


@functools.cache
def backend() -> Backend:
    """The one backend of this function instance."""
    return Backend.of(os.environ)


def warm() -> None:
    """Make the clients that an activation needs, so that the first customer does not wait for them."""
    for api in ("sqs", "ecs"):
        backend().clients.get(api)
