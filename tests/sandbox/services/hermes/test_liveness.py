"""An Edit task that hangs is replaced, one that is only slow is not, and neither holds up another session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.services.hermes import liveness
from tests.aws_platform import aws
from tests.sandbox.services.hermes.hermes_stand import Stand, eventually, throughout


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(liveness, "PING_LIMIT_S", 0.2)
    monkeypatch.setattr(liveness, "PAUSE_S", 0.05)
    with aws():
        platform = Stand()
        yield platform
        platform.stop()


def test_a_task_that_hangs_is_replaced_and_its_session_comes_back_while_another_goes_on(stand: Stand) -> None:
    stand.start(idle_timeout_s=60.0)
    hung, other = (stand.wait_status(stand.ask(user=f"{name}@example.com")) for name in ("hung", "other"))
    task = next(task for task in stand.capacity.tasks if task.arn == hung.task_arn)
    task.answering.clear()
    task.instructing.clear()
    stand.send("instruction", hung, "while it hangs")
    sent = stand.send("instruction", other, "meanwhile")
    eventually(lambda: stand.now(other).last_commit, lambda seen: seen == f"commit-of-{sent}", "its commit")
    assert stand.capacity.stopped == []
    eventually(lambda: stand.capacity.stopped, bool, "the task is stopped")
    ((arn, reason),) = stand.capacity.stopped
    assert (arn, "control port" in reason) == (hung.task_arn, True)
    task.instructing.set()
    after = eventually(lambda: stand.now(hung), lambda seen: seen.task_arn != hung.task_arn, "a replacement")
    assert (after.status, after.session_id, after.preview_url) == (
        "active",
        hung.session_id,
        hung.preview_url,
    )
    assert stand.now(other).task_arn == other.task_arn


def test_a_task_that_misses_some_pings_stays(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    hermes = stand.start(idle_timeout_s=60.0)
    stand.wait_status(stand.ask())
    hangs, asked = hermes.liveness._hangs, 0

    def four_of_five(task: object) -> bool:
        nonlocal asked
        asked += 1
        return hangs(task) or asked % liveness.PINGS != 0  # type: ignore[arg-type]

    monkeypatch.setattr(hermes.liveness, "_hangs", four_of_five)
    eventually(lambda: asked, lambda seen: seen > 4 * liveness.PINGS, "some rounds of pings")
    assert stand.capacity.stopped == []


def test_a_task_that_does_not_listen_yet_is_left_alone(stand: Stand) -> None:
    hermes = stand.start(idle_timeout_s=60.0)
    stand.wait_status(stand.ask())
    hermes.liveness._edit.port = 1
    throughout(lambda: list(stand.capacity.stopped), lambda seen: not seen, "no task is stopped", 1.0)


def test_the_bound_is_what_five_lost_pings_take() -> None:
    assert liveness.PINGS * (liveness.PING_LIMIT_S + liveness.PAUSE_S) == 20.0
