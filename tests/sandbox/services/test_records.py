"""Session records: their shape in the table, and who wins when two write."""

from __future__ import annotations

import dataclasses
import re
import time
import uuid
from collections.abc import Iterator

import boto3
import pytest

from sandbox.services.hermes.lease import Lease
from sandbox.services.hermes.sleep import open_now
from sandbox.services.records import Records
from sandbox.services.session_record import SessionRecord, epoch, new_session_id, stamp
from tests.aws_platform import aws, create_claims, create_table
from tests.sandbox.services.hermes.hermes_stand import eventually


@pytest.fixture(scope="module")
def records() -> Iterator[Records]:
    with aws():
        name = f"records-{uuid.uuid4().hex[:8]}"
        yield Records(boto3.client("dynamodb"), create_table(name), create_claims(f"{name}-claims"), 86_400)


def a_record(**changes: object) -> SessionRecord:
    now = stamp()
    record = SessionRecord(
        session_id=new_session_id(),
        user_id="test@example.com",
        client_id="test-client",
        thread_id="t-1",
        status="initializing",
        preview_url="https://preview.example/session/x/",
        instruction="Add a page",
        instruction_id="i-1",
        created_at=now,
        last_activity_at=now,
        ttl=int(time.time()) + 60,
    )
    return dataclasses.replace(record, **changes)  # type: ignore[arg-type]


def test_an_item_has_the_contracts_names_and_no_empty_values() -> None:
    item = a_record(mail={"messageId": "<a@b>"}).item()
    assert item["lastActivityAt"]["S"].endswith("Z")
    assert item["ttl"].keys() == {"N"}
    assert item["mail"] == {"M": {"messageId": {"S": "<a@b>"}}}
    assert not {"branch", "taskArn", "endedAt", "failure"} & item.keys()
    assert SessionRecord.of(item).item() == item


def test_session_ids_are_random_and_times_have_milliseconds() -> None:
    assert len({new_session_id() for _ in range(100)}) == 100
    assert re.fullmatch(r"[0-9a-f]{32}", new_session_id())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp())
    assert epoch(stamp(1_700_000_000.123)) == pytest.approx(1_700_000_000.123)


def test_a_record_past_its_ttl_is_unknown(records: Records) -> None:
    old = records.create(a_record(ttl=int(time.time()) - 1, client_id="expired-client"))
    assert records.get(old.session_id) is None
    assert records.of_client("expired-client") == []
    assert old.session_id not in [record.session_id for record in records.with_status("initializing")]


def test_a_session_that_moves_in_the_index_is_listed_once(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = a_record()
    monkeypatch.setattr(
        Records, "_indexed", lambda *_: iter([one, dataclasses.replace(one, status="expired")])
    )
    assert [record.status for record in records.of_client("test-client")] == ["expired"]


def test_no_open_session_is_missed_and_none_that_is_over_is_found(records: Records) -> None:
    living = [a_record(status=status) for status in ("initializing", "active", "draining")]
    gone = [a_record(status="expired"), a_record(ttl=int(time.time()) - 1)]
    for record in (*living, *gone):
        records.create(record)
    found = {record.session_id for record in open_now(records)}
    assert found & {record.session_id for record in (*living, *gone)} == {one.session_id for one in living}


def test_of_two_writers_one_loses(records: Records) -> None:
    record = records.create(a_record())
    first = records.change(
        record, {"status": "active", "branch": "b"}, {"status": "initializing", "branch": None}
    )
    second = records.change(
        record, {"status": "active", "branch": "c"}, {"status": "initializing", "branch": None}
    )
    assert first is not None
    assert first.branch == "b"
    assert second is None
    assert records.get(record.session_id) == first


def test_a_change_never_makes_a_record(records: Records) -> None:
    absent = a_record()
    assert records.change(absent, {"branch": "b"}, {}) is None
    assert records.get(absent.session_id) is None


def test_none_removes_an_attribute(records: Records) -> None:
    record = records.create(a_record(failure="no"))
    changed = records.change(record, {"failure": None}, {})
    assert changed is not None
    assert changed.failure is None


def test_activity_counts_only_while_the_session_lives(records: Records) -> None:
    live = records.create(a_record(last_activity_at="2026-01-01T00:00:00.000Z"))
    touched = records.touch(live)
    assert touched is not None
    assert touched.last_activity_at > live.last_activity_at
    assert touched.ttl == pytest.approx(time.time() + 86_400, abs=60)
    assert records.touch(records.create(a_record(status="draining"))) is None


def test_one_request_makes_one_session(records: Records) -> None:
    first = records.create(a_record(), request="same")
    assert records.create(a_record(), request="same") == first
    assert records.create(a_record(), request="other") != first


def test_a_clients_sessions_come_newest_first(records: Records) -> None:
    stamps = ["2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z", "2026-01-01T00:00:00.000Z"]
    for number, moment in enumerate(stamps):
        status = ("active", "expired", "failed")[number]
        records.create(a_record(client_id="ordered", created_at=moment, status=status))
    assert [record.created_at for record in records.of_client("ordered")] == sorted(stamps, reverse=True)


def test_a_lease_has_one_holder_until_it_lapses_or_is_released(records: Records) -> None:
    one, two = (Lease(records.dynamodb, records.claims, owner, 1.0) for owner in ("one", "two"))
    assert (one.acquire(), two.acquire(), one.acquire()) == (True, False, True)
    assert (one.held(), two.held()) == (True, False)
    one.release()
    assert two.acquire()
    eventually(two.held, lambda held: not held, "a lease that nobody renews lapses")
    eventually(one.acquire, bool, "the other takes over")
    assert not two.acquire()


def test_the_session_table_holds_sessions_only(records: Records) -> None:
    """Whoever scans it meets neither the lease nor the idempotency keys."""
    assert Lease(records.dynamodb, records.claims, "one", 1.0).acquire()
    records.create(a_record(), request="claimed")
    items = records.dynamodb.scan(TableName=records.table)["Items"]
    assert [item for item in items if "clientId" not in item or "status" not in item] == []
    claims = {
        item["name"]["S"].partition("#")[0]
        for item in records.dynamodb.scan(TableName=records.claims)["Items"]
    }
    assert claims == {"lease", "request"}
