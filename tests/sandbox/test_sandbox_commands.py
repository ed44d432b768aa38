"""What `up` is told, and how it ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from acceptance.npm_packages import PackagesError
from sandbox import command_line
from sandbox.command_line import LOST, _end_on_signal, _end_with_stdin, _pace, _put_away, _seconds
from sandbox.host.parts import Parts
from sandbox.platform import Platform


@pytest.mark.parametrize(
    ("timing", "idle", "by_a_run", "expected_s"),
    [
        ("instant", None, False, 60.0),
        ("instant", None, True, 3.0),
        ("instant", 5.5, False, 5.5),
        ("instant", 5.5, True, 5.5),
        ("fargate", None, False, 300.0),
        ("fargate", 20.0, False, 20.0),
    ],
)
def test_a_person_has_time_to_look(
    timing: str, idle: float | None, by_a_run: bool, expected_s: float
) -> None:
    pace = _pace(argparse.Namespace(timing=timing, idle=idle, while_stdin_open=by_a_run))
    assert (pace.name, pace.idle_timeout_s) == (timing, expected_s)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon"])
def test_an_idle_time_is_a_number_of_seconds(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        _seconds(text)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), PackagesError("no network")])
def test_what_the_machine_lacks_is_one_sentence_at_the_end(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def start(*_: object) -> None:
        raise error

    monkeypatch.setattr(Platform, "start", start)
    monkeypatch.setattr(sys, "argv", ["sandbox", "up"])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        assert command_line.main() == command_line.NOT_STARTED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert capsys.readouterr().out.splitlines()[-1] == f"could not start: {error}"


class Hanging:
    """A platform that does not end until something is done about it."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self._let_go = threading.Event()

    def stop(self) -> None:
        """Hang."""
        assert self._let_go.wait(10)

    def abandon(self) -> None:
        """Note it."""
        self.done.append("abandoned")

    def exit(self, code: int) -> None:
        """Note it in place of the process's end."""
        self.done.append(code)
        self._let_go.set()


def test_what_cannot_be_put_away_without_a_part_is_left_to_the_reaper(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform, parts = Hanging(), Parts()
    parts.exited("the part", None, -9)
    monkeypatch.setattr(command_line, "PUT_AWAY_S", 0.05)
    monkeypatch.setattr(os, "_exit", platform.exit)
    _put_away(cast(Platform, platform), parts)
    assert platform.done == ["abandoned", LOST]
    assert capsys.readouterr().out.splitlines()[-1].startswith("could not go on: the part ended (signal 9)")


def test_what_is_not_put_away_soon_after_its_run_let_go_of_it_is_left_to_the_reaper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform, parts = Hanging(), Parts()
    monkeypatch.setattr(command_line, "LET_GO_S", 0.05)
    monkeypatch.setattr(os, "_exit", platform.exit)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        _end_with_stdin(cast(Platform, platform), parts)
    assert parts.ending.is_set()
    assert platform.done == ["abandoned", 0]


def test_without_a_loss_the_end_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Hanging()
    monkeypatch.setattr(command_line, "PUT_AWAY_S", 0.0)
    monkeypatch.setattr(os, "_exit", platform.done.append)
    threading.Timer(0.3, cast(Any, platform)._let_go.set).start()
    _put_away(cast(Platform, platform), Parts())
    assert platform.done == []


def test_a_signal_at_any_moment_of_its_wait_ends_it() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in (*numbers, signal.SIGALRM)}
    try:
        for moment in range(2_000):
            parts = Parts()
            _end_on_signal(parts)
            signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGINT))
            signal.setitimer(signal.ITIMER_REAL, 1e-6 * (1 + moment % 60), 1e-5)
            while not parts.ending.wait(1e-4):
                continue
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
