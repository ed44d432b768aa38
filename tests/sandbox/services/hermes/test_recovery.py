"""Hermes loses nothing and does nothing twice, whatever dies meanwhile: tasks, sessions, another Hermes, itself."""

from __future__ import annotations

import threading

import boto3
import pytest

from sandbox.services.hermes.commands import Commands
from sandbox.services.hermes.orchestrator import Orchestrator
from sandbox.services.records import Records
from sandbox.services.session_record import SessionRecord
from tests.sandbox.services.hermes.hermes_stand import Stand, eventually, throughout


def crash(hermes: Orchestrator) -> None:
    """End it as SIGKILL would, as far as a thread can be: it gives nothing back and releases nothing."""
    hermes._stop.set()
    hermes.lease.release = lambda: None  # type: ignore[method-assign]
    hermes.commands.give_back = lambda: None  # type: ignore[method-assign]
    hermes.lease._until = 0.0
    hermes._nudge()


def test_a_session_comes_back_on_the_replacement_of_a_task_that_died(stand: Stand) -> None:
    stand.start(idle_timeout_s=30.0)
    asked = stand.ask(user="lost@example.com")
    before = stand.wait_status(asked)
    stand.capacity.prepare = lambda task: task.opening.clear()
    stand.capacity.kill(stand.capacity.tasks[0])
    eventually(stand.rules, lambda seen: not seen, "no route to the dead task")
    stand.capacity.tasks[0].opening.set()
    (rule,) = eventually(stand.rules, bool, "a route to the replacement")
    after = stand.now(asked)
    assert (after.status, after.started_at) == ("active", before.started_at)
    assert after.task_arn == stand.capacity.tasks[0].arn != before.task_arn
    assert rule["Actions"][0]["TargetGroupArn"]
    sent = stand.send("instruction", asked, "go on")
    eventually(lambda: stand.now(asked).last_commit, lambda seen: seen == f"commit-of-{sent}", "its commit")
    assert stand.workspaces.carried_out == [asked.instruction_id, sent]
    assert len(stand.mail_to("lost@example.com")) == 1


def test_an_instruction_survives_the_death_of_the_task_that_has_it(stand: Stand) -> None:
    stand.start(idle_timeout_s=30.0)
    asked = stand.ask()
    stand.wait_status(asked)
    stand.capacity.kill(stand.capacity.tasks[0])
    sent = stand.send("instruction", asked, "while nothing runs")
    eventually(lambda: stand.now(asked).last_commit, lambda seen: seen == f"commit-of-{sent}", "its commit")
    assert stand.workspaces.carried_out == [asked.instruction_id, sent]


def test_a_broken_session_does_not_stall_the_others(stand: Stand) -> None:
    broken = stand.ask(user="broken@example.com")
    stand.capacity.prepare = lambda task: task.broken.add(broken.session_id)
    stand.start()
    stand.wait_status(stand.ask(user="whole@example.com"))
    assert stand.now(broken).status == "initializing"


def test_an_unreadable_record_does_not_stall_the_others(stand: Stand) -> None:
    strange = {"sessionId": "strange", "userId": "-", "status": "initializing", "ttl": 2**33}
    item = {name: {"N": str(v)} if isinstance(v, int) else {"S": v} for name, v in strange.items()}
    item["lastActivityAt"] = {"S": "2026-01-01T00:00:00.000Z"}
    stand.records.dynamodb.put_item(TableName=stand.table, Item=item)
    stand.start()
    stand.wait_status(stand.ask())


def test_leftovers_of_a_session_that_is_gone_are_removed(stand: Stand) -> None:
    first = stand.start(idle_timeout_s=30.0)
    gone = stand.ask(user="gone@example.com")
    stays = stand.wait_status(stand.ask(user="stays@example.com"))
    stand.wait_status(gone)
    crash(first)
    key = {"sessionId": {"S": gone.session_id}, "userId": {"S": gone.user_id}}
    stand.records.dynamodb.delete_item(TableName=stand.table, Key=key)
    stand.start(idle_timeout_s=30.0)
    eventually(stand.rules, lambda seen: len(seen) == 1, "one rule")
    eventually(stand.groups, lambda seen: seen == [f"s-{stays.session_id[:30]}"], "one target group")
    held = lambda: [s for task in stand.capacity.tasks for s in task.sessions]  # noqa: E731
    eventually(held, lambda seen: seen == [stays.session_id], "one session on Edit")


def test_a_session_whose_record_somebody_deleted_is_given_up_long_before_its_idle_time(stand: Stand) -> None:
    stand.start(idle_timeout_s=30.0)
    deleted, kept = (stand.wait_status(stand.ask(user=f"{name}@example.com")) for name in ("gone", "kept"))
    stand.records.dynamodb.delete_item(
        TableName=stand.table,
        Key={"sessionId": {"S": deleted.session_id}, "userId": {"S": deleted.user_id}},
    )
    eventually(
        lambda: (stand.capacity.desired, len(stand.rules())), lambda seen: seen == (1, 1), "one session"
    )
    assert kept.session_id in str(stand.rules())
    assert stand.now(kept).task_arn == kept.task_arn


def test_two_hermes_do_each_thing_once(stand: Stand) -> None:
    one, two = stand.start(idle_timeout_s=30.0), stand.start(idle_timeout_s=30.0)
    asked = stand.ask(user="twice@example.com")
    sent = [stand.send("instruction", asked, f"step {number}") for number in range(3)]
    eventually(lambda: stand.now(asked).last_commit, lambda seen: seen == f"commit-of-{sent[-1]}", "all done")
    assert one.leads() != two.leads()
    assert stand.workspaces.asked == [asked.instruction_id, *sent]
    assert len(stand.mail_to("twice@example.com")) == 1


def test_another_hermes_takes_over_from_one_that_died_mid_work(stand: Stand) -> None:
    first = stand.start(idle_timeout_s=30.0)
    asked = stand.ask(user="takeover@example.com")
    stand.wait_status(asked)
    task = stand.capacity.tasks[0]
    task.instructing.clear()
    sent = [stand.send("instruction", asked, f"step {number}") for number in range(3)]
    eventually(stand.queued, lambda seen: seen == 3, "three commands queued")
    crash(first)
    second = stand.start(idle_timeout_s=30.0)
    eventually(second.leads, bool, "a new leader")
    task.instructing.set()
    eventually(lambda: stand.now(asked).last_commit, lambda seen: seen == f"commit-of-{sent[-1]}", "all done")
    assert stand.workspaces.carried_out == [asked.instruction_id, *sent]
    assert len(stand.mail_to("takeover@example.com")) == 1
    eventually(stand.queued, lambda found: found == 0, "an empty queue")


@pytest.mark.parametrize("after_s", [0.0, 0.25])
def test_a_crash_at_any_moment_of_the_way_loses_nothing(stand: Stand, after_s: float) -> None:
    first = stand.start(idle_timeout_s=0.7)
    asked = stand.ask(user=f"crash{after_s}@example.com")
    sent = stand.send("instruction", asked, "and this")
    threading.Event().wait(after_s)
    crash(first)
    stand.start(idle_timeout_s=0.7)
    eventually(lambda: stand.now(asked).last_commit, lambda seen: seen == f"commit-of-{sent}", "both done")
    stand.wait_status(asked, "expired")
    assert stand.workspaces.carried_out == [asked.instruction_id, sent]
    assert len(stand.mail_to(f"crash{after_s}@example.com")) == 1
    assert (stand.rules(), stand.groups()) == ([], [])


def test_a_stopped_hermes_hands_over_at_once_and_stays_wanted(stand: Stand) -> None:
    first = stand.start(lease_s=60.0)
    asked = stand.ask()
    stand.wait_status(asked)
    stand.capacity.hermes = 0
    first.stop()
    assert stand.capacity.hermes == 1
    second = stand.start(lease_s=60.0)
    eventually(second.leads, bool, "a new leader", within_s=3.0)


def test_a_wake_up_lost_while_going_to_sleep_is_noticed(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the index does not list its session yet, and its command is not counted."""
    monkeypatch.setattr(Records, "with_status", lambda *_: [])
    monkeypatch.setattr(Commands, "backlog", lambda _: 0)
    late: list[SessionRecord] = []
    calls: list[int] = []

    def set_hermes(desired: int) -> None:
        calls.append(desired)
        if desired == 0 and not late:
            late.append(stand.ask())

    monkeypatch.setattr(stand.capacity, "set_hermes", set_hermes)
    stand.start()
    eventually(lambda: list(calls), lambda seen: len(seen) >= 2, "two calls")
    assert calls[:2] == [0, 1]
    stand.wait_status(late[0])


def test_a_session_that_has_ended_wakes_no_task_while_the_index_still_lists_it(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = stand.ask()
    boto3.client("sqs").purge_queue(QueueUrl=stand.queue_url)
    stand.records.change(ended, {"status": "inactive"}, {})
    monkeypatch.setattr(Records, "with_status", lambda *_: [ended])
    stand.start()
    throughout(lambda: stand.capacity.most, lambda most: most == 0, "no Edit task", 1.0)
