"""Hermes keeps what the contract says of sessions, from the first command to the last task."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from sandbox.services.hermes.capacity import Fleet, Task
from sandbox.services.hermes.health import HealthServer
from sandbox.services.hermes.placement import choose
from sandbox.services.mail import compose
from sandbox.services.session_record import INITIALIZING, SessionRecord, stamp
from tests.sandbox.services.hermes.fake_edit import EditTask
from tests.sandbox.services.hermes.hermes_stand import IDLE_S, SENDER, Stand, eventually, throughout


def test_a_session_comes_up_routed_announced_and_on_its_task(stand: Stand) -> None:
    stand.start()
    asked = stand.ask()
    record = stand.wait_status(asked)
    task = stand.capacity.tasks[0]
    assert (record.task_arn, record.container_ip, record.port) == (task.arn, task.ip, 4400)
    assert record.branch == "thread-t-1"
    assert record.last_commit == f"commit-of-{asked.instruction_id}"
    assert record.started_at is not None
    (rule,) = stand.rules()
    assert rule["Conditions"][0]["PathPatternConfig"]["Values"] == [
        f"/session/{asked.session_id}",
        f"/session/{asked.session_id}/*",
    ]
    assert 1000 <= int(rule["Priority"]) < 30_000
    (mail,) = eventually(lambda: stand.mail_to("test@example.com"), bool, "an answer")
    assert asked.preview_url in mail.get_content()


def test_a_session_is_active_once_its_visitors_reach_it(stand: Stand) -> None:
    stand.in_force = False
    stand.start()
    asked = stand.ask(user="waiting@example.com")
    preview = f"/session/{asked.session_id}/*"
    eventually(stand.rules, lambda rules: preview in json.dumps(rules), "a rule that leads to the preview")
    throughout(
        lambda: stand.now(asked).status, lambda status: status == INITIALIZING, "no active session", 0.5
    )
    assert stand.mail_to("waiting@example.com") == []
    stand.in_force = True
    stand.wait_status(asked)


def test_an_answer_stays_in_the_thread_of_the_mail_that_asked(stand: Stand) -> None:
    stand.start()
    long_id = f"<{'x' * 150}@mail.example.com>"
    mail = {"messageId": long_id, "references": "<root@example.com>", "subject": "Change my site"}
    stand.wait_status(stand.ask(user="thread@example.com", mail=mail))
    (answer,) = eventually(lambda: stand.mail_to("thread@example.com"), bool, "an answer")
    assert answer["In-Reply-To"] == long_id
    assert answer["References"] == f"<root@example.com> {long_id}"
    assert answer["Subject"] == "Re: Change my site"
    raw = compose(SENDER, "thread@example.com", "Live", "text", mail).as_string()
    assert f"References: <root@example.com> {long_id}" in raw


def test_instructions_are_carried_out_in_order_after_the_session_is_up(stand: Stand) -> None:
    stand.start()
    asked = stand.ask()
    sent = [stand.send("instruction", asked, f"step {number}") for number in range(4)]
    record = eventually(
        lambda: stand.now(asked),
        lambda seen: seen.last_commit == f"commit-of-{sent[-1]}",
        "the last one's commit",
    )
    assert record.status == "active"
    assert stand.workspaces.carried_out == [asked.instruction_id, *sent]
    eventually(stand.queued, lambda found: found == 0, "an empty queue")


def test_a_refused_instruction_is_reported_and_the_session_lives_on(stand: Stand) -> None:
    stand.start()
    asked = stand.ask(user="refused@example.com")
    stand.send("instruction", asked, "something impossible")
    after = stand.send("instruction", asked, "something else")
    record = eventually(
        lambda: stand.now(asked),
        lambda seen: seen.last_commit == f"commit-of-{after}",
        "the next one's commit",
    )
    assert (record.status, record.failure) == ("active", None)
    texts = [mail.get_content() for mail in stand.mail_to("refused@example.com")]
    assert sum("I do not understand that." in text for text in texts) == 1


def test_deactivation_finishes_earlier_work_and_leaves_nothing(stand: Stand) -> None:
    stand.start(idle_timeout_s=30.0)
    asked = stand.ask()
    stand.wait_status(asked)
    task = stand.capacity.tasks[0]
    task.instructing.clear()
    last = stand.send("instruction", asked, "one more thing")
    stand.deactivate(asked)
    throughout(lambda: stand.now(asked).status, lambda seen: seen == "draining", "it waits for the work", 0.4)
    task.instructing.set()
    record = stand.wait_status(asked, "inactive")
    assert record.last_commit == f"commit-of-{last}"
    assert record.ended_at is not None
    eventually(lambda: stand.capacity.tasks, lambda seen: not seen, "no Edit task")
    assert (stand.rules(), stand.groups(), task.sessions) == ([], [], {})


def test_deactivation_does_not_wait_for_a_preview_that_still_opens(stand: Stand) -> None:
    stand.capacity.prepare = lambda task: task.opening.clear()
    stand.start(idle_timeout_s=30.0)
    asked = stand.ask(user="hurried@example.com")
    eventually(lambda: stand.now(asked).task_arn, lambda seen: seen is not None, "a task")
    task = stand.capacity.tasks[0]
    stand.send("deactivate", asked)
    record = stand.wait_status(asked, "inactive")
    assert (record.started_at, record.failure) == (None, None)
    assert (stand.rules(), stand.groups(), task.sessions) == ([], [], {})
    assert stand.mail_to("hurried@example.com") == []
    eventually(stand.queued, lambda seen: seen == 0, "an empty queue")


def test_what_waits_ahead_of_a_deactivation_is_carried_out_though_nothing_is_open_yet(stand: Stand) -> None:
    asked = stand.ask(user="early@example.com")
    last = stand.send("instruction", asked, "one more thing")
    stand.deactivate(asked)
    stand.start(idle_timeout_s=30.0)
    record = stand.wait_status(asked, "inactive")
    assert record.last_commit == f"commit-of-{last}"
    assert stand.mail_to("early@example.com") == []


def test_a_draining_session_whose_command_was_lost_ends_after_an_idle_time(stand: Stand) -> None:
    stand.start()
    asked = stand.wait_status(stand.ask())
    stand.records.change(asked, {"status": "draining", "end_requested_at": stamp()}, {})
    stand.wait_status(asked, "inactive")


def test_deactivation_of_a_session_without_a_task_needs_none(stand: Stand) -> None:
    asked = stand.ask()
    stand.send("deactivate", asked)
    stand.start(idle_timeout_s=30.0)
    stand.wait_status(asked, "inactive")
    eventually(lambda: stand.capacity.tasks, lambda seen: not seen, "no Edit task")


def test_hermes_stays_for_an_idle_time_after_the_last_session(stand: Stand) -> None:
    stand.start(idle_timeout_s=30.0)
    asked = stand.ask()
    stand.wait_status(asked)
    stand.send("deactivate", asked)
    stand.wait_status(asked, "inactive")
    eventually(lambda: stand.capacity.tasks, lambda seen: not seen, "no Edit task")
    throughout(lambda: stand.capacity.hermes, lambda seen: seen == 1, "Hermes stays", 3.0)


def test_an_idle_session_expires_and_everything_goes_to_zero(stand: Stand) -> None:
    stand.start()
    asked = stand.ask()
    active = stand.wait_status(asked)
    record = stand.wait_status(asked, "expired")
    began = time.time()
    eventually(lambda: stand.capacity.desired, lambda seen: seen == 0, "Edit at 0")
    assert stand.capacity.hermes == 1
    eventually(lambda: stand.capacity.hermes, lambda seen: seen == 0, "Hermes at 0")
    assert time.time() - began > 0.8 * IDLE_S
    assert (stand.rules(), stand.groups()) == ([], [])
    assert record.last_activity_at == active.last_activity_at


def test_activity_keeps_a_session_from_expiring(stand: Stand) -> None:
    stand.start()
    asked = stand.ask()
    stand.wait_status(asked)
    for _ in range(4):
        stand.records.touch(asked)
        throughout(
            lambda: stand.now(asked).status, lambda seen: seen == "active", "it stays active", IDLE_S / 2
        )
    stand.wait_status(asked, "expired")


def test_a_page_view_at_the_last_moment_keeps_the_session(stand: Stand) -> None:
    hermes = stand.start()
    asked = stand.ask()
    stand.wait_status(asked)
    read = hermes.records.get
    viewed: list[SessionRecord | None] = []

    def read_then_view(session_id: str) -> SessionRecord | None:
        found = read(session_id)
        if not viewed:
            viewed.append(stand.records.touch(asked))
        return found

    hermes.records.get = read_then_view  # type: ignore[method-assign]
    eventually(lambda: list(viewed), bool, "a look at the idle session")
    throughout(lambda: stand.now(asked).status, lambda seen: seen == "active", "it stays active", IDLE_S / 2)
    stand.wait_status(asked, "expired")


def test_a_workspace_that_cannot_be_opened_fails_with_its_reason(stand: Stand) -> None:
    asked = stand.ask(user="failed@example.com")
    stand.capacity.prepare = lambda task: task.failing.update({asked.session_id: "The project is a file."})
    stand.start()
    record = stand.wait_status(asked, "failed")
    assert record.failure == "The project is a file."
    (mail,) = eventually(lambda: stand.mail_to("failed@example.com"), bool, "an answer")
    assert "The project is a file." in mail.get_content()
    eventually(lambda: stand.capacity.desired, lambda seen: seen == 0, "Edit at 0")
    assert (stand.rules(), stand.groups()) == ([], [])


def test_a_session_that_never_opens_fails_in_the_end(stand: Stand) -> None:
    stand.capacity.prepare = lambda task: task.opening.clear()
    stand.start(opening_timeout_s=1.0)
    record = stand.wait_status(stand.ask(), "failed")
    assert record.failure == "The workspace could not be opened in time."


def test_sessions_get_tasks_of_their_own_up_to_the_maximum_then_share(stand: Stand) -> None:
    stand.start(idle_timeout_s=30.0)
    records = [stand.wait_status(stand.ask(user=f"u{n}@example.com")) for n in range(5)]
    hosts = [record.task_arn for record in records]
    assert len(set(hosts[:3])) == 3
    assert max(hosts.count(arn) for arn in hosts) == 2
    assert stand.capacity.most == 3
    stand.send("deactivate", records[0])
    stand.wait_status(records[0], "inactive")
    assert [stand.now(record).task_arn for record in records[1:]] == hosts[1:]


def test_scaling_in_never_stops_a_task_that_hosts_a_session(stand: Stand) -> None:
    stand.start(idle_timeout_s=30.0)
    first, second = (stand.wait_status(stand.ask(user=f"u{n}@example.com")) for n in range(2))
    stand.send("deactivate", first)
    eventually(lambda: len(stand.capacity.tasks), lambda seen: seen == 1, "one task")
    assert [task.arn for task in stand.capacity.tasks] == [second.task_arn]
    throughout(
        lambda: stand.now(second), lambda seen: seen.task_arn == second.task_arn, "its task stays", 0.4
    )


def test_a_session_waits_for_a_task_of_its_own_rather_than_crowd_another() -> None:
    a, b = Task("a", "127.0.0.1"), Task("b", "127.0.0.2")
    assert choose(Fleet(2, [a], 2), ["a"], wanted=2) is None
    assert choose(Fleet(2, [a, b], 2), ["a"], wanted=2) == b
    assert choose(Fleet(2, [a, b], 2), ["a", "b", "b"], wanted=2) == a
    assert choose(Fleet(1, [], 0), [], wanted=1) is None


def test_health_answers_before_anything_else_is_up() -> None:
    server = HealthServer(("127.0.0.1", 0), "arn:task")
    base = f"http://127.0.0.1:{server.server_address[1]}"
    with urllib.request.urlopen(f"{base}/hermes/health", timeout=5) as response:
        assert json.load(response) == {"service": "hermes", "taskArn": "arn:task", "leader": False}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{base}/hermes/other", timeout=5)
    assert refused.value.code == 404
    assert json.load(refused.value)["error"]["code"] == "not_found"
    server.shutdown()
    server.server_close()


def test_health_does_not_wait_for_the_aws_library() -> None:
    program = (
        "import sys, sandbox.services.hermes.__main__ as m; "
        "sys.exit(any(name in sys.modules for name in ('boto3', 'botocore')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_stand_in_for_edit_forgets_what_it_never_opened(stand: Stand) -> None:
    task = EditTask(stand.workspaces, stand.capacity.port)
    assert task.answer("GET", ["sessions", "x"], {})[0] == 404
    task.stop()
