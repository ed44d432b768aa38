"""SQS: calls that exclude each other, polls that end with their caller, groups in order, times in whole seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import flask
from moto.core.utils import unix_time_millis
from moto.sqs.models import Message, Queue, SQSBackend

from sandbox.aws_api.hooks import Hooks

# What reads or changes a queue's messages.
CALLS = (
    "send_message",
    "send_message_batch",
    "delete_message",
    "delete_message_batch",
    "change_message_visibility",
    "change_message_visibility_batch",
    "purge_queue",
    "get_queue_attributes",
    "set_queue_attributes",
    "create_queue",
    "delete_queue",
)

# A queue's attributes that are epoch seconds (SQS API, GetQueueAttributes); moto tells fractions of them.
TIMES = ("CreatedTimestamp", "LastModifiedTimestamp")

# The timeouts of messages that were received in one call end within this many milliseconds of each other.
RECEIVED_TOGETHER_MS = 25

# moto's server has a thread per request, and deleting a message puts a new list in the place of the queue's: without
# this lock, what another thread sends meanwhile is lost. Whoever waits for a message waits for a call to have ended.
changed = threading.Condition(threading.RLock())


def install() -> Callable[[], None]:
    """Serialise all calls on messages and mend ReceiveMessage; returns the undoing function."""
    hooks = Hooks()
    for name in CALLS:
        hooks.replace(SQSBackend, name, one_at_a_time(getattr(SQSBackend, name)))
    attributes: Callable[..., dict[str, Any]] = SQSBackend.get_queue_attributes

    def get_queue_attributes(self: SQSBackend, *given: Any, **named: Any) -> dict[str, Any]:
        told = attributes(self, *given, **named)
        return {name: int(value) if name in TIMES else value for name, value in told.items()}

    hooks.replace(SQSBackend, "get_queue_attributes", get_queue_attributes)
    receive_now: Callable[..., list[Message]] = SQSBackend.receive_message

    def receive_message(
        self: SQSBackend, queue_name: str, count: int, wait_s: int, *rest: Any
    ) -> list[Message]:
        deadline = time.monotonic() + wait_s
        with changed:
            while not hung_up():
                queue = self.get_queue(queue_name)
                return_expired(queue)
                found = receive_now(self, queue_name, count, 0, *rest)
                left_s = deadline - time.monotonic()
                if found or left_s <= 0:
                    return found
                changed.wait(min(left_s, until_next_visible_s(queue)))
        return []

    hooks.replace(SQSBackend, "receive_message", receive_message)
    return hooks.remove


def one_at_a_time(call: Callable[..., Any]) -> Callable[..., Any]:
    """`call` with the lock held; whoever waits for messages looks again after it."""

    @wraps(call)
    def alone(*given: Any, **named: Any) -> Any:
        with changed:
            try:
                return call(*given, **named)
            finally:
                changed.notify_all()

    return alone


def hung_up() -> bool:
    """Whether the one who asked has closed the connection meanwhile: a message handed to the dead is gone for a while.

    Only the server can tell (`waitress.client_disconnected`, waitress guide, "Client disconnects").
    """
    gone = flask.request.environ.get("waitress.client_disconnected") if flask.has_request_context() else None
    return gone is not None and bool(gone())


def return_expired(queue: Queue) -> None:
    """End the flight of every message whose visibility timeout has passed. Hold the lock.

    moto notices one such message at a time, while the later ones of its FIFO group still block it: the group's last
    message would be delivered first. So the moment is one for all, and not one at which only some of a group that was
    received together are due.
    """
    now = unix_time_millis()
    while any(0 <= message.visible_at - now < RECEIVED_TOGETHER_MS for message in queue.pending_messages):
        changed.wait(RECEIVED_TOGETHER_MS / 1000)
        now = unix_time_millis()
    for message in [message for message in queue.pending_messages if message.visible_at < now]:
        queue.pending_messages.discard(message)


def until_next_visible_s(queue: Queue) -> float:
    """Seconds until another message can be received without any call; infinity if none is hidden. Hold the lock."""

    def moments() -> Iterator[float]:
        for message in queue._messages:
            yield message.visible_at
            yield message.delayed_until

    now = unix_time_millis()
    # moto counts a message as visible only after its moment.
    return min(((at - now + 1) / 1000 for at in moments() if at >= now), default=threading.TIMEOUT_MAX)
