"""A deployment that others know is one run's alone: as long as that lives, and no longer."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.config.mark import Mark
from acceptance.drivers.lease import Holder
from acceptance.run import tenancy
from acceptance.run.tenancy import Tenancy, await_silence, owner
from acceptance.waiting.errors import DeploymentHeld, LeaseLost, NotObserved
from acceptance.waiting.view import VIEW

TERM_S = 0.4


class Table:
    """A lease in this process; `silent` makes AWS not answer."""

    def __init__(self) -> None:
        self.who: Holder | None = None
        self.silent = False
        self.taken = 0
        self.renewed = threading.Event()

    def holder(self) -> Holder | None:
        return self.who

    def take(self, run: str, owner: str, *, since: datetime, term_s: float) -> None:
        self.taken += 1
        self.renewed.set()
        if self.silent:
            raise NotObserved("DynamoDB PutItem: 503")
        if self.who is not None and self.who.run != run and not self.who.lapsed:
            raise DeploymentHeld(f"held by {self.who}")
        now = datetime.now(UTC)
        self.who = Holder(run, owner, since, now, now + timedelta(seconds=term_s))

    def lapse(self) -> None:
        """Nothing was heard of who has it for its term."""
        assert self.who is not None
        self.who = replace(self.who, until=datetime.now(UTC) - timedelta(seconds=2))

    def release(self, run: str) -> None:
        if self.who is not None and self.who.run == run:
            self.who = None


@pytest.fixture
def table() -> Table:
    VIEW.stand_on(lambda: None)
    return Table()


def platform(table: Table) -> Any:
    """A platform of which only the lease is known."""
    patience = SimpleNamespace(request=timedelta(seconds=TERM_S))
    return SimpleNamespace(lease=table, profile=SimpleNamespace(patience=patience))


def renewals(table: Table, count: int) -> None:
    """Wait for so many signs of life."""
    for _ in range(count):
        table.renewed.clear()
        assert table.renewed.wait(5)


def test_a_run_outlives_its_term_by_signs_of_life_and_gives_the_deployment_back(table: Table) -> None:
    tenancy = Tenancy(platform(table), "one").begin()
    renewals(table, 8)
    assert table.who is not None
    assert (table.who.run, table.who.lapsed) == ("one", False)
    with pytest.raises(DeploymentHeld, match="held by run one of"):
        Tenancy(platform(table), "two").begin()
    tenancy.end()
    tenancy.end()
    assert table.who is None


def test_a_part_of_a_run_shares_its_lease_and_leaves_it_there(table: Table) -> None:
    whole = Tenancy(platform(table), "one").begin()
    Tenancy(platform(table), "one", part=True).begin().end()
    assert table.who is not None
    whole.end()
    assert table.who is None


def test_signs_of_life_that_aws_does_not_answer_end_nothing(table: Table) -> None:
    tenancy = Tenancy(platform(table), "one").begin()
    table.silent = True
    renewals(table, 3)
    table.silent = False
    renewals(table, 2)
    tenancy.end()
    assert VIEW.lost is None


def test_a_run_whose_deployment_another_has_taken_is_lost(table: Table) -> None:
    tenancy = Tenancy(platform(table), "one").begin()
    now = datetime.now(UTC)
    table.who = Holder("two", "a job", now, now, now + timedelta(minutes=1))
    renewals(table, 1)
    tenancy.end()
    assert isinstance(VIEW.lost, LeaseLost)
    assert "held by run two of a job" in str(VIEW.lost)
    assert table.who.run == "two"


def test_what_a_killed_run_held_is_had_once_that_has_lapsed(table: Table) -> None:
    table.take("killed", "anna", since=datetime.now(UTC), term_s=60)
    threading.Timer(0.2, table.lapse).start()
    await_silence(platform(table))
    assert table.who is not None and table.who.lapsed
    table.who = None
    await_silence(platform(table))


def test_a_run_that_lives_is_not_waited_for(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenancy, "PAUSE", timedelta(milliseconds=20))
    living = Tenancy(platform(table), "one").begin()
    table.take("one", "anna", since=datetime.now(UTC), term_s=60)
    with pytest.raises(DeploymentHeld, match="held by run one"):
        await_silence(platform(table))
    living.end()


def test_a_job_is_named_by_its_address_and_a_person_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_RUN_ID", raising=False)
    assert " at " in owner()
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    assert owner() == "https://github.com/o/r/actions/runs/7"


@pytest.mark.parametrize(("keep", "cleared"), [("never", True), ("on-failure", False)])
def test_a_run_leaves_the_deployment_clean_and_free(
    table: Table,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    keep: str,
    cleared: bool,
) -> None:
    made, held = platform(table), list[bool]()
    made.profile.suite, made.check_account = SimpleNamespace(client_prefix="acc"), lambda: None

    def clear(_platform: object, mark: Mark, _say: object) -> str:
        assert mark == Mark("acc")
        held.append(table.who is not None)
        raise NotObserved("ECS ListTasks: 503")

    monkeypatch.setattr(tenancy, "standing", lambda *_: made)
    monkeypatch.setattr(tenancy, "clear_away", clear)
    with tenancy.had_alone(Path("aws.toml"), {"keep": keep}) as told:
        assert table.who is not None
        assert told == ("-D", f"lease={table.who.run}")
    assert held == ([True] if cleared else [])
    assert table.who is None
    assert (
        "Not all that the run made is cleared away (ECS ListTasks: 503)" in capsys.readouterr().err
    ) is cleared
