"""ECS Exec under weather: a second session is refused while there is one, and only in the same task."""

from __future__ import annotations

import pytest
from moto.ecs.exceptions import ECSException

from sandbox.weather.kinds import Kind
from sandbox.weather.weather import MAIL_S, Weather


def test_a_task_takes_one_session_at_a_time() -> None:
    opened: list[str] = []

    def open_session(task_arn: str, container: str, command: str) -> dict[str, str]:
        opened.append(task_arn)
        return {"sessionId": f"{container} {command}"}

    open_one = Weather({Kind.ONE_SHELL}).shells(open_session, opened.__contains__)
    assert open_one("arn:one", "edit", "ls") == {"sessionId": "edit ls"}
    with pytest.raises(ECSException) as refused:
        open_one("arn:one", "edit", "ls")
    assert refused.value.code == "TargetNotConnectedException"
    assert "Try again later" in str(refused.value.message)
    open_one("arn:other", "edit", "ls")
    assert opened == ["arn:one", "arn:other"]


def test_a_sandbox_by_itself_has_no_weather() -> None:
    weather = Weather()
    assert weather.mail_s()() == 0.0

    def open_session(*_: str) -> dict[str, str]:
        return {}

    assert weather.shells(open_session, lambda _: True) is open_session
    mails = [Weather({Kind.LATE_MAIL}, seed).mail_s()() for seed in range(50)]
    assert MAIL_S[0] <= min(mails) < max(mails) <= MAIL_S[1]
