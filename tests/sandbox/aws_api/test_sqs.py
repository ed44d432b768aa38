"""The command queue loses nothing, waits without spinning, and keeps the order of a group."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from moto.core.base_backend import BackendDict
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from sandbox.aws_access import Keys
from sandbox.aws_api import sqs
from sandbox.aws_api.server import ControlPlane
from sandbox.settings import ACCOUNT, REGION

QUEUE = "commands.fifo"
LONG_S = 20
SOON_S = 5.0
KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}


@pytest.fixture
def backend() -> Iterator[SQSBackend]:
    """An account with one FIFO queue, corrected."""
    BackendDict.reset()
    remove = sqs.install()
    found: SQSBackend = sqs_backends[ACCOUNT][REGION]
    found.create_queue(QUEUE, FifoQueue="true")
    yield found
    remove()


def send(backend: SQSBackend, body: str, group: str = "one") -> None:
    backend.send_message(QUEUE, body, group_id=group, deduplication_id=body)


def receive(
    backend: SQSBackend, *, wait_s: int = 0, count: int = 10, visibility_s: int = 30
) -> list[Message]:
    return backend.receive_message(QUEUE, count, wait_s, visibility_s)


def bodies(messages: list[Message]) -> list[str]:
    return [message.body for message in messages]


def test_what_is_sent_while_others_delete_is_not_lost(
    backend: SQSBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks_like: Callable[[Message, str], bool] = Message.had_receipt_handle
    pause = threading.Event()

    def slowly(self: Message, receipt_handle: str) -> bool:
        pause.wait(0.0005)
        return looks_like(self, receipt_handle)

    for number in range(20):
        send(backend, f"old {number}", group=f"group {number}")
    old = [message for _ in range(2) for message in receive(backend)]
    assert len(old) == 20
    monkeypatch.setattr(Message, "had_receipt_handle", slowly)
    with ThreadPoolExecutor(4) as pool:
        deleted = [
            pool.submit(backend.delete_message, QUEUE, str(message.receipt_handle)) for message in old[:10]
        ]
        sent = [pool.submit(send, backend, f"new {number}", f"new {number}") for number in range(40)]
        for call in (*deleted, *sent):
            call.result()
    monkeypatch.undo()
    found = [message.body for _ in range(5) for message in receive(backend)]
    assert sorted(found) == sorted(f"new {number}" for number in range(40))


def test_a_long_poll_on_a_group_in_flight_does_not_spin(backend: SQSBackend) -> None:
    send(backend, "first")
    send(backend, "second")
    assert bodies(receive(backend, count=1)) == ["first"]
    before = time.thread_time()
    assert receive(backend, wait_s=1) == []
    assert time.thread_time() - before < 0.2


def test_a_long_poll_ends_when_the_group_is_free_again(backend: SQSBackend) -> None:
    send(backend, "first")
    send(backend, "second")
    (first,) = receive(backend, count=1)
    with ThreadPoolExecutor(1) as pool:
        polled = pool.submit(receive, backend, wait_s=LONG_S)
        backend.delete_message(QUEUE, str(first.receipt_handle))
        assert bodies(polled.result(SOON_S)) == ["second"]


def test_a_message_sent_during_a_long_poll_is_received_by_it(backend: SQSBackend) -> None:
    with ThreadPoolExecutor(1) as pool:
        polled = pool.submit(receive, backend, wait_s=LONG_S)
        send(backend, "first")
        assert bodies(polled.result(SOON_S)) == ["first"]


def test_a_long_poll_sees_a_message_come_back_from_flight(backend: SQSBackend) -> None:
    send(backend, "first")
    receive(backend, visibility_s=1)
    before = time.monotonic()
    assert bodies(receive(backend, wait_s=LONG_S)) == ["first"]
    assert time.monotonic() - before < SOON_S


def test_a_group_whose_receiver_died_comes_back_in_its_order(backend: SQSBackend) -> None:
    wanted = ["first", "second", "third"]
    for body in wanted:
        send(backend, body)
    assert bodies(receive(backend, visibility_s=1)) == wanted
    assert bodies(receive(backend, wait_s=LONG_S)) == wanted


@pytest.mark.usefixtures("backend")
def test_a_long_poll_whose_caller_hung_up_takes_no_message() -> None:
    """As when Hermes dies: the next one must not wait until the message comes back from a flight to nobody."""
    keys = Keys.create()
    server = ControlPlane(keys)
    client = server.access.client("sqs")
    url = client.create_queue(QueueName=QUEUE, Attributes={"FifoQueue": "true"})["QueueUrl"]
    try:
        impatient = Config(read_timeout=0.5, retries={"total_max_attempts": 1})
        dying = boto3.client(
            "sqs",
            REGION,
            endpoint_url=server.access.endpoint,
            aws_access_key_id=keys.id,
            aws_secret_access_key=keys.secret,
            config=impatient,
        )
        with pytest.raises(ReadTimeoutError):
            dying.receive_message(QueueUrl=url, WaitTimeSeconds=LONG_S)
        threading.Event().wait(0.5)
        client.send_message(
            QueueUrl=url, MessageBody="first", MessageGroupId="one", MessageDeduplicationId="1"
        )
        threading.Event().wait(0.5)
        found = client.receive_message(QueueUrl=url).get("Messages", [])
    finally:
        server.close()
    assert [message["Body"] for message in found] == ["first"]


def test_removing_the_correction_leaves_moto_as_it_was() -> None:
    before = {name: vars(SQSBackend)[name] for name in (*sqs.CALLS, "receive_message")}
    remove = sqs.install()
    assert all(vars(SQSBackend)[name] is not before[name] for name in before)
    remove()
    assert {name: vars(SQSBackend)[name] for name in before} == before
    assert Queue.delete_message is vars(Queue)["delete_message"]


def test_a_queue_tells_its_times_in_whole_seconds(backend: SQSBackend) -> None:
    told = backend.get_queue_attributes(QUEUE, ["All"])
    for name in ("CreatedTimestamp", "LastModifiedTimestamp"):
        assert abs(int(str(told[name])) - time.time()) < 60
    assert list(backend.get_queue_attributes(QUEUE, ["CreatedTimestamp"])) == ["CreatedTimestamp"]
