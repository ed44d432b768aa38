"""The suite's drivers through AWS as it is on a bad day: slower, and never wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from acceptance.config.sections import Aws
from acceptance.drivers import aws
from acceptance.drivers.aws import Clients
from acceptance.waiting.errors import NotObserved
from acceptance.waiting.view import View
from tests import faulty_aws
from tests.faulty_aws import FAULTS, faulty

READS = 60


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(faulty_aws, "LATE_S", 0.05)
    monkeypatch.setattr(aws, "FIRST_PAUSE_S", 0.005)
    monkeypatch.setattr(aws, "VIEW", View())
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def clients(endpoint: str) -> Clients:
    return Clients(Aws("us-east-1", endpoint, "test", "test"))


def test_reads_see_what_is_there_however_every_fifth_call_goes_wrong(target: str) -> None:
    straight = clients(target)
    straight.of("sqs").create_queue(QueueName="commands")
    straight.of("s3").create_bucket(Bucket="inbox")
    # moto imports a service when it is first asked for, which takes a busy machine longer than a read may.
    straight.of("elbv2").describe_load_balancers()
    with faulty(target, 0.2) as bad:
        through = clients(bad.url)
        for _ in range(READS):
            assert through.of("sqs").get_queue_url(QueueName="commands")["QueueUrl"].endswith("/commands")
            # moto keeps what other tests of this process made.
            assert "inbox" in [found["Name"] for found in through.of("s3").list_buckets()["Buckets"]]
            assert "LoadBalancers" in through.of("elbv2").describe_load_balancers()
        assert set(bad.counts) == {*FAULTS, "passed on"}, "each fault was met"


def test_what_sends_something_is_carried_out_at_most_once(target: str) -> None:
    straight = clients(target)
    queue = straight.of("sqs").create_queue(QueueName="commands")["QueueUrl"]
    said, unsure = 0, 0
    with faulty(target, 0.4) as bad:
        through = clients(bad.url)
        for _ in range(READS):
            try:
                through.of("sqs").send_message(QueueUrl=queue, MessageBody=uuid.uuid4().hex)
            except NotObserved:
                unsure += 1
            else:
                said += 1
    seen = [
        message["Body"]
        for _ in range(READS)
        for message in straight.of("sqs")
        .receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        .get("Messages", [])
    ]
    assert len(seen) == len(set(seen))
    assert said <= len(seen) <= said + unsure
    assert unsure


def test_nothing_is_seen_through_calls_that_all_go_wrong(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "AGAIN_S", 0.2)
    monkeypatch.setattr(faulty_aws, "FAULTS", ("throttled", "503", "dropped", "dropped after"))
    with faulty(target, 1.0) as bad:
        for _ in range(5):
            with pytest.raises(NotObserved):
                clients(bad.url).of("sqs").list_queues()
