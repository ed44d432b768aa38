"""The end of a part is the sandbox's end, unless it was ending already."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.aws_access import Keys
from sandbox.aws_api.server import ControlPlane
from sandbox.ecs.execute import ExecServer
from sandbox.host.parts import Parts
from sandbox.host.processes import Processes
from sandbox.host.state import State

PATIENCE_S = 10.0


def lost(parts: Parts) -> str:
    """What was lost, without the time; it is waited for."""
    assert parts.ending.wait(PATIENCE_S)
    return str(parts.loss).partition(" at ")[0]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-9, "the part ended (signal 9)"),
        (0, "the part ended (exit code 0)"),
        (7, "the part ended (exit code 7)"),
    ],
)
def test_a_process_is_lost_with_how_it_ended_and_its_last_words(tmp_path: Path, code: int, said: str) -> None:
    parts, log = Parts(), tmp_path / "log"
    log.write_text("".join(f"{number}\n" for number in range(9)))
    parts.exited("the part", log, code)
    assert lost(parts) == said
    assert parts.loss is not None
    assert parts.loss.log == "4\n5\n6\n7\n8\n"


def test_the_first_loss_is_the_reason() -> None:
    parts = Parts()
    parts.exited("the first", None, -9)
    parts.exited("the second", None, -9)
    assert lost(parts) == "the first ended (signal 9)"


def test_what_ends_while_everything_ends_is_no_loss() -> None:
    parts = Parts()
    parts.ending.set()
    parts.exited("the part", None, -9)
    assert parts.loss is None


def fails() -> None:
    """A thread's work that has a mistake."""
    raise ValueError("no such thing")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("work", "how"), [(fails, "ValueError: no such thing"), (lambda: None, "it returned")]
)
def test_a_thread_is_lost_whichever_way_it_ends(work: Callable[[], None], how: str) -> None:
    parts = Parts()
    thread = parts.thread("the part", work)
    thread.start()
    thread.join()
    assert lost(parts) == f"the part ended ({how})"


def test_the_server_of_aws_api_is_a_part() -> None:
    parts = Parts()
    server = ControlPlane(Keys.create(), parts)
    server._server.close()
    assert lost(parts) == "the server of AWS's API ended (it returned)"


def test_the_server_of_ecs_exec_is_a_part() -> None:
    state = State.create()
    processes = Processes(state)
    server = ExecServer(processes, state, lambda *_: ([], {}, state.root))
    server.stop()
    assert lost(processes.parts) == "the server of ECS Exec ended (it returned)"
    processes.close()
    state.remove()


@pytest.mark.parametrize("part", ["", "the part"])
def test_a_program_is_a_part_if_it_is_called_one(part: str) -> None:
    state = State.create()
    processes = Processes(state)
    heard = threading.Event()
    processes.parts.exited = lambda *_: heard.set()  # type: ignore[method-assign]
    log = state.logs / "log"
    processes.spawn(["/bin/sh", "-c", "exit 4"], env={}, cwd=state.root, log=log, name="it", part=part)
    assert heard.wait(PATIENCE_S if part else 0.5) is bool(part)
    processes.close()
    state.remove()
