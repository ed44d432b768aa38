"""Where the time goes: a run's main thread observed, processes and their CPU, changes made at a random moment."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from acceptance.bench import observed, stand
from acceptance.bench.observed import BOUNDARIES, Attention, Observer
from acceptance.bench.processes import of_children


def waits(seconds: float) -> Callable[[], None]:
    """A call that waits."""

    def call() -> None:
        threading.Event().wait(seconds)

    return call


def test_what_a_call_waits_is_added_up_by_kind() -> None:
    observer = Observer()
    call = observer.timed("answers", waits(0.05))
    call()
    call()
    observer.timed("pauses", waits(0.02))()
    assert observer.waits["answers"] >= 0.1
    assert 0.02 <= observer.waits["pauses"] < observer.waits["answers"]


def test_a_wait_within_another_belongs_to_the_outer() -> None:
    observer = Observer()
    observer.timed("commands", observer.timed("answers", waits(0.05)))()
    assert observer.waits["commands"] >= 0.05
    assert "answers" not in observer.waits


def test_computing_is_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = SimpleNamespace(monotonic=iter([10.0, 14.0]).__next__, thread_time=iter([1.0, 2.5]).__next__)
    monkeypatch.setattr(observed, "time", clocks)
    observer = Observer()
    observer.timed("answers", lambda: None)()
    assert observer.waits == {"answers": 2.5}


def test_only_the_main_thread_is_observed() -> None:
    observer = Observer()
    thread = threading.Thread(target=observer.timed("answers", waits(0.01)))
    thread.start()
    thread.join()
    assert observer.waits == {}


def test_a_call_that_fails_is_counted_and_the_next_one_too() -> None:
    observer = Observer()

    def fail() -> None:
        waits(0.02)()
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            observer.timed("answers", fail)()
    assert observer.waits["answers"] >= 0.04


def test_methods_and_class_methods_keep_what_they_are_called_with(monkeypatch: pytest.MonkeyPatch) -> None:
    class Door:
        def knock(self, times: int) -> int:
            return times + 1

        @classmethod
        def make(cls, name: str) -> str:
            return f"{cls.__name__} {name}"

    monkeypatch.setattr(observed, "BOUNDARIES", (("a", Door, "knock"), ("b", Door, "make")))
    observer = Observer()
    observer.install()
    assert Door().knock(times=2) == 3
    assert Door.make("front") == "Door front"
    assert set(observer.waits) == {"a", "b"}


def test_a_boundary_that_has_moved_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty:
        pass

    monkeypatch.setattr(observed, "BOUNDARIES", (("a", Empty, "send"),))
    with pytest.raises(AttributeError, match="Empty has no send"):
        Observer().install()


@pytest.mark.parametrize(("kind", "owner", "name"), BOUNDARIES)
def test_every_boundary_is_where_it_is_looked_for(kind: str, owner: type, name: str) -> None:
    assert callable(getattr(owner, name)), kind
    assert name in vars(owner)


def test_what_is_neither_wait_nor_computing_is_other() -> None:
    assert Attention(10.0, 1.0, 1.5, {"pauses": 5.0, "answers": 2.5}).other_s == 1.5
    assert Attention(10.0, 4.0, 4.0, {"pauses": 6.5}).other_s == 0.0


def test_the_children_of_a_process_are_counted_with_what_their_ended_children_used() -> None:
    program = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'sum(range(5_000_000))'])\n"
        "below = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "print('done', flush=True); sys.stdin.read(); below.communicate(b'end')"
    )
    assert of_children(os.getpid()) is None
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"done\n"
        found = of_children()
        child.communicate()
    assert found is not None
    assert found.processes == 2
    assert found.cpu_s > 0.05
    assert found.rss_mb > 2


def test_a_change_is_made_while_the_body_runs_and_not_at_once() -> None:
    made = threading.Event()
    with stand.soon(made.set):
        assert not made.is_set()
        assert made.wait(5)


def test_what_a_change_raises_is_raised() -> None:
    def change() -> None:
        raise LookupError("no such service")

    with pytest.raises(LookupError, match="no such service"), stand.soon(change):
        pass
