"""Whoever asks for a shared session has it told of: no way to one leads past the evidence and the report."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from acceptance.journeys import shared_sessions
from acceptance.journeys.shared_sessions import Shared

SILENT = {"give_away_neighbours", "dismiss", "forget"}
"""They part with sessions that somebody has asked for before."""


def session(name: str) -> Any:
    browser = SimpleNamespace(is_open=True, close=lambda: None)
    customer = SimpleNamespace(client_id="client")
    return SimpleNamespace(session_id=name, browsers=[browser], browser=browser, customer=customer)


WAYS: dict[str, tuple[tuple[int, ...], Any, list[str]]] = {
    "wake_up": ((), SimpleNamespace(session=session("w")), ["w"]),
    "one_thing_each": ((), SimpleNamespace(sessions=(session("o"), session("t"))), ["o", "t"]),
    "session": ((), session("s"), ["s"]),
    "start_neighbours": ((1,), (session("n"),), ["n"]),
    "neighbours": ((1,), (session("n"),), ["n"]),
    "endings": ((), {"ended": session("x"), "expired": session("y")}, ["x", "y"]),
}
"""With what each is called, what is there already, and who is told of."""


@pytest.mark.parametrize("way", WAYS)
def test_each_session_is_told_of_as_often_as_somebody_asks(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    arguments, there, told = WAYS[way]
    heard: list[str] = []
    attendance = SimpleNamespace(lapse=lambda _id: None, attend=lambda _id: None, leave=lambda _id: None)
    platform: Any = SimpleNamespace(attendance=attendance)
    shared = Shared(platform, lambda: "client", lambda one: heard.append(one.session_id))
    monkeypatch.setattr(shared, f"_{way.removeprefix('start_')}", there)
    monkeypatch.setattr(shared, "_sessions", SimpleNamespace(end=lambda _sessions: None))
    crowd = SimpleNamespace(start=lambda _count: there)
    monkeypatch.setattr(shared_sessions, "Crowd", lambda _platform, _client: crowd)
    for _ in range(2):
        assert getattr(shared, way)(*arguments) == there
    assert heard == told * 2


def test_no_way_to_a_shared_session_is_left_out() -> None:
    ways = {name for name, _ in inspect.getmembers(Shared, inspect.isfunction) if not name.startswith("_")}
    assert ways - SILENT == WAYS.keys()
