"""Commands from the session API: an SQS FIFO queue, received once, held while they wait, deleted when done."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.services.aws import AWS_ERRORS, Clients, code_of

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef

log = logging.getLogger(__name__)

ACTIVATE = "activate"
INSTRUCTION = "instruction"
DEACTIVATE = "deactivate"

_EXPIRED = ("ReceiptHandleIsInvalid", "InvalidParameterValue")
_BATCH = 10
_LONG_POLL_S = 1
_SHORT_POLL_S = 0.2


@dataclass(frozen=True)
class Command:
    """One command; `receipt` is SQS's handle of it."""

    kind: str
    session_id: str
    instruction_id: str
    receipt: str
    instruction: str = ""
    mail: Mapping[str, str] | None = None

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Command:
        """The command of an SQS message; ValueError for what is none."""
        found = json.loads(message["Body"])
        try:
            return cls(
                kind=found["type"],
                session_id=found["sessionId"],
                instruction_id=found["instructionId"],
                receipt=message["ReceiptHandle"],
                instruction=found.get("instruction", ""),
                mail=found.get("mail"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"expected a command, found {message['Body'][:200]!r} ({error!r})") from error


class Commands:
    """The queue. A received command stays invisible to others until it is done or given back."""

    def __init__(self, clients: Clients, queue_url: str) -> None:
        self.clients = clients
        self.queue_url = queue_url
        self.visibility_s = 30
        self.inbox: deque[Command] = deque()
        self._held: dict[str, Command] = {}
        self._changed = threading.Condition()

    def read_visibility(self) -> None:
        """Learn for how long a received command stays invisible."""
        self.visibility_s = int(self._attribute("VisibilityTimeout"))

    def backlog(self) -> int:
        """How many commands the queue holds, visible or not (SQS: approximately)."""
        return int(self._attribute("ApproximateNumberOfMessages")) + int(
            self._attribute("ApproximateNumberOfMessagesNotVisible")
        )

    def _attribute(self, name: QueueAttributeNameType) -> str:
        sqs = self.clients.get("sqs")
        answer = sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])
        return str(answer["Attributes"][name])

    def receive(self) -> bool:
        """Put the next commands into `inbox`, waiting about a second for one; those of one session in their order.

        While commands are held, more of the same sessions may be in the queue, and wait for those: then ask often
        instead of waiting at the queue.
        """
        with self._changed:
            if self._held:
                self._changed.wait(_SHORT_POLL_S)
            wait_s = 0 if self._held else _LONG_POLL_S
        answer = self.clients.get("sqs").receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=_BATCH, WaitTimeSeconds=wait_s
        )
        found = []
        for message in answer.get("Messages", []):
            try:
                found.append(Command.of(message))
            except ValueError as error:
                log.error("left for the dead-letter queue: %s", error)  # noqa: TRY400
        with self._changed:
            self._held.update({command.receipt: command for command in found})
            self.inbox.extend(found)
        return bool(found)

    def held(self) -> int:
        """How many commands are received and not done."""
        return len(self._held)

    def done(self, command: Command) -> None:
        """Delete a command that has been carried out, or never will be."""
        try:
            self.clients.get("sqs").delete_message(QueueUrl=self.queue_url, ReceiptHandle=command.receipt)
        except ClientError as error:
            # Held too long: SQS delivers it again, and finds it carried out.
            if code_of(error) not in _EXPIRED:
                raise
            log.warning("command %s comes again: %s", command.instruction_id, error)
        with self._changed:
            self._held.pop(command.receipt, None)
            self._changed.notify_all()

    def extend(self) -> None:
        """Keep what is held invisible for another period."""
        with self._changed:
            held = list(self._held.values())
        self._hide(held, self.visibility_s)

    def give_back(self) -> None:
        """Let another Hermes receive what is held, at once."""
        with self._changed:
            held = list(self._held.values())
            self._held.clear()
            self.inbox.clear()
            self._changed.notify_all()
        self._hide(held, 0)

    def _hide(self, commands: Iterable[Command], seconds: int) -> None:
        pending = list(commands)
        while pending:
            batch, pending = pending[:_BATCH], pending[_BATCH:]
            entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
                {"Id": str(number), "ReceiptHandle": command.receipt, "VisibilityTimeout": seconds}
                for number, command in enumerate(batch)
            ]
            self.clients.get("sqs").change_message_visibility_batch(QueueUrl=self.queue_url, Entries=entries)


def pump(
    commands: Commands,
    notify: Callable[[], None],
    *,
    stop: threading.Event,
    leads: Callable[[], bool],
    retry_s: float,
) -> None:
    """Receive commands as long as this task leads, and `notify` of them; until `stop`."""
    while not stop.is_set():
        if not leads():
            stop.wait(retry_s)
            continue
        try:
            if commands.receive():
                notify()
            if not leads():
                commands.give_back()
        except AWS_ERRORS:
            log.exception("the command queue does not answer; asking again")
            stop.wait(1.0)
