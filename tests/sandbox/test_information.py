"""A sandbox tells those who may know how to use it, and a command acts on the one that is meant."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.endpoints import PERSON, RUN, Endpoints
from sandbox.host.reaper import withdraw
from sandbox.host.state import State
from sandbox.information import InformationServer, Running, chosen, running

HERE, ELSEWHERE = Path("/here"), Path("/elsewhere")


def endpoints(**changes: object) -> Endpoints:
    """An info document."""
    words = {field.name: field.name for field in dataclasses.fields(Endpoints)}
    return Endpoints.read(
        {**words, "idle_timeout_s": 3.0, "checkout": str(HERE), "started_by": PERSON, **changes}
    )


@pytest.fixture
def state() -> Iterator[State]:
    state = State.create()
    yield state
    state.remove()


@pytest.fixture
def server(state: State) -> Iterator[InformationServer]:
    server = InformationServer()
    yield server
    server.close(state)


def test_it_tells_who_knows_the_whole_address(server: InformationServer, state: State) -> None:
    assert requests.get(server.url, timeout=5).status_code == 503
    server.publish(endpoints(), state, None)
    told = requests.get(server.url, timeout=5)
    assert told.json() == endpoints().document()
    assert [name for name in told.headers if name.lower().startswith("access-control-")] == []


@pytest.mark.parametrize("path", ["", "info.json", "x" * 22 + "/"])
def test_who_guesses_the_address_learns_nothing(server: InformationServer, state: State, path: str) -> None:
    server.publish(endpoints(), state, None)
    origin = server.url.rsplit("/", 2)[0]
    answer = requests.get(f"{origin}/{path}", timeout=5)
    assert answer.status_code == 404
    assert "secret_key" not in answer.text


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}]
)
def test_a_web_page_learns_nothing(server: InformationServer, state: State, headers: dict[str, str]) -> None:
    server.publish(endpoints(), state, None)
    answer = requests.get(server.url, headers=headers, timeout=5)
    assert answer.status_code == 403
    assert "secret_key" not in answer.text


def test_the_ready_file_is_for_its_owner_and_goes_with_the_sandbox(state: State, tmp_path: Path) -> None:
    server, ready = InformationServer(), tmp_path / "ready.json"
    server.publish(endpoints(id=state.id), state, ready)
    assert json.loads(ready.read_text())["id"] == state.id
    assert stat.S_IMODE(ready.stat().st_mode) == 0o600
    server.close(state)
    assert list(tmp_path.iterdir()) == []


def test_the_ready_file_of_another_sandbox_stays(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    for content in ('{"id": "later"}', "{", "[]"):
        ready.write_text(content)
        withdraw(ready, "earlier")
        assert ready.exists()
    withdraw(tmp_path / "none", "earlier")


def test_one_that_has_ended_or_is_of_another_version_is_not_listed(
    server: InformationServer, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(state.root.parent))
    server.publish(endpoints(id=state.id), state, None)
    record = state.root / "running.json"
    written = json.loads(record.read_text())

    def listed() -> list[int]:
        return [each.pid for each in running() if each.endpoints.id == state.id]

    assert listed() == [os.getpid()]
    record.write_text(json.dumps({**written, "pid": 2**22 + 1}))
    assert listed() == []
    record.write_text(json.dumps({"pid": os.getpid(), "info_url": "of an older version"}))
    assert listed() == []


MINE = Running(1, endpoints(id="mine"))
OTHERS = Running(2, endpoints(id="others", checkout=str(ELSEWHERE)))
OF_A_RUN = Running(3, endpoints(id="run", started_by=RUN))


@pytest.mark.parametrize(
    ("sandboxes", "wanted", "expected"),
    [
        ([OTHERS, OF_A_RUN, MINE], "", MINE),
        ([OTHERS, OF_A_RUN, MINE], "others", OTHERS),
        ([OTHERS, OF_A_RUN, MINE], "run", OF_A_RUN),
    ],
)
def test_a_command_acts_on_this_checkouts_sandbox_or_the_one_named(
    sandboxes: list[Running], wanted: str, expected: Running
) -> None:
    assert chosen(sandboxes, wanted, HERE) == expected


@pytest.mark.parametrize(
    ("sandboxes", "wanted", "said"),
    [
        ([], "", "No sandbox that a person started"),
        ([OTHERS, OF_A_RUN], "", "No sandbox that a person started"),
        ([MINE], "nosuch", "No sandbox nosuch runs here"),
        ([MINE, Running(4, endpoints(id="second"))], "", "say which with --id, one of mine, second"),
    ],
)
def test_it_acts_on_none_rather_than_on_another(sandboxes: list[Running], wanted: str, said: str) -> None:
    with pytest.raises(LookupError, match=said):
        chosen(sandboxes, wanted, HERE)
