"""Whoever asks for a shared session has it told of: no way to one leads past the evidence and the report."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.journeys.shared_sessions import Shared, Witnessed

SILENT = {"give_away_neighbours", "dismiss", "forget"}
"""They part with sessions that somebody has asked for before."""


def session(name: str) -> Any:
    return SimpleNamespace(session_id=name)


@pytest.mark.parametrize(
    ("way", "arguments", "shared", "told"),
    [
        ("wake_up", (), SimpleNamespace(session=session("w")), ["w"]),
        ("one_thing_each", (), SimpleNamespace(sessions=(session("o"), session("t"))), ["o", "t"]),
        ("session", (), session("s"), ["s"]),
        ("start_neighbours", (1,), (session("n"),), ["n"]),
        ("neighbours", (1,), (session("n"),), ["n"]),
        ("endings", (), {"ended": session("x"), "expired": session("y")}, ["x", "y"]),
    ],
)
def test_each_session_is_told_of_and_handed_on(
    monkeypatch: pytest.MonkeyPatch, way: str, arguments: tuple[int, ...], shared: Any, told: list[str]
) -> None:
    asked: list[tuple[int, ...]] = []

    def give(_self: Shared, *given: int) -> Any:
        asked.append(given)
        return shared

    heard: list[str] = []
    platform: Any = SimpleNamespace()
    witnessed = Witnessed(platform, lambda: "client", lambda one: heard.append(one.session_id))
    monkeypatch.setattr(Shared, way, give)
    assert getattr(witnessed, way)(*arguments) == shared
    assert asked == [arguments]
    assert heard == told


def test_no_way_to_a_shared_session_is_left_out() -> None:
    ways = {name for name, _ in inspect.getmembers(Shared, inspect.isfunction) if not name.startswith("_")}
    assert ways - SILENT == {name for name in vars(Witnessed) if not name.startswith("_")}
