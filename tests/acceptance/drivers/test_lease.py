"""The lease: one run has it, nobody else gets it while that lives, and the platform sees nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from acceptance.config.sections import Aws
from acceptance.drivers.aws import Clients
from acceptance.drivers.lease import LeaseTable
from acceptance.drivers.session_table import SessionTable
from acceptance.waiting.errors import DeploymentHeld
from tests import aws_platform
from tests.acceptance.drivers import names

NAMES = replace(names.NAMES, table="leases")

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    with aws_platform.aws() as url:
        aws_platform.create_table(NAMES.table)
        yield Clients(Aws("us-east-1", url, "test", "test"))


@pytest.fixture
def lease(clients: Clients) -> Iterator[LeaseTable]:
    made = LeaseTable(clients, NAMES, "acc")
    yield made
    for run in ("one", "two"):
        made.release(run)


def test_another_run_is_told_who_has_the_deployment(lease: LeaseTable) -> None:
    lease.take("one", "anna at laptop", since=NOW, term_s=60)
    told = r"held by run one of anna at laptop, since 2026-01-01 12:30:00 UTC \(last sign of life .*lapses by itself at"
    with pytest.raises(DeploymentHeld, match=told):
        lease.take("two", "a job", since=NOW, term_s=60)
    holder = lease.holder()
    assert holder is not None
    assert (holder.run, holder.since, holder.lapsed) == ("one", NOW, False)
    assert 0 <= (holder.until - holder.seen - timedelta(seconds=60)).total_seconds() <= 1


def test_who_has_it_renews_it_and_gives_it_back(lease: LeaseTable) -> None:
    lease.take("one", "anna", since=NOW, term_s=60)
    lease.take("one", "anna", since=NOW, term_s=90)
    lease.release("two")
    assert lease.holder() is not None
    lease.release("one")
    lease.release("one")
    assert lease.holder() is None
    lease.take("two", "a job", since=NOW, term_s=60)


def test_one_that_has_lapsed_is_taken_over_and_not_renewed(lease: LeaseTable) -> None:
    lease.take("one", "anna", since=NOW, term_s=-5)
    holder = lease.holder()
    assert holder is not None and holder.lapsed
    lease.take("two", "a job", since=NOW, term_s=60)
    with pytest.raises(DeploymentHeld):
        lease.take("one", "anna", since=NOW, term_s=60)


def test_it_counts_as_no_session_wherever_sessions_are_counted(lease: LeaseTable, clients: Clients) -> None:
    lease.take("one", "anna", since=NOW, term_s=60)
    records = SessionTable(clients, NAMES)
    assert records.open() == ()
    assert records.strangers() == ()
    assert records.made_since(datetime.now(UTC) - timedelta(hours=1)) == ()
    assert all(record.ended for record in records.all_of_client("acc-lease"))
