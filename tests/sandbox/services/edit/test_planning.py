"""Planning ends in time and within its memory, whatever is asked of whatever site."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from sandbox.services.edit import planning
from sandbox.services.edit.draft import Change
from sandbox.services.edit.editor import Impossible
from sandbox.services.edit.planning import Plan, Planner, PlanningFault

CHANGE = Change("src/a.astro", None, "ü" * 200_000)


@contextmanager
def planner(plan: Plan) -> Iterator[Planner]:
    made = Planner(plan)
    try:
        yield made
    finally:
        made.close()


def by_order(instruction: str, root: Path) -> tuple[Change, ...]:
    """Does what it is told, good or bad."""
    match instruction:
        case "freeze":
            while True:
                pass
        case "wait":
            root.joinpath("pipe").open()
        case "eat":
            bytearray(8 << 30)
        case "crash":
            raise ZeroDivisionError
        case "refuse":
            raise Impossible("No “such” page.")
    return (CHANGE,)


def test_a_plan_comes_back_as_it_was_made() -> None:
    with planner(by_order) as ours:
        assert ours.plan("plan", Path()) == (CHANGE,)
        with pytest.raises(Impossible, match="No “such” page"):
            ours.plan("refuse", Path())
        with pytest.raises(PlanningFault, match="ZeroDivisionError"):
            ours.plan("crash", Path())


@pytest.mark.parametrize("order", ["freeze", "wait", "eat"])
def test_a_plan_that_does_not_end_costs_an_answer_and_holds_up_no_other(
    order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_TIME_S", 4.0)
    os.mkfifo(tmp_path / "pipe")
    with planner(by_order) as ours, ThreadPoolExecutor(2) as threads:
        bad = [threads.submit(ours.plan, order, tmp_path) for _ in range(2)]
        for _ in range(3):
            assert ours.plan("plan", tmp_path) == (CHANGE,)
        assert order == "eat" or not any(one.done() for one in bad)
        for one in bad:
            assert "took too long to plan" in str(one.exception())


@pytest.mark.parametrize("order", ["freeze", "wait"])
def test_a_planning_process_is_gone_at_its_limit(
    order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without its timer it would live on: whoever asked gives up by itself, and answers the same.
    monkeypatch.setattr(planning, "_TIME_S", 1.0)
    monkeypatch.setattr(planning, "_PATIENCE_S", 5.0)
    os.mkfifo(tmp_path / "pipe")
    others = psutil.Process().children()
    with planner(by_order) as ours:
        (forking,) = set(psutil.Process().children()) - set(others)
        with pytest.raises(Impossible, match="took too long to plan"):
            ours.plan(order, tmp_path)
        _, living = psutil.wait_procs(forking.children(), timeout=5.0)
        for process in living:
            process.kill()
    assert not living


def test_a_long_instruction_reaches_the_editor_whole() -> None:
    with planner(lambda text, _: (Change("src/a", None, text),)) as ours:
        assert ours.plan("x" * 1_000_000, Path())[0].after == "x" * 1_000_000
